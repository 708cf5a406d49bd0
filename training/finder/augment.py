"""Crops to train the face finder on: a random piece of a photo, turned, scaled, lit, covered and spoiled.

Every crop is a function of the photos and of the random generator alone. Boxes and landmarks follow the same
transform as the pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.finder.clutter import clutter
from training.finder.photos import POINTS, LabelledPhoto

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

MOST: Final = 32
"""Labels that one crop can hold; a crop with more is drawn again."""
COLUMNS: Final = 18
"""Of one label: kind, box (left, top, right, bottom), landmarks (10), has landmarks, covered, its weight."""
EMPTY, FACE, IGNORED = 0.0, 1.0, 2.0
SMALLEST: Final = 8.0
"""A face that becomes smaller than this many pixels is ignored."""
VISIBLE: Final = 0.4
"""Least part of a face's box that must lie inside the crop; less is ignored."""
MIRRORED: Final = [1, 0, 2, 4, 3]
"""The landmarks of a mirrored face, in the order of POINTS."""


@dataclass(frozen=True)
class Crop:
    """`pixels` (side, side) or (side, side, 3) uint8, and (MOST, COLUMNS) labels in its pixels."""

    pixels: Pixels
    labels: Floats


class Cropper:
    """Draws crops from `photos`: about three quarters about a face, the others from photos without faces."""

    def __init__(self, photos: Sequence[LabelledPhoto]) -> None:
        self._with = [p for p in photos if (~p.ignored).any()]
        self._without = [p for p in photos if not len(p.boxes)] or self._with
        if not self._with:
            raise ValueError("no photo with a face to train on")
        self._small: dict[str, list[Pixels]] = {p.name: _pyramid(p.pixels) for p in photos}

    def draw(self, rng: np.random.Generator, side: int) -> Crop:
        """A crop of `side` × `side` pixels; one in eight is a mosaic of four."""
        for _ in range(8):
            if rng.random() < 0.12:
                half = side // 2
                crop = _mosaic([self._single(rng, half) for _ in range(4)])
            else:
                crop = self._single(rng, side)
            if crop is not None:
                return crop
        raise ValueError("the photos hold too many faces for one crop")

    def _single(self, rng: np.random.Generator, side: int) -> Crop | None:
        if rng.random() < 0.25:
            photo = self._without[rng.integers(len(self._without))]
            matrix = _view(photo, rng, side, None)
        else:
            photo = self._with[rng.integers(len(self._with))]
            faces = np.flatnonzero(~photo.ignored)
            matrix = _view(photo, rng, side, photo.boxes[rng.choice(faces)])
        pixels = self._warp(photo, matrix, side, rng)
        labels = transform_labels(photo, matrix, side)
        if len(labels) > MOST:
            return None
        if rng.random() < (0.25 if len(labels) else 0.4):
            pixels = clutter(pixels, labels[:, 1:5], rng)
        pixels, labels = _cover(pixels, labels, rng)
        pixels = _light(pixels, labels, rng)
        pixels = _spoil(pixels, rng)
        padded = np.zeros((MOST, COLUMNS), np.float32)
        padded[: len(labels)] = labels
        return Crop(pixels, padded)

    def _warp(
        self, photo: LabelledPhoto, matrix: NDArray[np.float64], side: int, rng: np.random.Generator
    ) -> Pixels:
        """The photo through `matrix`, read from a smaller copy of it where the crop is smaller: no aliasing."""
        scale = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
        level = min(max(0, int(-math.log2(scale) + 0.35)), len(self._small[photo.name]) - 1)
        small = self._small[photo.name][level]
        shrink = np.diag(
            [photo.pixels.shape[1] / small.shape[1], photo.pixels.shape[0] / small.shape[0], 1.0]
        )
        border = (cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101, cv2.BORDER_CONSTANT)[
            rng.choice(3, p=(0.08, 0.02, 0.9))
        ]
        if border == cv2.BORDER_REFLECT_101:  # would mirror faces into places without a label
            border = cv2.BORDER_REPLICATE
        grey = float(rng.choice([0, 0, 255, rng.integers(256)]))
        return cv2.warpAffine(
            small,
            (matrix @ shrink)[:2],
            (side, side),
            flags=cv2.INTER_LINEAR,
            borderMode=border,
            borderValue=(grey,) * 3,
        ).astype(np.uint8, copy=False)


