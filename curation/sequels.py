"""Marks films that continue another: few people want to begin with the third part."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from curation.entry import MAX_TAGS, Entry
from curation.plane import Place
from services.recommender.schemas.fields import fold

SEQUEL: Final = "sequel"
"""The tag."""
NUMBERED: Final = re.compile(
    r"^(.+?)[:,]? (?:(?:part|chapter|episode|vol\.?|volume) )?"
    r"(?:[2-9]|ii|iii|iv|v|vi|vii|viii|the (?:second|third|fourth|fifth|final chapter))\b(?:[:\s-].*)?$",
    re.IGNORECASE,
)
GOES_ON: Final = re.compile(
    r"^(.+?) (?:returns|forever|reloaded|revolutions|resurrection|rises|again|reborn|strikes back)\b",
    re.IGNORECASE,
)
RAISED: Final = str.maketrans({"²": " 2", "³": " 3"})
AND_THE: Final = re.compile(r"^(.+?) (?:and|&) the ", re.IGNORECASE)
CRIED: Final = re.compile(r"^(.+?!) ")
WORDS: Final = 2
"""A film's name of so many words is no chance where a later title begins with it."""
FIRST: Final = re.compile(r"\bpart (?:one|1|i)\b", re.IGNORECASE)
APART: Final = 40
"""Years after which a film of the same name is another film."""
APART_UNNUMBERED: Final = 15
"""The same of a film that has nothing but the first words in common."""
ALIKE: Final = 2
"""Genres that a film without a number shares with one that it continues."""
FAR_LESS_KNOWN: Final = 0.8
"""Of fame, which is a logarithm of votes: a sixth of them."""

Found = tuple[Entry, Place]


def marked(films: Iterable[Found]) -> Iterator[Found]:
    """The films; a sequel has the tag first. The first of a name ("X", "X 2", "X: The End") is none."""
    films = list(films)
    named: dict[str, list[Entry]] = {}
    for entry, _ in films:
        for name in {
            _name(entry.title),
            *_numbered(entry.title),
            *_headed(entry.title),
            *_joined(entry.title),
        }:
            named.setdefault(name, []).append(entry)
    for entry, place in films:
        continues = any(
            _follows(entry, other) and is_meant(entry, other, name)
            for names, is_meant in (
                (_numbered(entry.title), _by_name),
                (_headed(entry.title), _by_genres),
                (_joined(entry.title) | _beginnings(entry.title), _by_all),
            )
            for name in names
            for other in named.get(name, ())
        )
        known = SEQUEL in entry.tags or FIRST.search(entry.title)
        yield (
            (with_tag(entry) if continues and not known else entry),
            place,
        )


def _by_name(_entry: Entry, _other: Entry, _name: str) -> bool:
    return True


def _by_genres(entry: Entry, other: Entry, _name: str) -> bool:
    """Whether two films share genres, as heroes of old have many films that continue none."""
    least = min(ALIKE, len(entry.genres), len(other.genres))
    return len({*entry.genres} & {*other.genres}) >= least


def _by_all(entry: Entry, other: Entry, name: str) -> bool:
    """Whether a film that only begins like another one continues it: many have a word in common.

    It came soon after, and a name of one word needs the same director. A remake has the whole title.
    """
    near = (entry.year or 0) - (other.year or 0) <= APART_UNNUMBERED
    by_one = entry.creator is not None and entry.creator == other.creator
    known = len(name.split()) >= WORDS or by_one
    return near and known and _name(entry.title) != _name(other.title) and _by_genres(entry, other, name)


def _follows(entry: Entry, other: Entry) -> bool:
    """Whether a film of the same name came before, near enough, and is no far less known namesake."""
    apart = (entry.year or 0) - (other.year or 0)
    return 0 < apart < APART and other.fame > entry.fame - FAR_LESS_KNOWN


def with_tag(entry: Entry, tag: str = SEQUEL) -> Entry:
    """The work, tagged as one that continues another, or with another tag that stands before all others."""
    return replace(entry, tags=(tag, *entry.tags)[:MAX_TAGS])


def _numbered(title: str) -> set[str]:
    """The name of which a film says that it is a later part: "Toy Story" of "Toy Story 2"."""
    plain = title.translate(RAISED)
    return {_name(found[1]) for pattern in (NUMBERED, GOES_ON) if (found := pattern.match(plain))}


def _headed(title: str) -> set[str]:
    """What stands before a colon: "Rocky" of "Rocky: The End"."""
    head, colon, _ = title.partition(": ")
    return {_name(head)} if colon else set()


def _joined(title: str) -> set[str]:
    """What stands before "and the" or an exclamation mark: "Rocky" of "Rocky and the End"."""
    return {_name(found[1]) for pattern in (AND_THE, CRIED) if (found := pattern.match(title))}


def _beginnings(title: str) -> set[str]:
    """The first words: "Magic Mike" of "Magic Mike XXL", and nothing of "Monty Python's Life of Brian"."""
    words = _name(title).split()
    return {" ".join(words[:count]) for count in range(WORDS, len(words)) if words[count] != "s"}


def _name(title: str) -> str:
    return fold(title).removeprefix("the ")
