"""From six probabilities and a strategy to a point in the valence-arousal plane. Pure: values in and out.

Valence (unpleasant to pleasant) and arousal (calm to excited) run from -1 to 1: Russell's circumplex (1980).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, get_args

from services.emotions import EMOTIONS, Emotion

Strategy = Literal["match", "lift", "calm"]
StrategyChoice = Literal["auto", "match", "lift", "calm"]
STRATEGIES: Final[tuple[StrategyChoice, ...]] = get_args(StrategyChoice)

CIRCUMPLEX: Final[dict[Emotion, tuple[float, float]]] = {
    "angry": (-0.51, 0.59),
    "fear": (-0.64, 0.60),
    "happy": (0.81, 0.51),
    "sad": (-0.63, -0.27),
    "surprise": (0.40, 0.67),
    "neutral": (0.00, 0.00),
}
"""Mean pleasure and arousal ratings of the emotion words in Russell & Mehrabian, "Evidence for a three-factor
theory of emotions", Journal of Research in Personality 11 (1977); neutral is the origin by definition."""

PULLS: Final[dict[Strategy, tuple[float, float, float, float]]] = {
    "match": (0.0, 0.0, 0.0, 0.0),
    "lift": (0.70, 0.20, 0.75, 0.75),
    "calm": (0.50, -0.50, 0.80, 0.80),
}
"""Where a strategy pulls to (valence, arousal) and which share of the way it goes on each axis.
docs/decisions/0006 says why it does not go all the way."""

GRID: Final = 8
"""Cells a side that the plane is divided into, so that a database finds what is near a point by an index."""


@dataclass(frozen=True, slots=True)
class Point:
    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Mood:
    """A probability vector read as a place in the plane."""

    point: Point
    spread: float
    """Standard distance of the emotions from the point, weighted by probability: 0 sure, about 0.8 torn."""


def locate(probabilities: Mapping[Emotion, float]) -> Mood:
    """The mean place of all six emotions and how far they are scattered; probabilities sum to 1."""
    valence = sum(probabilities[e] * CIRCUMPLEX[e][0] for e in EMOTIONS)
    arousal = sum(probabilities[e] * CIRCUMPLEX[e][1] for e in EMOTIONS)
    variance = sum(
        probabilities[e] * ((CIRCUMPLEX[e][0] - valence) ** 2 + (CIRCUMPLEX[e][1] - arousal) ** 2)
        for e in EMOTIONS
    )
    return Mood(Point(valence, arousal), math.sqrt(variance))


def choose(point: Point) -> Strategy:
    """What `auto` means: unpleasant and excited is calmed, else unpleasant is lifted, the rest is matched."""
    if point.valence >= -0.2:
        return "match"
    return "calm" if point.arousal > 0.2 else "lift"


def move(point: Point, strategy: Strategy) -> Point:
    """The point that recommendations should lie around."""
    valence, arousal, by_valence, by_arousal = PULLS[strategy]
    return Point(
        point.valence + by_valence * (valence - point.valence),
        point.arousal + by_arousal * (arousal - point.arousal),
    )


def cell_of(valence: float, arousal: float) -> int:
    """The number of the grid cell that holds a point: row of arousal times GRID plus column of valence."""
    column, row = (min(GRID - 1, max(0, int((axis + 1) / 2 * GRID))) for axis in (valence, arousal))
    return row * GRID + column


@lru_cache(maxsize=64)
def cells_around(point: Point) -> tuple[int, ...]:
    """Every cell, the nearest to the point first by the distance to its centre; ties by number."""
    side = 2 / GRID

    def distance(cell: int) -> float:
        row, column = divmod(cell, GRID)
        return math.hypot(-1 + (column + 0.5) * side - point.valence, -1 + (row + 0.5) * side - point.arousal)

    return tuple(sorted(range(GRID * GRID), key=lambda cell: (distance(cell), cell)))
