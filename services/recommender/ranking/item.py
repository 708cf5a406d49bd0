"""The media and the plain values that ranking needs of an item."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from services.emotions import Emotion

Medium = Literal["movie", "song", "book", "game"]
MEDIA: Final[tuple[Medium, ...]] = get_args(Medium)
Kind = Literal["work", "collection"]
"""A collection links to many works; it is listed and never recommended."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be recommended; the fields have the names of the table's columns."""

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
