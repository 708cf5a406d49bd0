"""Cuts a face out of a picture as the crop that the classifier takes. Training uses the same functions."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.inference.face import Face, Point

SIDE: Final = 48
TEMPLATE: Final = (
    (0.322, 0.389),
    (0.678, 0.389),
    (0.500, 0.594),
    (0.348, 0.747),
    (0.652, 0.747),
)
"""Where the five landmarks lie in FER2013's framing, in sides of the crop: the median of 2,616 faces."""
MEAN: Final = (sum(x for x, _ in TEMPLATE) / 5, sum(y for _, y in TEMPLATE) / 5)
CENTRED: Final = tuple((x - MEAN[0], y - MEAN[1]) for x, y in TEMPLATE)
"""TEMPLATE about its own mean."""
NORM: Final = sum(x * x + y * y for x, y in CENTRED)
MIDDLE: Final = (0.5 - MEAN[0], 0.5 - MEAN[1])
"""The crop's middle, from that mean."""
SURE: Final = 0.10
"""Largest misfit, as `register` returns it, with which landmarks are trusted."""


def register(points: NDArray[np.float32]) -> tuple[float, float, float, float, float]:
    """Fits a square to (5, 2) landmarks; returns its middle x and y, side, tilt (degrees) and misfit.

    A least-squares similarity (Umeyama 1991) maps TEMPLATE to the landmarks. The misfit is the root mean
    square distance that remains, in sides. Written out in floats, as arrays of five cost six times as much.
    """
    landmarks: list[list[float]] = points.tolist()
    x = sum(point[0] for point in landmarks) / 5
    y = sum(point[1] for point in landmarks) / 5
    pairs = [(*at, px - x, py - y) for at, (px, py) in zip(CENTRED, landmarks, strict=True)]
    cos = sum(ax * bx + ay * by for ax, ay, bx, by in pairs) / NORM
    sin = sum(ax * by - ay * bx for ax, ay, bx, by in pairs) / NORM
    side = max(math.hypot(cos, sin), 1e-6)
    squares = sum(
        (bx - cos * ax + sin * ay) ** 2 + (by - sin * ax - cos * ay) ** 2 for ax, ay, bx, by in pairs
    )
    right, down = MIDDLE
    x, y = x + cos * right - sin * down, y + sin * right + cos * down
    return x, y, side, math.degrees(math.atan2(sin, cos)), math.sqrt(squares / 5) / side


def crop(grey: NDArray[np.uint8], face: Face, margin: float = 1.0) -> NDArray[np.uint8]:
    """Cuts the square times `margin` out of (h, w) grey, upright; beyond the picture its edges repeat."""
    side = face.side * margin
    middle = (face.x + face.side / 2, face.y + face.side / 2)
    return cut(grey, middle, side, face.tilt)


def cut(
    grey: NDArray[np.uint8], middle: Point, side: float, tilt: float, size: int = SIDE
) -> NDArray[np.uint8]:
    """Cuts a square turned by `tilt` degrees as (size, size) grey; beyond the picture its edges repeat."""
    while side >= 2 * size and min(grey.shape) > 1:
        grey, middle = _halved(grey, middle, side)
        side /= 2
    fine = max(1, math.ceil(side / size))  # samples per pixel each way, averaged against aliasing
    scale = side / size / fine
    half = (size * fine - 1) / 2
    turn = rotation(tilt) * scale
    shift = np.array(middle) - 0.5 - turn @ [half, half]
    turned = cv2.warpAffine(
        grey,
        np.column_stack([turn, shift]),
        (size * fine, size * fine),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if fine > 1:
        turned = cv2.resize(turned, (size, size), interpolation=cv2.INTER_AREA)
    return turned.astype(np.uint8, copy=False)


def _halved(grey: NDArray[np.uint8], middle: Point, side: float) -> tuple[NDArray[np.uint8], Point]:
    """What of the picture a square of `side` at `middle` can show, at half its size, and the middle there."""
    reach = side * math.sqrt(0.5) + 2
    (top, bottom), (left, right) = (
        _clipped(at - reach, at + reach, length) for at, length in zip(middle[::-1], grey.shape, strict=True)
    )
    half = cv2.resize(grey[top:bottom, left:right], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return half.astype(np.uint8, copy=False), ((middle[0] - left) / 2, (middle[1] - top) / 2)


def _clipped(start: float, end: float, length: int) -> tuple[int, int]:
    """An even number of pixels, at least two, within `length` that come closest to `start` to `end`."""
    first = min(max(0, math.floor(start)), length - 2)
    last = min(max(first + 2, math.ceil(end)), length)
    return first, last - (last - first) % 2


def rotation(degrees: float) -> NDArray[np.float64]:
    """The (2, 2) matrix that turns points clockwise as seen, since y points down."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]])
