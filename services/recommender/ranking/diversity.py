"""Chooses a shelf from what was drawn, so that its items are good and unlike each other. Pure."""

import math
from collections.abc import Callable
from typing import Final

from services.recommender.ranking.item import Candidate

DIVERSITY: Final = 0.5
"""MMR's penalty for likeness to items already chosen."""


def diversify(
    left: list[tuple[float, float, Candidate]],
    limit: int,
    alike: Callable[[Candidate, Candidate], float],
) -> list[tuple[float, Candidate]]:
    """Choose by maximal marginal relevance (Carbonell & Goldstein 1998)."""
    closest = [0.0] * len(left)  # likeness to the most similar of those chosen
    chosen: list[tuple[float, Candidate]] = []
    while left and len(chosen) < limit:
        best = max(range(len(left)), key=lambda i: left[i][0] - DIVERSITY * closest[i])
        _, value, pick = left.pop(best)
        closest.pop(best)
        chosen.append((value, pick))
        if len(chosen) < limit:
            closest = [max(old, alike(pick, draw[2])) for old, draw in zip(closest, left, strict=True)]
    return chosen


def likeness(one: Candidate, other: Candidate) -> float:
    """0 to 1 by creator, genres and decade."""
    alike = 0.0
    if are_by_one(one, other):
        alike += 0.5
    if one.year is not None and other.year is not None and one.year // 10 == other.year // 10:
        alike += 0.15
    if one.genres and other.genres:
        shared = len(one.genre_set & other.genre_set)
        alike += 0.35 * shared / (len(one.genres) + len(other.genres) - shared)
    return alike


def are_by_one(one: Candidate, other: Candidate) -> bool:
    """Whether both have the same known creator."""
    return one.creator is not None and one.creator == other.creator


def nearness(one: Candidate, other: Candidate) -> float:
    """1 for items at the same place of the plane, 0 from half a unit on."""
    return max(0.0, 1 - 2 * math.hypot(one.valence - other.valence, one.arousal - other.arousal))
