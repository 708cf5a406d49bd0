"""The spellings of genres that are made one: what a person writes and what the catalogue has then agree.

Spellings are compared as they are stored: folded to plain lower case, so that `Sci-Fi` is `sci fi`. Only
other names of the same genre are here, no narrower genres.
"""

from typing import Final


def _table(text: str) -> dict[str, str]:
    rows = (line.partition(": ") for line in text.strip().splitlines())
    return {spelling: genre for genre, _, spellings in rows for spelling in spellings.split(", ")}


SPELLINGS: Final = _table("""
alien: aliens
alternative: alternative rock, alt rock
animal: animals
animation: animated, animated film, cartoon, cartoons, zeichentrick, animationsfilm
biography: biographies, biographical, biopic, bio pic
board game: board games, boardgame, boardgames, brettspiel
card game: card games, cardgame, cards, kartenspiel
classic: classics, klassiker
classical: classical music, klassik
comedy: comedies, humor, humour, komodie
comic: comics, comic book, comic books, graphic novel, graphic novels, bande dessinee
cooperative: co op, coop, co operative
country: country music
crime: crime fiction, krimi
documentary: documentaries, documentary film, docu, dokumentarfilm, doku
drama: dramas
dystopia: dystopian, dystopias, dystopian fiction
education: educational
electronic: electronica, electronic music, edm, electro, elektro
essay: essays
family: children, childrens, children s, kids, familie, kinder
fantasy: fantasies
folk: folk music
gothic: gothic fiction
hip hop: hiphop, rap, hip hop rap, rap hip hop, hip hop and rap, rap music
historical: historical fiction
horror: horror film, horror fiction
jazz: jazz music
k pop: kpop, korean pop
latin: latin music, latino
lgbt: lgbtq, lgbtqia, lgbtqi, queer
literary: literary fiction, literature
martial arts: kung fu
memoir: memoirs, autobiography
metal: heavy metal
multiplayer: multi player
musical: musicals
mystery: mysteries
new wave: newwave
noir: film noir
nonfiction: non fiction, nonfictional, sachbuch
pirates: pirate
platformer: platform, platformers, platforming, jump and run, jump n run
poetry: poems, poem, lyrik
politics: political
post apocalyptic: postapocalyptic, post apocalypse, postapocalypse
puzzle: puzzles
r b: rb, rnb, r n b, r and b, rhythm and blues, rhythm blues
religious: religion
rock and roll: rock n roll, rock roll, rocknroll, rock and roll music
roguelike: rogue like, roguelite, rogue lite
romance: romantic, romances, love story, liebesfilm, liebesroman
romantic comedy: rom com, romcom, romantic comedies, romantische komodie
rpg: role playing, role playing game, role playing games, roleplaying, roleplaying game, rollenspiel
science fiction: sci fi, scifi, sf, sciencefiction, science fiction film
self help: selfhelp
shooter: shooters, first person shooter, fps
short story: short stories, kurzgeschichten
simulation: simulations, simulator, simulators, sim
soul: soul music
sports: sport
spy: spies, espionage
superhero: superheroes, super hero
thriller: thrillers
travel: travelogue
vampire: vampires
visual novel: visual novels
vr: virtual reality
war: war film
western: westerns
young adult: ya, young adult fiction
zombies: zombie
""")
"""Folded spelling to the genre as it is stored."""


def one_spelling(genre: str) -> str:
    """The genre that a folded text names."""
    return SPELLINGS.get(genre, genre)