def _pyramid(pixels: Pixels) -> list[Pixels]:
    levels = [pixels]
    while min(levels[-1].shape[:2]) > 96 and len(levels) < 3:
        height, width = levels[-1].shape[:2]
        levels.append(
            cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA).astype(np.uint8)
        )
    return levels


def _view(
    photo: LabelledPhoto, rng: np.random.Generator, side: int, box: Floats | None
) -> NDArray[np.float64]:
    """(2, 3): from the photo's pixels to the crop's. Scale 0.3 to 2, tilt up to 50°, mirrored half the time."""
    height, width = photo.pixels.shape[:2]
    if box is None:
        scale = side / max(height, width) * math.exp(rng.uniform(-0.1, 1.0))
        centre = np.array([rng.uniform(0, width), rng.uniform(0, height)])
    else:
        wanted = math.exp(rng.uniform(math.log(9.0), math.log(0.55 * side)))
        if rng.random() < 0.08:
            wanted = rng.uniform(0.55, 1.1) * side  # faces that fill the picture
        scale = wanted / max(float(box[2]), float(box[3]))
        centre = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2], np.float64)
    scale = min(max(scale, 0.3), 2.5)
    scale = max(scale, 0.75 * side / max(height, width))  # the photo stays three quarters of the crop
    at = np.array([_place(rng, side, scale, centre[0], width), _place(rng, side, scale, centre[1], height)])
    tilt = rng.choice([rng.normal(0, 6), rng.uniform(-25, 25), rng.uniform(-50, 50)], p=[0.6, 0.22, 0.18])
    cos, sin = scale * math.cos(math.radians(tilt)), scale * math.sin(math.radians(tilt))
    turn = np.array([[cos, sin], [-sin, cos]])
    if rng.random() < 0.5:
        turn[0] *= -1
        at[0] = side - at[0]
    return np.column_stack([turn, at - turn @ centre])


def _place(rng: np.random.Generator, side: int, scale: float, centre: float, length: float) -> float:
    """Where in the crop `centre` comes to lie: anywhere, while the photo fills as much of it as it can."""
    least, most = centre * scale, side - (length - centre) * scale  # the photo's edges at the crop's
    low, high = (most, least) if most < least else (least, most)
    wish = rng.uniform(0.02 * side, 0.98 * side)
    return float(min(max(wish, low), high))


def transform_labels(photo: LabelledPhoto, matrix: NDArray[np.float64], side: int) -> Floats:
    """(n, COLUMNS): the photo's labels that reach into the crop, in its pixels."""
    rows = []
    mirrored = np.linalg.det(matrix[:, :2]) < 0
    scale = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    for box, points, ignored, covered in zip(
        photo.boxes, photo.landmarks, photo.ignored, photo.covered, strict=True
    ):
        known = not np.isnan(points).any()
        moved = points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
        middle = matrix[:, :2] @ (box[:2] + box[2:] / 2) + matrix[:, 2]
        if mirrored:
            moved = moved[MIRRORED]
        half = turned_size(box[2:], points, moved) * scale / 2 if known else _corners(box[2:], matrix) / 2
        low, high = middle - half, middle + half
        inside = np.clip(high, 0, side) - np.clip(low, 0, side)
        if (inside <= 0).any():
            continue
        part = float(np.prod(inside) / np.prod(high - low))
        centre_in = bool(((middle > 0) & (middle < side)).all())
        is_face = not ignored and 2 * half.max() >= SMALLEST and part >= VISIBLE and centre_in
        row = np.zeros(COLUMNS, np.float32)
        row[0] = FACE if is_face else IGNORED
        row[1:5] = *low, *high
        if known:
            row[5:15], row[15] = moved.ravel(), 1.0
        row[16:18] = (0.0, 0.0) if np.isnan(covered) else (covered, 1.0)
        rows.append(row)
    return np.array(rows, np.float32).reshape(-1, COLUMNS)


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


