"""Gives each item luck that is fixed for a person, a day and a mood, so that near equals take turns. Pure.

With Gumbel noise of a temperature T, an item is drawn before another that scores d less with odds of
exp(d / T) (Yellott 1977).
"""

import math
from collections.abc import Mapping
from typing import Final

from services.emotions import Emotion

Turns = tuple[float, float, float, float]
"""The weight of each of an item's three chances, whose squares sum to 1, and the share of the first side."""
TURNS: Final[tuple[tuple[Emotion, ...], ...]] = (("angry", "happy"), ("fear", "neutral"), ("sad", "surprise"))
"""The emotions that share a chance: those whose shelves lie far apart."""
FIRST_SIDE: Final[tuple[Emotion, ...]] = ("angry", "happy")
"""These emotions are on one side, the others on the other one: neighbours in the plane are on two sides."""
SIDES: Final = 7.0
"""How much luckier an item is on its own side than on the other one."""
BITS: Final = 21
MASK: Final = (1 << BITS) - 1
SHIFTS: Final = (0, BITS, 2 * BITS)
GUMBEL_MEAN: Final = 0.5772156649015329


def turns_of(probabilities: Mapping[Emotion, float]) -> Turns:
    """The weights of an item's chances for a mood: angry, frightened and sad moods each have their own.

    So what is lucky in one of them need not be in the others; on a person's day an item has one of two sides,
    so that shelves of neighbouring moods seldom share a work; and a small change of the mood changes luck a
    little.
    """
    weights = [sum(probabilities[emotion] for emotion in emotions) for emotions in TURNS]
    length = math.hypot(*weights)
    first, second, third = (weight / length for weight in weights)
    return first, second, third, sum(probabilities[emotion] for emotion in FIRST_SIDE)


def luck(turns: Turns, seed: int, item_id: int) -> float:
    """An item's luck for a mood, given by `turns_of`: mean 0; Gumbel's distribution on each side."""
    mixed = _mixed(seed, item_id)
    side = turns[3] - 0.5 if mixed >> 3 * BITS else 0.5 - turns[3]
    return SIDES * side + sum(
        weight * (_gumbel((mixed >> shift & MASK) / (1 << BITS)) - GUMBEL_MEAN)
        for weight, shift in zip(turns[:3], SHIFTS, strict=True)
        if weight
    )


def _mixed(seed: int, item_id: int) -> int:
    """64 fixed bits for a seed and an item: splitmix64's finaliser, the same on every machine."""
    mixed = (seed * 0x9E3779B97F4A7C15 + item_id * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return mixed ^ (mixed >> 31)


def _gumbel(uniform: float) -> float:
    """A number of the standard Gumbel distribution, from one in [0, 1)."""
    return -math.log(-math.log(uniform or 2**-BITS))
