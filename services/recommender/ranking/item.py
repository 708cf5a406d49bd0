"""What is ranked: an item as the catalogue has it, in plain values."""

from dataclasses import dataclass
from typing import Literal, get_args

from services.emotions import Emotion

Medium = Literal["movie", "song", "book", "game"]
MEDIA: tuple[Medium, ...] = get_args(Medium)


@dataclass(frozen=True, slots=True)
class Candidate:
    id: int
    medium: str
    title: str
    creator: str | None
    year: int | None
    url: str
    genres: tuple[str, ...]
    emotions: tuple[Emotion, ...]
    valence: float
    arousal: float
    confidence: float
    quality: float
    popularity: float
