"""The media and the plain values that ranking needs of an item."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from services.emotions import Emotion

Medium = Literal["movie", "song", "book", "game"]
MEDIA: Final[tuple[Medium, ...]] = get_args(Medium)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be recommended; the fields have the names of the table's columns."""

    id: int
    medium: Medium
    title: str
    creator: str | None
    year: int | None
    url: str
    genres: tuple[str, ...]
    emotions: tuple[Emotion, ...]
    valence: float
    arousal: float
    affect_confidence: float
    quality: float
    popularity: float
