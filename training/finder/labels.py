"""A photo's labels in the pixels of a picture that was cut, turned or scaled out of it."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.face import MIRRORED
from training.finder.photos import LabelledPhoto

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
"""(2, 3): from the photo's pixels to the picture's."""

COLUMNS: Final = 18
"""Of one label: kind, box (left, top, right, bottom), landmarks (10), has landmarks, covered, its weight."""
EMPTY, FACE, IGNORED = 0.0, 1.0, 2.0
SMALLEST: Final = 8.0
"""A face that becomes smaller than this many pixels is ignored."""
VISIBLE: Final = 0.4
"""Least part of a face's box that must lie inside the picture; less is ignored."""


def transform_labels(photo: LabelledPhoto, matrix: Matrix, width: int, height: int) -> Floats:
    """(n, COLUMNS): the photo's labels in a picture of this size; EMPTY for those that lie outside."""
    rows = np.zeros((len(photo.boxes), COLUMNS), np.float32)
    mirrored = np.linalg.det(matrix[:, :2]) < 0
    size = np.array([width, height])
    for i, (box, points) in enumerate(zip(photo.boxes, photo.landmarks, strict=True)):
        known = not np.isnan(points).any()
        moved = points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
        if mirrored:
            moved = moved[MIRRORED]
        middle = matrix[:, :2] @ (box[:2] + box[2:] / 2) + matrix[:, 2]
        half = _turned(box[2:], points, moved, matrix) / 2 if known else _corners(box[2:], matrix) / 2
        low, high = middle - half, middle + half
        inside = np.clip(high, 0, size) - np.clip(low, 0, size)
        if (inside <= 0).any():
            continue
        part = float(np.prod(inside) / np.prod(high - low))
        visible = part >= VISIBLE and bool(((middle > 0) & (middle < size)).all())
        is_face = not photo.ignored[i] and 2 * half.max() >= SMALLEST and visible
        rows[i, 0] = FACE if is_face else IGNORED
        rows[i, 1:5] = *low, *high
        if known:
            rows[i, 5:15], rows[i, 15] = moved.ravel(), 1.0
        if not np.isnan(photo.covered[i]):
            rows[i, 16:18] = photo.covered[i], 1.0
    return rows


def turned_size(size: Floats, before: Floats, after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Width and height of the upright box about a head, an ellipse, after its landmarks turned; unscaled.

    The roll before and after is read from the landmarks, since a turned box has corners that hold no head.
    """
    old, new = roll(before), roll(after)
    cos, sin = math.cos(old) ** 2, math.sin(old) ** 2
    wide, high = float(size[0]) ** 2, float(size[1]) ** 2
    if cos - sin > 0.3:  # upright enough to tell the ellipse's axes from its box
        a, b = (cos * wide - sin * high) / (cos - sin), (cos * high - sin * wide) / (cos - sin)
        a, b = max(a, 0.3 * wide), max(b, 0.3 * high)
    else:
        a = b = (wide + high) / 2
    cos, sin = math.cos(new) ** 2, math.sin(new) ** 2
    return np.sqrt([a * cos + b * sin, a * sin + b * cos])


def roll(points: NDArray[np.floating]) -> float:
    """Radians by which a head is turned in the picture, from the line of its eyes to that of its mouth."""
    down = (points[3] + points[4] - points[0] - points[1]) / 2
    return math.atan2(float(-down[0]), float(down[1]))


def scale_of(matrix: Matrix) -> float:
    return math.sqrt(abs(np.linalg.det(matrix[:, :2])))


def _turned(size: Floats, before: Floats, after: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    return turned_size(size, before, after) * scale_of(matrix)


def _corners(size: Floats, matrix: Matrix) -> NDArray[np.float64]:
    """Width and height of the upright box about the turned box's corners."""
    return np.asarray(np.abs(matrix[:, :2]) @ size.astype(np.float64))
