"""What an item of a medium may be called by one of its genres, in English and German. Pure.

A genre that says little, or is shorthand ("vr", "young adult"), is missing here, and never said.
"""

from dataclasses import dataclass
from typing import Final

from services.recommender.ranking.item import Medium


@dataclass(frozen=True, slots=True)
class Kind:
    """What an item is: "comedy", "comedies"; "Komödie", "Komödien" and the German noun's gender."""

    en: str
    en_plural: str
    gender: str
    de: str
    de_plural: str


def _kinds(text: str) -> dict[str, Kind]:
    rows = (line.split("|") for line in text.split("\n") if line)
    return {genre: Kind(*words) for genre, *words in rows}


_SHARED: Final = """comedy|comedy|comedies|f|Komödie|Komödien
romantic comedy|romantic comedy|romantic comedies|f|romantische Komödie|romantische Komödien
"""
KINDS: Final[dict[Medium, dict[str, Kind]]] = {
    "movie": _kinds(
        _SHARED
        + """
drama|drama|dramas|n|Drama|Dramen
romance|love story|love stories|f|Liebesgeschichte|Liebesgeschichten
action|action film|action films|m|Actionfilm|Actionfilme
thriller|thriller|thrillers|m|Thriller|Thriller
adventure|adventure film|adventure films|m|Abenteuerfilm|Abenteuerfilme
crime|crime film|crime films|m|Krimi|Krimis
science fiction|science fiction film|science fiction films|m|Science-Fiction-Film|Science-Fiction-Filme
fantasy|fantasy film|fantasy films|m|Fantasyfilm|Fantasyfilme
horror|horror film|horror films|m|Horrorfilm|Horrorfilme
family|family film|family films|m|Familienfilm|Familienfilme
mystery|mystery|mysteries|m|Mystery-Film|Mystery-Filme
war|war film|war films|m|Kriegsfilm|Kriegsfilme
musical|musical|musicals|n|Musical|Musicals
animation|animated film|animated films|m|Zeichentrickfilm|Zeichentrickfilme
noir|film noir|films noirs|m|Film noir|Films noirs
sports|sports film|sports films|m|Sportfilm|Sportfilme
western|western|westerns|m|Western|Western
superhero|superhero film|superhero films|m|Superheldenfilm|Superheldenfilme
spy|spy film|spy films|m|Agentenfilm|Agentenfilme
documentary|documentary|documentaries|m|Dokumentarfilm|Dokumentarfilme
biography|life story|life stories|f|Filmbiografie|Filmbiografien
"""
    ),
    "book": _kinds(
        _SHARED.replace(
            "comedy|comedies|f|Komödie|Komödien",
            "comic novel|comic novels|m|heiterer Roman|heitere Romane",
            1,
        )
        + """
fantasy|fantasy novel|fantasy novels|m|Fantasyroman|Fantasyromane
romance|love story|love stories|f|Liebesgeschichte|Liebesgeschichten
mystery|mystery|mysteries|m|Krimi|Krimis
crime|crime novel|crime novels|m|Kriminalroman|Kriminalromane
thriller|thriller|thrillers|m|Thriller|Thriller
science fiction|science fiction novel|science fiction novels|m|Science-Fiction-Roman|Science-Fiction-Romane
horror|horror novel|horror novels|m|Horrorroman|Horrorromane
adventure|adventure|adventures|f|Abenteuergeschichte|Abenteuergeschichten
memoir|memoir|memoirs|n|Erinnerungsbuch|Erinnerungsbücher
poetry|book of poems|books of poems|m|Gedichtband|Gedichtbände
short story|collection of stories|collections of stories|m|Erzählband|Erzählbände
comic|comic|comics|m|Comic|Comics
manga|manga|manga|m|Manga|Mangas
travel|travel book|travel books|n|Reisebuch|Reisebücher
biography|biography|biographies|f|Biografie|Biografien
literary|literary novel|literary novels|m|literarischer Roman|literarische Romane
"""
    ),
    "game": _kinds("""
adventure|adventure game|adventure games|n|Adventure|Adventures
strategy|strategy game|strategy games|n|Strategiespiel|Strategiespiele
simulation|simulation|simulations|f|Simulation|Simulationen
rpg|role-playing game|role-playing games|n|Rollenspiel|Rollenspiele
shooter|shooter|shooters|m|Shooter|Shooter
puzzle|puzzle game|puzzle games|n|Rätselspiel|Rätselspiele
platformer|platformer|platformers|n|Jump-and-Run|Jump-and-Runs
action|action game|action games|n|Actionspiel|Actionspiele
horror|horror game|horror games|n|Horrorspiel|Horrorspiele
visual novel|visual novel|visual novels|f|Visual Novel|Visual Novels
racing|racing game|racing games|n|Rennspiel|Rennspiele
sports|sports game|sports games|n|Sportspiel|Sportspiele
party|party game|party games|n|Partyspiel|Partyspiele
card game|card game|card games|n|Kartenspiel|Kartenspiele
board game|board game|board games|n|Brettspiel|Brettspiele
fighting|fighting game|fighting games|n|Kampfspiel|Kampfspiele
roguelike|roguelike|roguelikes|n|Roguelike|Roguelikes
building|building game|building games|n|Aufbauspiel|Aufbauspiele
management|management game|management games|n|Managementspiel|Managementspiele
farming|farming game|farming games|n|Landwirtschaftsspiel|Landwirtschaftsspiele
music|music game|music games|n|Musikspiel|Musikspiele
"""),
    "song": {
        genre: Kind(f"{en} song", f"{en} songs", "m", f"{de}-Song", f"{de}-Songs")
        for genre, en, de in (
            line.split("|")
            for line in """
pop|pop|Pop
rock|rock|Rock
soul|soul|Soul
funk|funk|Funk
disco|disco|Disco
jazz|jazz|Jazz
blues|blues|Blues
folk|folk|Folk
country|country|Country
reggae|reggae|Reggae
hip hop|hip-hop|Hip-Hop
r b|R&B|R&B
electronic|electronic|Elektro
dance|dance|Dance
latin|Latin|Latin
indie|indie|Indie
metal|metal|Metal
punk|punk|Punk
gospel|gospel|Gospel
""".strip().splitlines()
        )
    },
}
"""What an item of a medium may be called by one of its genres."""
PLAIN: Final[dict[Medium, Kind]] = {
    "movie": Kind("film", "films", "m", "Film", "Filme"),
    "song": Kind("song", "songs", "m", "Song", "Songs"),
    "book": Kind("book", "books", "n", "Buch", "Bücher"),
    "game": Kind("game", "games", "n", "Spiel", "Spiele"),
}
