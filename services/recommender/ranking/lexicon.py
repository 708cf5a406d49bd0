"""The words that reasons use for an item's themes, in English and German. Pure.

A theme that is missing here is never spoken of.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wording:
    """One word in both languages."""

    en: str
    de: str


def _table(text: str) -> dict[str, Wording]:
    rows = (line.split("|") for line in text.strip().splitlines())
    return {tag: Wording(en, de) for tag, en, de in rows}


FEELINGS: Final = _table("""
witty|witty|witzig
funny|funny|lustig
hilarious|hilarious|urkomisch
silly|silly|albern
quirky|quirky|schräg
whimsical|whimsical|verspielt
playful|playful|verspielt
lighthearted|light-hearted|unbeschwert
charming|charming|charmant
cozy|cosy|gemütlich
heartwarming|heartwarming|herzerwärmend
feel good|cheering|aufmunternd
wholesome|kind-hearted|warmherzig
family friendly|family-friendly|familienfreundlich
warm|warm|warm
sweet|sweet|liebenswert
cute|cute|niedlich
gentle|gentle|sanft
tender|tender|zärtlich
touching|touching|berührend
hopeful|hopeful|hoffnungsvoll
inspiring|inspiring|inspirierend
uplifting|uplifting|erhebend
comforting|comforting|tröstlich
joyful|joyful|fröhlich
happiness|joyful|fröhlich
upbeat|upbeat|beschwingt
exciting|exciting|aufregend
energetic|energetic|energiegeladen
suspenseful|suspenseful|spannend
tense|tense|nervenaufreibend
gripping|gripping|fesselnd
intense|intense|intensiv
thoughtful|thoughtful|nachdenklich
thought provoking|thought-provoking|nachdenklich
philosophical|philosophical|philosophisch
atmospheric|atmospheric|atmosphärisch
dreamy|dreamy|verträumt
surreal|surreal|surreal
mind bending|mind-bending|verblüffend
imaginative|imaginative|fantasievoll
psychedelic|psychedelic|psychedelisch
experimental|experimental|experimentell
colorful|colourful|farbenfroh
vibrant|vibrant|lebhaft
relaxed|relaxed|entspannt
relaxing|relaxing|entspannend
calm|calm|ruhig
peaceful|peaceful|friedlich
serene|serene|gelassen
nostalgic|nostalgic|nostalgisch
sentimental|sentimental|gefühlvoll
romantic|romantic|romantisch
bittersweet|bittersweet|bittersüß
melancholy|melancholy|melancholisch
sad|sad|traurig
longing|wistful|sehnsüchtig
heartbreaking|heartbreaking|herzzerreißend
tragic|tragic|tragisch
bleak|bleak|trostlos
gloomy|gloomy|schwermütig
dark|dark|düster
haunting|haunting|eindringlich
eerie|eerie|unheimlich
scary|scary|gruselig
disturbing|disturbing|verstörend
gritty|gritty|rau
angry|angry|wütend
aggressive|fierce|heftig
rebellious|rebellious|rebellisch
epic|epic|episch
absurd|absurd|absurd
satire|satirical|satirisch
clever|clever|schlau
""")
"""Predicative; the German ones take -e, -er, -es before a noun."""

THEMES: Final = _table("""
friendship|friendship|Freundschaft
siblings|brothers and sisters|Geschwister
love|love|Liebe
first love|first love|die erste Liebe
forbidden love|forbidden love|verbotene Liebe
love triangle|a love triangle|eine Dreiecksbeziehung
marriage|marriage|die Ehe
wedding|a wedding|eine Hochzeit
divorce|divorce|Scheidung
infidelity|infidelity|Untreue
motherhood|motherhood|das Muttersein
fathers and sons|fathers and sons|Väter und Söhne
fathers and daughters|fathers and daughters|Väter und Töchter
mothers and daughters|mothers and daughters|Mütter und Töchter
coming of age|growing up|das Erwachsenwerden
high school|high school|die Schulzeit
college|college life|das Studentenleben
teachers|teachers|Lehrer
small town|life in a small town|das Leben in einer Kleinstadt
country life|life in the country|das Leben auf dem Land
everyday life|everyday life|den Alltag
slice of life|everyday life|den Alltag
work|working life|das Arbeitsleben
money|money|Geld
politics|politics|Politik
courtroom|a case in court|einen Gerichtsfall
police|police work|Polizeiarbeit
heist|a heist|einen Raubzug
caper|a caper|einen Coup
spy|spies|Spione
undercover|undercover work|verdeckte Ermittler
conspiracy|a conspiracy|eine Verschwörung
gangster|gangsters|Gangster
mafia|the mafia|die Mafia
hitman|a hitman|einen Auftragsmörder
prison|prison|das Gefängnis
revenge|revenge|Rache
kidnapping|a kidnapping|eine Entführung
terrorism|terrorism|Terrorismus
war|war|Krieg
world war ii|the Second World War|den Zweiten Weltkrieg
holocaust|the Holocaust|den Holocaust
space|space|den Weltraum
aliens|visitors from space|Außerirdische
robots|robots|Roboter
artificial intelligence|artificial intelligence|künstliche Intelligenz
time travel|time travel|Zeitreisen
dystopia|a bleak future|eine düstere Zukunft
survival|survival|das Überleben
disaster|a disaster|eine Katastrophe
hacking|hackers|Hacker
magic|magic|Magie
witches|witches|Hexen
dragons|dragons|Drachen
fairies|fairies|Feen
mythology|old myths|alte Mythen
ghosts|ghosts|Geister
vampires|vampires|Vampire
werewolves|werewolves|Werwölfe
zombies|zombies|Zombies
monsters|monsters|Monster
angels|angels|Engel
animals|animals|Tiere
dogs|dogs|Hunde
cats|cats|Katzen
horses|horses|Pferde
dinosaurs|dinosaurs|Dinosaurier
nature|nature|die Natur
sea|the sea|das Meer
mountains|the mountains|die Berge
island|an island|eine Insel
desert|the desert|die Wüste
jungle|the jungle|den Dschungel
travel|travelling|das Reisen
road trip|a road trip|eine Fahrt ins Blaue
vacation|a holiday|einen Urlaub
treasure|a treasure|einen Schatz
pirates|pirates|Piraten
samurai|samurai|Samurai
music|music|Musik
dance|dancing|das Tanzen
show business|show business|das Showgeschäft
food|food|gutes Essen
football|football|Fußball
baseball|baseball|Baseball
basketball|basketball|Basketball
boxing|boxing|das Boxen
racing|racing|Rennen
underdog|an underdog|einen Außenseiter
farming|farming|die Landwirtschaft
gardening|gardening|das Gärtnern
exploration|exploring|Entdeckungen
trains|trains|Züge
christmas|Christmas|Weihnachten
loss|loss|Verlust
grief|grief|Trauer
illness|illness|Krankheit
loneliness|loneliness|Einsamkeit
memory|memory|Erinnerung
dreams|dreams|Träume
obsession|an obsession|eine Besessenheit
addiction|addiction|Sucht
second chance|a second chance|eine zweite Chance
good versus evil|good against evil|Gut gegen Böse
quest|a quest|eine abenteuerliche Suche
invention|an invention|eine Erfindung
science|science|Wissenschaft
poverty|poverty|Armut
racism|racism|Rassismus
slavery|slavery|Sklaverei
immigration|a new life in another country|ein neues Leben in der Fremde
faith|faith|den Glauben
orphans|orphans|Waisenkinder
rebellion|a rebellion|eine Rebellion
toys|toys|Spielzeug
suicide|suicide|Suizid
self harm|self-harm|Selbstverletzung
abuse|abuse|Missbrauch
""")
"""What follows "about", and "über" in the accusative."""

FEATURES: Final = _table("""
exploration|plenty to explore|viel zu entdecken
puzzle|puzzles to solve|Rätseln
building|things to build|viel zu bauen
city builder|a city to build|einer Stadt zum Bauen
open world|an open world|einer offenen Welt
farming|a farm to look after|einem Bauernhof
cooperative|room for friends to join in|Platz für Mitspieler
storytelling|a strong story|einer starken Geschichte
plot twist|a twist|einer überraschenden Wendung
whodunnit|a crime to solve|einem Fall zum Mitraten
detective|a detective on the case|einem Ermittler
hand drawn|hand-drawn pictures|handgezeichneten Bildern
""")
"""What follows "with", and "mit" in the dative."""
