"""Turns six probabilities and a strategy into a point of the valence-arousal plane. Pure.

Valence (unpleasant to pleasant) and arousal (calm to excited) run from -1 to 1: Russell's circumplex (1980).
Each emotion has an aim of its own for each strategy, and a mixed mood aims at their mean, weighted by
probability. So a small change of the probabilities moves the target a little, whatever the strategy's name.
docs/decisions/0006 and 0023 give the sources.
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

PULLS: Final[dict[Strategy, tuple[float, float, float]]] = {
    "match": (0.0, 0.0, 0.0),
    "lift": (0.80, 0.25, 0.90),
    "calm": (0.50, -0.50, 0.80),
}
"""Where a strategy pulls to (valence, arousal) and which share of the way it goes."""

CALMED: Final[dict[Emotion, tuple[float, float]]] = {"angry": (0.44, -0.04), "fear": (0.50, -0.45)}
"""The aims of calming an angry and a frightened mood: what absorbs is livelier than what reassures."""

OWN: Final[dict[Emotion, Strategy]] = {
    "angry": "calm",
    "fear": "calm",
    "happy": "match",
    "sad": "lift",
    "surprise": "match",
    "neutral": "match",
}
"""What `auto` does about each emotion."""

UNHAPPY: Final[tuple[Emotion, ...]] = ("angry", "fear", "sad")
UNHAPPY_FROM: Final = 0.5
"""The weight of unhappy emotions from which `auto` matches no mood."""
ROUNDING: Final = 1e-9

CLEAR_UP_TO: Final = 0.9
"""Entropy, as a share of the largest possible, above which a mood is not clear: one emotion at 0.45 and the
others equal is just clear, at 0.40 it is not."""
BROAD_FROM: Final = 0.8
"""The same, from which on the shelf grows broader."""

GRID: Final = 8
"""Cells per side of the plane. The database finds items near a point by an index over the cells."""


NEAR_CELLS: Final = 8
"""Cells around the target that are searched first."""
BORDER: Final = 0.16
"""Width of the border within which items of the outermost of these cells lose score, the farther the more."""


@dataclass(frozen=True, slots=True)
class Point:
    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Mood:
    point: Point
    spread: float
    """Standard distance of the emotions from the point, weighted by probability: 0 sure, about 0.8 torn."""
    breadth: float
    """How broad the shelf should be: 0 for a mood that is clear enough, 1 for equal shares."""
    clear: bool


def locate(probabilities: Mapping[Emotion, float]) -> Mood:
    """Compute the mean place of the six emotions and how clear they are; probabilities sum to 1."""
    valence = sum(probabilities[e] * CIRCUMPLEX[e][0] for e in EMOTIONS)
    arousal = sum(probabilities[e] * CIRCUMPLEX[e][1] for e in EMOTIONS)
    variance = sum(
        probabilities[e] * ((CIRCUMPLEX[e][0] - valence) ** 2 + (CIRCUMPLEX[e][1] - arousal) ** 2)
        for e in EMOTIONS
    )
    entropy = -sum(share * math.log(share) for share in map(probabilities.__getitem__, EMOTIONS) if share > 0)
    evenness = entropy / math.log(len(EMOTIONS))
    breadth = min(1.0, max(0.0, (evenness - BROAD_FROM) / (1 - BROAD_FROM)))
    return Mood(Point(valence, arousal), math.sqrt(variance), breadth, evenness <= CLEAR_UP_TO)


def auto_strategy(probabilities: Mapping[Emotion, float]) -> Strategy:
    """The name of what `auto` does: it matches a mood unless half of it or more is unhappy.

    Then the strongest of the unhappy emotions decides.
    """
    if sum(probabilities[emotion] for emotion in UNHAPPY) < UNHAPPY_FROM - ROUNDING:
        return "match"
    return OWN[max(reversed(UNHAPPY), key=lambda emotion: probabilities[emotion])]


def served(strategy: Strategy, choice: StrategyChoice) -> tuple[Emotion, ...]:
    """The emotions that a strategy is meant for: all, where a person chose it."""
    if choice != "auto":
        return EMOTIONS
    return tuple(emotion for emotion in EMOTIONS if (OWN[emotion] == "match") == (strategy == "match"))


def target(probabilities: Mapping[Emotion, float], choice: StrategyChoice) -> Point:
    """The point around which recommendations should lie: the mean of the emotions' aims."""
    aims = {e: aim(e, OWN[e] if choice == "auto" else choice) for e in EMOTIONS}
    return Point(
        sum(probabilities[e] * aims[e].valence for e in EMOTIONS),
        sum(probabilities[e] * aims[e].arousal for e in EMOTIONS),
    )


@lru_cache
def aim(emotion: Emotion, strategy: Strategy) -> Point:
    """Where a strategy leads from an emotion; none lowers valence, and calming raises no arousal."""
    valence, arousal = CIRCUMPLEX[emotion]
    if strategy == "calm" and emotion in CALMED:
        return Point(*CALMED[emotion])
    to_valence, to_arousal, share = PULLS[strategy]
    calmer = valence + share * max(0.0, to_valence - valence), arousal + share * (to_arousal - arousal)
    return Point(*calmer)


def cell_of(valence: float, arousal: float, side: int = GRID) -> int:
    """The number of the grid cell that holds a point: row of arousal times `side` plus column of valence."""
    column, row = (min(side - 1, max(0, int((axis + 1) / 2 * side))) for axis in (valence, arousal))
    return row * side + column


@lru_cache(maxsize=64)
def cells_around(point: Point) -> tuple[int, ...]:
    """All cells by the distance of their centre to the point, nearest first; ties by number."""
    return tuple(sorted(range(GRID * GRID), key=lambda cell: (_distance(cell, point), cell)))


@lru_cache(maxsize=64)
def remoteness(point: Point) -> tuple[float, ...]:
    """How near each cell is to being left out: 0 well within the nearest cells, 1 beyond them."""
    limit = _distance(cells_around(point)[NEAR_CELLS], point)
    return tuple(
        max(0.0, min(1.0, 1 - (limit - _distance(cell, point)) / BORDER)) for cell in range(GRID * GRID)
    )


def _distance(cell: int, point: Point) -> float:
    row, column = divmod(cell, GRID)
    return math.hypot(
        (column + 0.5) * 2 / GRID - 1 - point.valence, (row + 0.5) * 2 / GRID - 1 - point.arousal
    )
