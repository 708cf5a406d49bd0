"""Faces over time: which face of this frame is which of the last one, and a calm reading of each. Pure."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.face import Face, in_order

SMOOTHING_S: Final = 0.4
"""Time constant of the running mean of probabilities: long enough to be calm, short enough for a smile."""
PATIENCE_S: Final = 0.6
"""A face that is missed for longer than this is gone, and its id with it.

One that the frame before showed was not missed, however long a busy server let its successor wait.
"""
SAME: Final = 0.25
"""Least overlap (intersection over union) of one face's boxes in two frames."""


@dataclass(frozen=True)
class Track:
    id: int
    face: Face
    probabilities: NDArray[np.float32]
    """(6,), smoothed."""
    seen_at: float
    """Seconds, of whichever clock the caller uses."""


class Tracker:
    """One stream's memory: boxes and smoothed probabilities, never pixels."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._next_id = 1
        self._frame_at = -math.inf
        """When the frame before was seen, on the clock of `Track.seen_at`."""

    @property
    def faces(self) -> list[Face]:
        """Where each face was last."""
        return [track.face for track in self._tracks]

    def update(self, faces: list[Face], rows: NDArray[np.float32], now: float) -> list[Track]:
        """A frame's faces with (n, 6) probabilities → the same, the main one first, smoothed, with ids."""
        since = min(now - PATIENCE_S, self._frame_at)
        self._frame_at = now
        free = [track for track in self._tracks if track.seen_at >= since]
        current = []
        seen = list(zip(faces, rows, strict=True))
        for face, row in in_order(seen, lambda one: one[0]):
            before = max(free, key=lambda track: overlap(track.face, face), default=None)
            if before and overlap(before.face, face) >= SAME:
                free.remove(before)
                current.append(_smoothed(before, face, row, now))
            else:
                current.append(Track(self._next_id, face, row, now))
                self._next_id += 1
        self._tracks = current + free
        return current


def _smoothed(before: Track, face: Face, row: NDArray[np.float32], now: float) -> Track:
    weight = np.float32(1 - math.exp(-(now - before.seen_at) / SMOOTHING_S))
    mean = before.probabilities + weight * (row - before.probabilities)
    return replace(before, face=face, probabilities=mean, seen_at=now)


def overlap(a: Face, b: Face) -> float:
    """Intersection over union of two squares, 0 to 1."""
    width = min(a.x + a.side, b.x + b.side) - max(a.x, b.x)
    height = min(a.y + a.side, b.y + b.side) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (a.side**2 + b.side**2 - both)