def _corners(size: Floats, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(matrix[:, :2]) @ size.astype(np.float64))


def _mosaic(parts: list[Crop | None]) -> Crop | None:
    whole = [part for part in parts if part is not None]
    if len(whole) < 4:
        return None
    half = whole[0].pixels.shape[0]
    kept = []
    for part, (dx, dy) in zip(whole, ((0, 0), (half, 0), (0, half), (half, half)), strict=True):
        labels = part.labels[part.labels[:, 0] != EMPTY].copy()
        labels[:, 1:15:2] += dx
        labels[:, 2:15:2] += dy
        kept.append(labels)
    labels = np.concatenate(kept)
    if len(labels) > MOST:
        return None
    padded = np.zeros((MOST, COLUMNS), np.float32)
    padded[: len(labels)] = labels
    rows = [np.concatenate([whole[i].pixels, whole[i + 1].pixels], axis=1) for i in (0, 2)]
    return Crop(np.concatenate(rows), padded)


def _cover(pixels: Pixels, labels: Floats, rng: np.random.Generator) -> tuple[Pixels, Floats]:
    """Some faces with a mask or a hand over the lower half, sunglasses, or a thing before any part."""
    for i in np.flatnonzero((labels[:, 0] == FACE) & (labels[:, 15] == 1)):
        if rng.random() > 0.22:
            continue
        points = labels[i, 5:15].reshape(5, 2).astype(np.float64)
        size = math.sqrt(float((labels[i, 3] - labels[i, 1]) * (labels[i, 4] - labels[i, 2])))
        kind = rng.choice(4, p=(0.3, 0.3, 0.2, 0.2))
        if kind == 0:
            pixels = _paint(pixels, _mask_outline(points, rng), rng, size, soft=False)
        elif kind == 1:
            pixels = _paint(pixels, _hand_outline(points, size, rng), rng, size, soft=True)
        elif kind == 2:
            pixels = _sunglasses(pixels, points, rng)
        else:
            pixels = _paint(pixels, _thing_outline(labels[i, 1:5], rng), rng, size, soft=False)
        if kind <= 1:
            labels[i, 16:18] = 1.0, 1.0
        elif kind == 3:
            labels[i, 17] = 0.0
    return pixels, labels


