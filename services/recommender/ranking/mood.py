"""Turns six probabilities and a strategy into a point of the valence-arousal plane. Pure.

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
"""Cells per side of the plane. The database finds items near a point by an index over the cells."""


@dataclass(frozen=True, slots=True)
class Point:
    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Mood:
    point: Point
    spread: float
    """Standard distance of the emotions from the point, weighted by probability: 0 sure, about 0.8 torn."""


def locate(probabilities: Mapping[Emotion, float]) -> Mood:
    """Compute the mean place of the six emotions and their spread; probabilities sum to 1."""
    valence = sum(probabilities[e] * CIRCUMPLEX[e][0] for e in EMOTIONS)
    arousal = sum(probabilities[e] * CIRCUMPLEX[e][1] for e in EMOTIONS)
    variance = sum(
        probabilities[e] * ((CIRCUMPLEX[e][0] - valence) ** 2 + (CIRCUMPLEX[e][1] - arousal) ** 2)
        for e in EMOTIONS
    )
    return Mood(Point(valence, arousal), math.sqrt(variance))


def auto_strategy(point: Point) -> Strategy:
    """Calm a mood that is unpleasant and excited, lift any other unpleasant mood, match the rest."""
    if point.valence >= -0.2:
        return "match"
    return "calm" if point.arousal > 0.2 else "lift"


def target(point: Point, strategy: Strategy) -> Point:
    """The point around which recommendations should lie."""
    valence, arousal, by_valence, by_arousal = PULLS[strategy]
    return Point(
        point.valence + by_valence * (valence - point.valence),
        point.arousal + by_arousal * (arousal - point.arousal),
    )


def cell_of(valence: float, arousal: float, side: int = GRID) -> int:
    """The number of the grid cell that holds a point: row of arousal times `side` plus column of valence."""
    column, row = (min(side - 1, max(0, int((axis + 1) / 2 * side))) for axis in (valence, arousal))
    return row * side + column


@lru_cache(maxsize=64)
def cells_around(point: Point) -> tuple[int, ...]:
    """All cells by the distance of their centre to the point, nearest first; ties by number."""

    def distance(cell: int) -> float:
        row, column = divmod(cell, GRID)
        return math.hypot(
            (column + 0.5) * 2 / GRID - 1 - point.valence, (row + 0.5) * 2 / GRID - 1 - point.arousal
        )

    return tuple(sorted(range(GRID * GRID), key=lambda cell: (distance(cell), cell)))
