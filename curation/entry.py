"""One work of the catalogue to be, and the CSV that it is written to."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from services.emotions import EMOTIONS
from services.recommender.imports.keys import key_of

COLUMNS: Final = (
    "medium", "title", "creator", "year", "url", "kind", "genres", "tags", "language", "runtime_min",
    "explicit", "age_rating", "image_url", "emotions", "valence", "arousal", "affect_source",
    "affect_confidence", "quality", "popularity",
)  # fmt: skip
MAX_TAGS: Final = 12
MAX_GENRES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A work with what the sources know of it; None is unknown."""

    medium: str
    title: str
    url: str
    creator: str | None = None
    year: int | None = None
    kind: str | None = None
    genres: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    runtime_min: int | None = None
    explicit: bool | None = None
    age_rating: str | None = None
    image_url: str | None = None
    emotions: tuple[str, ...] = ()
    valence: float | None = None
    arousal: float | None = None
    affect_source: str | None = None
    affect_confidence: float | None = None
    quality: float | None = None
    popularity: float | None = None
    fame: float = field(default=0.0, compare=False)
    """How well known the work is, on a scale of its medium; not written."""

    @property
    def key(self) -> str:
        return key_of(self.medium, self.url, self.title, self.creator, self.year)

    def picked_for(self, emotions: Iterable[str]) -> Self:
        joined = {*self.emotions, *emotions}
        return replace(self, emotions=tuple(emotion for emotion in EMOTIONS if emotion in joined))

    def placed(self, place: tuple[float, float]) -> Self:
        return replace(self, valence=place[0], arousal=place[1])


def write(path: Path, entries: Iterable[Entry]) -> int:
    """Write a CSV; returns the number of rows."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for entry in entries:
            writer.writerow([_cell(getattr(entry, column)) for column in COLUMNS])
            written += 1
    return written


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return "|".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return "".join(character for character in value if character.isprintable()).strip()
    return "" if value is None else value
