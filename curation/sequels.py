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
    r"^(.+?) (?:returns|forever|reloaded|revolutions|resurrection|rises|again|reborn|strikes back|lives)\b",
    re.IGNORECASE,
)
APART: Final = 16
"""Years after which a film of the same name is another film."""

Found = tuple[Entry, Place]


def marked(films: Iterable[Found]) -> Iterator[Found]:
    """The films; a sequel has the tag first. The first of a name ("X", "X 2", "X: The End") is none."""
    films = list(films)
    years: dict[str, list[int]] = {}
    for entry, _ in films:
        for name in {fold(entry.title), *_series(entry.title)}:
            years.setdefault(name, []).append(entry.year or 0)
    for entry, place in films:
        names = _series(entry.title)
        year = entry.year or 0
        continues = any(0 < year - other < APART for name in names for other in years[name])
        yield (with_tag(entry) if continues and SEQUEL not in entry.tags else entry), place


def with_tag(entry: Entry) -> Entry:
    """The work, tagged as one that continues another."""
    return replace(entry, tags=(SEQUEL, *entry.tags)[:MAX_TAGS])


def _series(title: str) -> set[str]:
    """The names of which a film can be a part: "Toy Story" of "Toy Story 2", "Rocky" of "Rocky: The End"."""
    head, colon, _ = title.partition(": ")
    named = [found[1] for pattern in (NUMBERED, GOES_ON) if (found := pattern.match(title))]
    return {fold(name) for name in [*named, *([head] if colon else [])]}
