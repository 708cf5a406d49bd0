"""A face in a picture: where it is, and what the detector says of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

T = TypeVar("T")
Point = tuple[float, float]
POINTS: Final = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")
"""The landmarks in their order; right and left are the person's own."""
ALIKE: Final = 0.9
"""Faces whose sides are at least this much of the largest one's count as equally large."""
MIRRORED: Final = [1, 0, 2, 4, 3]
"""Where each of POINTS comes from in the mirror image."""


@dataclass(frozen=True)
class Face:
    """An upright square in FER2013's framing, in the pixels of the array that was searched."""

    x: float
    y: float
    side: float
    score: float | None
    """Log-odds of being a face; None where nothing was searched."""
    tilt: float = 0.0
    """Degrees by which the picture is to be turned anticlockwise for the face to stand upright."""
    landmarks: tuple[Point, ...] | None = None
    """Five points in the order of POINTS; None where they are not known."""
    extent: tuple[float, float, float, float] | None = None
    """The head's own box, left, top, right, bottom: taller than the square; None where it is not known."""
    covered: bool = False
    """Whether the lower half is covered: by a mask, a hand, a scarf."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """`extent`, or the square: left, top, right, bottom."""
        return self.extent or (self.x, self.y, self.x + self.side, self.y + self.side)

    @property
    def probability(self) -> float:
        """`score` as a probability, 0 to 1."""
        return 1.0 if self.score is None else 1 / (1 + math.exp(-self.score))


def whole(shape: tuple[int, ...]) -> Face:
    """A picture of `shape` (h, w) taken as one upright face: a square of the same area about its middle."""
    height, width = shape[:2]
    side = math.sqrt(height * width)
    return Face((width - side) / 2, (height - side) / 2, side, None)


def main_first(faces: list[Face]) -> list[Face]:
    return in_order(faces, lambda face: face)


def in_order(items: list[T], face_of: Callable[[T], Face]) -> list[T]:
    """The main face first: the leftmost of those about as large as the largest; then the others by size."""
    if not items:
        return []
    largest = max(face_of(item).side for item in items)
    alike = [item for item in items if face_of(item).side >= ALIKE * largest]
    main = min(alike, key=lambda item: face_of(item).x)
    others = sorted((item for item in items if item is not main), key=lambda item: -face_of(item).side)
    return [main, *others]
