"""Things that look a little like faces, drawn where no face is: discs, rings, emblems, letters."""

import string
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
MOST: Final = 6
"""Things drawn into one crop."""


def clutter(pixels: Pixels, boxes: NDArray[np.float32], rng: np.random.Generator) -> Pixels:
    """`pixels` with one to six things in places that touch none of `boxes` (n, 4: corners)."""
    side = pixels.shape[0]
    drawn = pixels.copy()
    for _ in range(int(rng.integers(1, MOST + 1))):
        size = float(np.exp(rng.uniform(np.log(8), np.log(0.45 * side))))
        x, y = rng.uniform(0, side, 2)
        near = np.array([x - size, y - size, x + size, y + size])
        if ((boxes[:, :2] < near[2:]) & (boxes[:, 2:] > near[:2])).all(axis=1).any():
            continue
        _draw(drawn, (round(float(x)), round(float(y))), size, rng)
    if rng.random() < 0.6:
        drawn = cv2.GaussianBlur(drawn, (0, 0), float(rng.uniform(0.5, 2.0))).astype(np.uint8)
        if len(boxes):  # faces keep their sharpness
            for left, top, right, bottom in np.round(boxes).astype(int):
                part = np.s_[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
                drawn[part] = pixels[part]
    return drawn


def _draw(pixels: Pixels, middle: tuple[int, int], size: float, rng: np.random.Generator) -> None:
    def grey() -> tuple[float, float, float]:
        return (float(rng.integers(256)),) * 3

    half = max(2, round(size / 2))
    axes = (half, max(2, round(half * rng.uniform(0.7, 1.5))))
    kind = rng.choice(4, p=(0.25, 0.25, 0.2, 0.3))
    if kind <= 2:  # a disc; a ring; an emblem: a disc with a letter
        thick = -1 if kind != 1 else max(1, round(size * rng.uniform(0.04, 0.15)))
        cv2.ellipse(pixels, middle, axes, float(rng.uniform(0, 180)), 0, 360, grey(), thick, cv2.LINE_AA)
        if kind == 2 and rng.random() < 0.5:
            cv2.ellipse(pixels, middle, (half // 2 + 1, half // 2 + 1), 0, 0, 360, grey(), 1, cv2.LINE_AA)
    if kind >= 2:
        count = 1 if kind == 2 else int(rng.integers(1, 8))
        text = "".join(rng.choice(list(string.ascii_letters + string.digits), count))
        scale = size / 30 * (0.6 if kind == 2 else 1)
        font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX]))
        at = (middle[0] - round(9 * scale), middle[1] + round(10 * scale))
        shade, thick = grey(), max(1, round(scale * rng.uniform(1, 5)))
        cv2.putText(pixels, text, at, font, scale, shade, thick, cv2.LINE_AA)