def _mask_outline(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A mask from the bridge of the nose, or from under it, to below the chin."""
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


def _hand_outline(points: NDArray[np.float64], size: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """An uneven blob over the mouth and at times the nose, with a trunk that leads out of the face."""
    nose, mouth = points[2], (points[3] + points[4]) / 2
    centre = mouth + (nose - mouth) * rng.uniform(-0.3, 0.5)
    angles = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    radius = size * rng.uniform(0.24, 0.36) * rng.uniform(0.8, 1.2, 14)
    out = rng.uniform(0.15, 0.85) * math.pi  # the arm comes from below
    radius = np.where(np.abs(angles - out) < 0.45, size * rng.uniform(0.5, 1.0), radius)
    return centre + np.stack([np.cos(angles) * radius, np.sin(angles) * radius], axis=1)


def _thing_outline(box: Floats, rng: np.random.Generator) -> NDArray[np.float64]:
    left, top, right, bottom = (float(v) for v in box)
    wide, high = (right - left) * rng.uniform(0.2, 0.6), (bottom - top) * rng.uniform(0.2, 0.6)
    x, y = rng.uniform(left - wide / 2, right - wide / 2), rng.uniform(top - high / 2, bottom - high / 2)
    return np.array([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)])


def _paint(
    pixels: Pixels, outline: NDArray[np.float64], rng: np.random.Generator, size: float, *, soft: bool
) -> Pixels:
    """`outline` filled: plain, striped, with a piece of the picture, or, `soft`, with the skin's own grey."""
    area = np.zeros(pixels.shape[:2], np.float32)
    cv2.fillPoly(area, [np.round(outline * 8).astype(np.int32)], 1.0, cv2.LINE_AA, 3)
    if soft:
        area = cv2.GaussianBlur(area, (0, 0), max(0.4, size * 0.015)).astype(np.float32)
    inside = area > 0.5
    if not inside.any():
        return pixels
    skin = pixels[inside].reshape(-1, pixels.ndim - 1 and pixels.shape[-1] if pixels.ndim == 3 else 1)
    if soft:
        level = skin.mean(axis=0) * rng.uniform(0.75, 1.25)
        fill = level + _blotches(pixels.shape[:2], rng, size)[..., None] * rng.uniform(4, 22)
    elif rng.random() < 0.3:
        shift = tuple(int(v) for v in rng.integers(pixels.shape[0] // 4, pixels.shape[0] // 2, 2))
        fill = np.roll(pixels, shift, axis=(0, 1)).reshape(*pixels.shape[:2], -1).astype(np.float64)
    else:
        level = rng.choice(
            [rng.uniform(150, 255), rng.uniform(0, 255), rng.uniform(0, 60)], p=(0.5, 0.3, 0.2)
        )
        fill = np.full((*pixels.shape[:2], 1), level) + _blotches(pixels.shape[:2], rng, size)[
            ..., None
        ] * rng.uniform(0, 18)
        if rng.random() < 0.3:
            rows = np.arange(pixels.shape[0])[:, None, None]
            fill = fill + rng.uniform(5, 25) * np.sin(
                rows * 2 * math.pi / max(2.0, size * rng.uniform(0.06, 0.15))
            )
    result = pixels.reshape(*pixels.shape[:2], -1) * (1 - area[..., None]) + fill * area[..., None]
    return np.clip(result, 0, 255).astype(np.uint8).reshape(pixels.shape)


def _blotches(shape: tuple[int, ...], rng: np.random.Generator, size: float) -> NDArray[np.float64]:
    """Smooth random relief of deviation about 1, its features a tenth of the face wide."""
    grain = max(2, round(max(shape) / max(3.0, size * 0.12)))
    return np.asarray(
        cv2.resize(rng.normal(0, 1, (grain, grain)), shape[::-1], interpolation=cv2.INTER_CUBIC)
    )


def _sunglasses(pixels: Pixels, points: NDArray[np.float64], rng: np.random.Generator) -> Pixels:
    across = points[1] - points[0]
    span = float(np.hypot(*across))
    angle = math.degrees(math.atan2(across[1], across[0]))
    dark = rng.uniform(0, 60)
    axes = (max(1, round(span * rng.uniform(0.32, 0.46))), max(1, round(span * rng.uniform(0.2, 0.34))))
    drawn = pixels.copy()
    for eye in points[:2]:
        centre = (round(float(eye[0])), round(float(eye[1])))
        cv2.ellipse(drawn, centre, axes, angle, 0, 360, (dark,) * 3, -1, cv2.LINE_AA)
    ends = [(round(float(p[0])), round(float(p[1]))) for p in points[:2]]
    cv2.line(drawn, ends[0], ends[1], (dark,) * 3, max(1, round(span * 0.06)), cv2.LINE_AA)
    share = rng.uniform(0.75, 1.0)
    return cv2.addWeighted(drawn, share, pixels, 1 - share, 0).astype(np.uint8)


def _light(pixels: Pixels, labels: Floats, rng: np.random.Generator) -> Pixels:
    """Brightness 0.2 to 3, gamma, a gradient across the picture, a bright wall behind or black around a face."""
    values = pixels.astype(np.float32)
    shape = pixels.shape[:2]
    kind = rng.random()
    faces = labels[labels[:, 0] == FACE] if len(labels) else labels
    if kind < 0.06 and len(faces):
        values = _around(values, shape, faces, rng, bright=rng.random() < 0.5)
    if rng.random() < 0.3:
        angle, strength = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 0.8)
        ys, xs = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
        ramp = (1 + strength * (xs * math.cos(angle) + ys * math.sin(angle))).astype(np.float32)
        values = values * (ramp if values.ndim == 2 else ramp[..., None])
    if rng.random() < 0.6:
        extreme = rng.random() < 0.25
        gain = (
            math.exp(rng.uniform(math.log(0.2), math.log(3.0)))
            if extreme
            else math.exp(rng.uniform(-0.4, 0.4))
        )
        contrast = rng.uniform(0.5, 1.3)
        middle = float(values.mean())
        values = gain * ((values - middle) * contrast + middle)
    if rng.random() < 0.3:
        gamma = math.exp(rng.uniform(-0.7, 0.7))
        values = 255 * (np.clip(values, 0, 255) / 255) ** gamma
    if values.ndim == 3 and rng.random() < 0.5:
        values = _tint(values, rng)
    return np.clip(values, 0, 255).astype(np.uint8)


def _tint(values: Floats, rng: np.random.Generator) -> Floats:
    """Colour photos: a cast of light, or turned grey."""
    if rng.random() < 0.3:
        grey = values @ np.array([0.114, 0.587, 0.299], np.float32)
        return np.repeat(grey[..., None], 3, axis=2)
    return np.asarray(values * rng.uniform(0.75, 1.25, 3).astype(np.float32), np.float32)


def _around(
    values: Floats, shape: tuple[int, ...], faces: Floats, rng: np.random.Generator, *, bright: bool
) -> Floats:
    """Black around lit faces, or dark faces before a bright background."""
    near = np.zeros(shape, np.float32)
    grow = rng.uniform(0.62, 1.0)
    for left, top, right, bottom in faces[:, 1:5]:
        centre = (round(float(left + right) / 2), round(float(top + bottom) / 2))
        axes = (max(1, round(float(right - left) * grow)), max(1, round(float(bottom - top) * grow)))
        cv2.ellipse(near, centre, axes, 0, 0, 360, 1.0, -1)
    soft = max(1.0, 0.1 * float((faces[:, 3] - faces[:, 1]).mean()))
    near = cv2.GaussianBlur(near, (0, 0), soft).astype(np.float32)
    near = near if values.ndim == 2 else near[..., None]
    if bright:
        dark = values * rng.uniform(0.2, 0.5)
        wall = np.float32(rng.uniform(170, 255)) + 0.3 * (values - values.mean())
        return np.asarray(near * dark + (1 - near) * wall, np.float32)
    return np.asarray(values * (near + (1 - near) * np.float32(rng.uniform(0, 0.12))), np.float32)


def _spoil(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Blur, noise, a low resolution, JPEG of quality 20 to 95."""
    side = pixels.shape[0]
    if rng.random() < 0.15:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.8)).astype(np.uint8)
    elif rng.random() < 0.08:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        if rng.random() < 0.5:
            kernel = kernel.T
        pixels = cv2.filter2D(pixels, -1, kernel).astype(np.uint8)
    if rng.random() < 0.06:
        small = max(16, round(side * rng.uniform(0.4, 0.8)))
        low = cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(low, (side, side), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    if rng.random() < 0.25:
        noise = np.empty(pixels.shape, np.int16)
        cv2.setRNGSeed(int(rng.integers(2**31)))
        cv2.randn(noise, 0, float(rng.uniform(2, 18)))
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 96))]
        flag = cv2.IMREAD_COLOR if pixels.ndim == 3 else cv2.IMREAD_GRAYSCALE
        pixels = cv2.imdecode(cv2.imencode(".jpg", pixels, quality)[1], flag).astype(np.uint8)
    return pixels


__all__ = [
    "COLUMNS",
    "EMPTY",
    "FACE",
    "IGNORED",
    "MOST",
    "POINTS",
    "Crop",
    "Cropper",
    "roll",
    "transform_labels",
    "turned_size",
]
