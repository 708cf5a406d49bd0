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
FIRST: Final = re.compile(r"\bpart (?:one|1|i)\b", re.IGNORECASE)
APART: Final = 40
"""Years after which a film of the same name is another film."""
FAR_LESS_KNOWN: Final = 0.8
"""Of fame, which is a logarithm of votes: a sixth of them."""

Found = tuple[Entry, Place]


def marked(films: Iterable[Found]) -> Iterator[Found]:
    """The films; a sequel has the tag first. The first of a name ("X", "X 2", "X: The End") is none."""
    films = list(films)
    named: dict[str, list[Entry]] = {}
    for entry, _ in films:
        for name in {_name(entry.title), *_series(entry.title)}:
            named.setdefault(name, []).append(entry)
    for entry, place in films:
        continues = any(_follows(entry, other) for name in _series(entry.title) for other in named[name])
        known = SEQUEL in entry.tags or FIRST.search(entry.title)
        yield (with_tag(entry) if continues and not known else entry), place


def _follows(entry: Entry, other: Entry) -> bool:
    """Whether a film of the same name came before, near enough, and is no far less known namesake."""
    apart = (entry.year or 0) - (other.year or 0)
    return 0 < apart < APART and other.fame > entry.fame - FAR_LESS_KNOWN


def with_tag(entry: Entry) -> Entry:
    """The work, tagged as one that continues another."""
    return replace(entry, tags=(SEQUEL, *entry.tags)[:MAX_TAGS])


def _series(title: str) -> set[str]:
    """The names of which a film can be a part: "Toy Story" of "Toy Story 2", "Rocky" of "Rocky: The End"."""
    head, colon, _ = title.partition(": ")
    named = [found[1] for pattern in (NUMBERED, GOES_ON) if (found := pattern.match(title))]
    return {_name(name) for name in [*named, *([head] if colon else [])]}


def _name(title: str) -> str:
    return fold(title).removeprefix("the ")
