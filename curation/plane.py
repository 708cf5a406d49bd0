"""Spreads a medium's raw places over the plane, so that every mood has works and few share a place."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Place = tuple[float, float]

REACH: Final = 0.95
"""The outermost work of each side lies here."""
BY_RANK: Final = 0.5
"""Share of a work's rank on its side of zero; the rest is its distance from zero."""
FAR: Final = 0.95
"""The distance that this share of a side does not exceed counts as the whole way."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The raw place that becomes the middle of the plane."""

    valence: float
    arousal: float
    tilt: float = 0.0
    """How much the middle of arousal rises with unpleasantness: most sad works are told excitedly."""
    slope: float = 0.0
    """How much the middle of arousal falls with pleasantness: what is funny is told calmly."""

    def arousal_at(self, valence: float) -> float:
        pleasant = valence - self.valence
        return self.arousal + self.tilt * max(0.0, -pleasant) - self.slope * max(0.0, pleasant)


def spread(raw: Sequence[Place], frame: Frame) -> list[Place]:
    """Map raw places into [-1, 1]²; a work stays on its side of the frame's middle on both axes."""
    valences = _spread_axis([valence - frame.valence for valence, _ in raw])
    arousals = _spread_axis([arousal - frame.arousal_at(valence) for valence, arousal in raw])
    return list(zip(valences, arousals, strict=True))


def _spread_axis(values: list[float]) -> list[float]:
    sides = {sign: sorted(abs(value) for value in values if (value >= 0) is sign) for sign in (True, False)}
    return [_stretch(value, sides[value >= 0]) for value in values]


def _stretch(value: float, side: list[float]) -> float:
    distance = abs(value)
    rank = (bisect_left(side, distance) + 1) / len(side)
    farthest = side[int(FAR * (len(side) - 1))] or 1.0
    share = BY_RANK * rank + (1 - BY_RANK) * min(1.0, distance / farthest)
    return round(REACH * share if value >= 0 else -REACH * share, 3)
