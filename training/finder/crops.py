"""Draws crops to train the face finder: random parts of photos, turned, scaled, covered, relit, degraded.

Every crop depends on the photos and the random generator alone. Boxes and landmarks follow the same
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
from training.finder.covers import cover
from training.finder.labels import COLUMNS, EMPTY, Matrix, scale_of, transform_labels
from training.finder.light import relight, spoil
from training.finder.photos import LabelledPhoto

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

MOST: Final = 32
"""Most labels of one crop; a crop with more is drawn again."""


@dataclass(frozen=True)
class Crop:
    """`pixels` (side, side) or (side, side, 3) uint8, and (MOST, COLUMNS) labels in its pixels."""

    pixels: Pixels
    labels: Floats


class Cropper:
    """Draws crops from `photos`: three quarters around a face, a quarter from photos without faces."""

    def __init__(self, photos: Sequence[LabelledPhoto]) -> None:
        self._with_faces = [p for p in photos if (~p.ignored).any()]
        self._without_faces = [p for p in photos if not len(p.boxes)] or self._with_faces
        if not self._with_faces:
            raise ValueError("no photo with a face to train on")
        self._pyramids: dict[str, list[Pixels]] = {p.name: _pyramid(p.pixels) for p in photos}

    def draw(self, rng: np.random.Generator, side: int) -> Crop:
        """Draws a crop of `side` × `side` pixels; one in eight is a mosaic of four."""
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
            photo = self._without_faces[rng.integers(len(self._without_faces))]
            matrix = _draw_matrix(photo, rng, side, None)
        else:
            photo = self._with_faces[rng.integers(len(self._with_faces))]
            faces = np.flatnonzero(~photo.ignored)
            matrix = _draw_matrix(photo, rng, side, photo.boxes[rng.choice(faces)])
        pixels = self._warp(photo, matrix, side, rng)
        labels = transform_labels(photo, matrix, side, side)
        labels = labels[labels[:, 0] != EMPTY]
        if len(labels) > MOST:
            return None
        if rng.random() < (0.25 if len(labels) else 0.4):
            pixels = clutter(pixels, labels[:, 1:5], rng)
        pixels = cover(pixels, labels, rng)
        pixels = relight(pixels, labels, rng)
        return Crop(spoil(pixels, rng), _padded(labels))

    def _warp(self, photo: LabelledPhoto, matrix: Matrix, side: int, rng: np.random.Generator) -> Pixels:
        """Warps the photo by `matrix`, from a smaller copy if it shrinks, against aliasing."""
        level = min(max(0, int(-math.log2(scale_of(matrix)) + 0.35)), len(self._pyramids[photo.name]) - 1)
        small = self._pyramids[photo.name][level]
        shrink = np.diag(
            [photo.pixels.shape[1] / small.shape[1], photo.pixels.shape[0] / small.shape[0], 1.0]
        )
        border_mode = cv2.BORDER_REPLICATE if rng.random() < 0.1 else cv2.BORDER_CONSTANT
        grey = float(rng.choice([0, 0, 255, int(rng.integers(256))]))
        return cv2.warpAffine(
            small,
            (matrix @ shrink)[:2],
            (side, side),
            flags=cv2.INTER_LINEAR,
            borderMode=border_mode,
            borderValue=(grey,) * 3,
        ).astype(np.uint8, copy=False)


def _pyramid(pixels: Pixels) -> list[Pixels]:
    """The photo, and up to two copies of half and a quarter of its size."""
    levels = [pixels]
    while min(levels[-1].shape[:2]) > 96 and len(levels) < 3:
        height, width = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(half.astype(np.uint8, copy=False))
    return levels


def _draw_matrix(photo: LabelledPhoto, rng: np.random.Generator, side: int, box: Floats | None) -> Matrix:
    """Draws the transform from photo to crop: position, scale, tilt, mirroring; around `box`, or anywhere."""
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
    at = np.array(
        [
            _draw_position(rng, side, scale, centre[0], width),
            _draw_position(rng, side, scale, centre[1], height),
        ]
    )
    tilt = rng.choice([rng.normal(0, 6), rng.uniform(-25, 25), rng.uniform(-50, 50)], p=[0.6, 0.22, 0.18])
    cos, sin = scale * math.cos(math.radians(tilt)), scale * math.sin(math.radians(tilt))
    turn = np.array([[cos, sin], [-sin, cos]])
    if rng.random() < 0.5:
        turn[0] *= -1
        at[0] = side - at[0]
    return np.column_stack([turn, at - turn @ centre])


def _draw_position(rng: np.random.Generator, side: int, scale: float, centre: float, length: float) -> float:
    """Draws where `centre` lies in the crop, so that the photo fills as much of the crop as it can."""
    least, most = centre * scale, side - (length - centre) * scale  # the photo's edges at the crop's
    low, high = (most, least) if most < least else (least, most)
    wanted = rng.uniform(0.02 * side, 0.98 * side)
    return float(min(max(wanted, low), high))


def _mosaic(parts: Sequence[Crop | None]) -> Crop | None:
    """Joins four crops into one; None if one is missing or their labels are too many."""
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
    rows = [np.concatenate([whole[i].pixels, whole[i + 1].pixels], axis=1) for i in (0, 2)]
    return Crop(np.concatenate(rows), _padded(labels))


def _padded(labels: Floats) -> Floats:
    """Fills the labels up to (MOST, COLUMNS) with EMPTY rows."""
    rows = np.zeros((MOST, COLUMNS), np.float32)
    rows[: len(labels)] = labels
    return rows
