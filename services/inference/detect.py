"""Grey pixels → faces, with OpenCV's Haar cascade."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

CASCADE: Final = "haarcascade_frontalface_default.xml"
LEAST: Final = 24
"""Side of the cascade's own window: no smaller face can be found."""
ROOM: Final = 0.4
"""How far a followed face may have moved, in sides of its box."""
FOLLOWED_SIDE: Final = 60
"""A followed face is brought down to about this many pixels."""


@dataclass(frozen=True)
class Pass:
    """One look at the picture."""

    side: int
    """The picture's long side is brought down to this many pixels."""
    smallest: float
    """Smallest face looked for, as a fraction of the long side."""
    step: float
    """Ratio between the sizes looked for."""
    neighbours: int
    """Overlapping hits that make a face."""


PASSES: Final = (Pass(320, 0.12, 1.15, 5), Pass(640, 0.045, 1.1, 5))
"""Coarse first: it takes a fifth of the time; the finer one only where the coarse one finds nothing."""


@dataclass(frozen=True)
class Face:
    """A square in the pixels of the array that was searched."""

    x: float
    y: float
    side: float
    score: float
    """Weight of the cascade's last stage: higher is surer."""


class Detector:
    """Not thread-safe, as cv2.CascadeClassifier is not: one per thread."""

    def __init__(self) -> None:
        self._cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))

    def detect(self, grey: NDArray[np.uint8]) -> list[Face]:
        """(h, w) grey → faces, largest first; [] where there is none."""
        for look in PASSES:
            faces = self._look(grey, look)
            if faces:
                return sorted(faces, key=lambda face: face.side, reverse=True)
        return []

    def follow(self, grey: NDArray[np.uint8], before: Face) -> Face | None:
        """The face that was at `before` a moment ago, looked for there only; None where it is gone."""
        reach = before.side * (1 + 2 * ROOM)
        left, top = max(0, round(before.x - before.side * ROOM)), max(0, round(before.y - before.side * ROOM))
        part = grey[top : top + round(reach), left : left + round(reach)]
        if min(part.shape) < LEAST:
            return None
        shrink = max(1.0, before.side / FOLLOWED_SIDE)
        small = _resize(part, shrink)
        sides = (round(before.side / shrink * 0.75), round(before.side / shrink * 1.3))
        faces = self._search(small, Pass(0, 0, 1.1, 3), max(LEAST, sides[0]), sides[1])
        best = max(faces, key=lambda face: face.score, default=None)
        return best and Face(left + best.x * shrink, top + best.y * shrink, best.side * shrink, best.score)

    def _look(self, grey: NDArray[np.uint8], look: Pass) -> list[Face]:
        long_side = max(grey.shape)
        shrink = max(1.0, long_side / look.side)
        small = _resize(grey, shrink)
        least = max(LEAST, round(look.smallest * max(small.shape)))
        if least > min(small.shape):
            return []
        found = self._search(small, look, least, max(small.shape))
        return [Face(face.x * shrink, face.y * shrink, face.side * shrink, face.score) for face in found]

    def _search(self, small: NDArray[np.uint8], look: Pass, least: int, most: int) -> list[Face]:
        boxes, _, weights = self._cascade.detectMultiScale3(
            small,
            scaleFactor=look.step,
            minNeighbors=look.neighbours,
            minSize=(least, least),
            maxSize=(most, most),
            outputRejectLevels=True,
        )
        return [
            Face(float(x), float(y), float(w), float(weight))
            for (x, y, w, _), weight in zip(boxes, weights, strict=True)
        ]


def _resize(grey: NDArray[np.uint8], shrink: float) -> NDArray[np.uint8]:
    if shrink == 1.0:
        return grey
    height, width = grey.shape
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
