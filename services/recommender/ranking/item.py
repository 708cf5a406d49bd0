"""The media and the plain values that ranking needs of an item."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, get_args

from services.emotions import Emotion
from services.recommender.ranking.care import SENSITIVE, is_sensitive
from services.recommender.ranking.features import Features, features_of
from services.recommender.ranking.mood import cell_of

Medium = Literal["movie", "song", "book", "game"]
MEDIA: Final[tuple[Medium, ...]] = get_args(Medium)
Kind = Literal["work", "collection"]
"""A collection links to many works; it is listed and never recommended."""

LEADING: Final = 8
"""Only an item's strongest themes say what it meets of a mood."""

IN_SERIES: Final = re.compile(r"[:\d]|\s[-–]\s|\b(?:part|vol|volume|chapter|episode|ii|iii|iv|vi|vii|viii)\b")
"""Where what titles of a series share ends."""


@dataclass(frozen=True)
class Candidate:
    """An item that may be recommended; the fields have the names of the table's columns.

    It stays in memory from one recommendation to the next, and with it what was worked out of its fields.
    """

    id: int
    medium: Medium
    title: str
    creator: str | None
    year: int | None
    url: str
    kind: Kind
    genres: tuple[str, ...]
    tags: tuple[str, ...]
    """Themes and moods, the strongest first."""
    language: str | None
    """ISO 639-1."""
    runtime_min: int | None
    explicit: bool | None
    """None: unknown."""
    age_rating: str | None
    """As its country writes it: PG-13, TV-MA."""
    image_url: str | None
    emotions: tuple[Emotion, ...]
    valence: float
    arousal: float
    affect_confidence: float
    quality: float
    popularity: float

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Leading themes, the strongest first, genres, and themes that call for care, each once."""
        care = (tag for tag in self.tags[LEADING:] if tag in SENSITIVE)
        return tuple(dict.fromkeys((*self.tags[:LEADING], *self.genres, *care)))

    @cached_property
    def is_sensitive(self) -> bool:
        """Whether it is about suicide, self-harm or abuse."""
        return is_sensitive((*self.tags, *self.genres))

    @cached_property
    def features(self) -> Features:
        return features_of(self)

    @cached_property
    def cell(self) -> int:
        return cell_of(self.valence, self.arousal)

    @cached_property
    def series(self) -> str:
        """What titles of one series share: what comes before a number, a colon or a dash; of games a word."""
        if self.medium == "game":
            return self.title.casefold().removeprefix("the ").split()[0].rstrip(":")
        return (
            IN_SERIES.split(self.title.casefold(), maxsplit=1)[0].removeprefix("the ").strip() or self.title
        )

    @cached_property
    def genre_set(self) -> frozenset[str]:
        return frozenset(self.genres)
