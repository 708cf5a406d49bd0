"""Covers painted over some faces of a crop: masks, hands, sunglasses, things."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.finder.labels import FACE

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Outline = NDArray[np.float64]

SHARE: Final = 0.22
"""Of the faces with landmarks that get a cover."""
MASK, HAND, GLASSES, THING = range(4)
KINDS: Final = (0.3, 0.3, 0.2, 0.2)
"""How often each."""


def cover(pixels: Pixels, labels: Floats, rng: np.random.Generator) -> Pixels:
    """Covers some faces, and notes in `labels`, in place, which lower halves are covered now."""
    for i in np.flatnonzero((labels[:, 0] == FACE) & (labels[:, 15] == 1)):
        if rng.random() > SHARE:
            continue
        points = labels[i, 5:15].reshape(5, 2).astype(np.float64)
        size = math.sqrt(float((labels[i, 3] - labels[i, 1]) * (labels[i, 4] - labels[i, 2])))
        kind = rng.choice(len(KINDS), p=KINDS)
        if kind == MASK:
            pixels = _paint(pixels, _mask(points, rng), rng, size)
        elif kind == HAND:
            pixels = _paint_skin(pixels, _hand(points, size, rng), rng, size)
        elif kind == GLASSES:
            pixels = _sunglasses(pixels, points, rng)
        else:
            pixels = _paint(pixels, _thing(labels[i, 1:5], rng), rng, size)
        if kind in {MASK, HAND}:
            labels[i, 16:18] = 1.0, 1.0
        elif kind == THING:
            labels[i, 17] = 0.0
    return pixels


def _mask(points: NDArray[np.float64], rng: np.random.Generator) -> Outline:
    """From the bridge of the nose, or from under it, to below the chin."""
    eyes, mouth = (points[0] + points[1]) / 2, (points[3] + points[4]) / 2
    down, across = mouth - eyes, (points[1] - points[0]) * 0.5
    top = rng.uniform(0.3, 0.62)
    wide = rng.uniform(1.5, 2.1)
    corners = [
        (-wide, top + 0.12),
        (0, top),
        (wide, top + 0.12),
        (wide * 0.95, 1.2),
        (0.6 * wide, 1.75),
        (0, 1.95),
        (-0.6 * wide, 1.75),
        (-wide * 0.95, 1.2),
    ]
    return np.array([eyes + x * across + y * down for x, y in corners])


def _hand(points: NDArray[np.float64], size: float, rng: np.random.Generator) -> Outline:
    """An uneven blob over the mouth and at times the nose, with an arm that leads out of the face."""
    nose, mouth = points[2], (points[3] + points[4]) / 2
    centre = mouth + (nose - mouth) * rng.uniform(-0.3, 0.5)
    angles = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    radius = size * rng.uniform(0.24, 0.36) * rng.uniform(0.8, 1.2, 14)
    out = rng.uniform(0.15, 0.85) * math.pi  # the arm comes from below
    radius = np.where(np.abs(angles - out) < 0.45, size * rng.uniform(0.5, 1.0), radius)
    return np.asarray(centre + np.stack([np.cos(angles) * radius, np.sin(angles) * radius], axis=1))


def _thing(box: Floats, rng: np.random.Generator) -> Outline:
    """A rectangle before any part of the face."""
    left, top, right, bottom = (float(v) for v in box)
    wide, high = (right - left) * rng.uniform(0.2, 0.6), (bottom - top) * rng.uniform(0.2, 0.6)
    x, y = rng.uniform(left - wide / 2, right - wide / 2), rng.uniform(top - high / 2, bottom - high / 2)
    return np.array([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)])


def _paint_skin(pixels: Pixels, outline: Outline, rng: np.random.Generator, size: float) -> Pixels:
    """`outline` filled with the mean of what it covers, its edge soft."""
    area = _area(pixels, outline)
    area = cv2.GaussianBlur(area, (0, 0), max(0.4, size * 0.015)).astype(np.float32)
    inside = area > 0.5
    if not inside.any():
        return pixels
    level = pixels[inside].reshape(inside.sum(), -1).mean(axis=0) * rng.uniform(0.75, 1.25)
    relief = _blotches(pixels.shape[:2], rng, size)[..., None]
    return _blend(pixels, level + relief * rng.uniform(4, 22), area)


def _paint(pixels: Pixels, outline: Outline, rng: np.random.Generator, size: float) -> Pixels:
    """`outline` filled: plain, striped, or with another piece of the picture."""
    shape = pixels.shape[:2]
    area = _area(pixels, outline)
    if not (area > 0.5).any():
        return pixels
    if rng.random() < 0.3:
        shift = tuple(int(v) for v in rng.integers(shape[0] // 4, shape[0] // 2, 2))
        return _blend(
            pixels, np.roll(pixels, shift, axis=(0, 1)).reshape(*shape, -1).astype(np.float64), area
        )
    levels = [rng.uniform(150, 255), rng.uniform(0, 255), rng.uniform(0, 60)]
    level = rng.choice(levels, p=(0.5, 0.3, 0.2))
    fill = np.full((*shape, 1), level) + _blotches(shape, rng, size)[..., None] * rng.uniform(0, 18)
    if rng.random() < 0.3:
        rows = np.arange(shape[0])[:, None, None]
        strength, period = rng.uniform(5, 25), max(2.0, size * rng.uniform(0.06, 0.15))
        fill = fill + strength * np.sin(rows * 2 * math.pi / period)
    return _blend(pixels, fill, area)


def _area(pixels: Pixels, outline: Outline) -> Floats:
    """(h, w): 1 within `outline`, 0 elsewhere, in eighths of a pixel."""
    area = np.zeros(pixels.shape[:2], np.float32)
    cv2.fillPoly(area, [np.round(outline * 8).astype(np.int32)], 1.0, cv2.LINE_AA, 3)
    return area


def _blend(pixels: Pixels, fill: NDArray[np.float64], area: Floats) -> Pixels:
    result = pixels.reshape(*pixels.shape[:2], -1) * (1 - area[..., None]) + fill * area[..., None]
    return np.clip(result, 0, 255).astype(np.uint8).reshape(pixels.shape)


def _blotches(shape: tuple[int, ...], rng: np.random.Generator, size: float) -> NDArray[np.float64]:
    """Smooth random relief of deviation about 1, its features a tenth of the face wide."""
    grain = max(2, round(max(shape) / max(3.0, size * 0.12)))
    noise = rng.normal(0, 1, (grain, grain))
    return cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC).astype(np.float64, copy=False)


def _sunglasses(pixels: Pixels, points: NDArray[np.float64], rng: np.random.Generator) -> Pixels:
    across = points[1] - points[0]
    span = float(np.hypot(*across))
    angle = math.degrees(math.atan2(across[1], across[0]))
    dark = (rng.uniform(0, 60),) * 3
    axes = (max(1, round(span * rng.uniform(0.32, 0.46))), max(1, round(span * rng.uniform(0.2, 0.34))))
    drawn = pixels.copy()
    eyes = [(round(float(x)), round(float(y))) for x, y in points[:2]]
    for eye in eyes:
        cv2.ellipse(drawn, eye, axes, angle, 0, 360, dark, -1, cv2.LINE_AA)
    cv2.line(drawn, eyes[0], eyes[1], dark, max(1, round(span * 0.06)), cv2.LINE_AA)
    share = rng.uniform(0.75, 1.0)
    return cv2.addWeighted(drawn, share, pixels, 1 - share, 0).astype(np.uint8, copy=False)
