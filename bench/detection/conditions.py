"""Labelled photos made worse, as the photos that people send are; labels follow their pixels."""

import math
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.finder.labels import FACE, transform_labels
from training.finder.light import compressed
from training.finder.photos import LabelledPhoto

Change = Callable[[LabelledPhoto], LabelledPhoto]
CLOTHS: Final = ((225, 205, 165), (45, 40, 40), (235, 235, 235), (120, 60, 70))
"""Blue-green colours in which lower halves are covered, in turn."""


def tilted(photo: LabelledPhoto, degrees: float) -> LabelledPhoto:
    """Turned about its middle, one way or the other; what leaves the picture is ignored."""
    height, width = photo.pixels.shape[:2]
    turn = degrees if _number(photo) % 2 else -degrees
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0), np.float64)
    pixels = cv2.warpAffine(photo.pixels, matrix, (width, height), borderMode=cv2.BORDER_CONSTANT)
    rows = transform_labels(photo, matrix, width, height)
    points = np.where(rows[:, 15:16] > 0, rows[:, 5:15], np.nan).astype(np.float32).reshape(-1, 5, 2)
    return replace(
        photo,
        pixels=np.asarray(pixels, np.uint8),
        boxes=np.concatenate([rows[:, 1:3], rows[:, 3:5] - rows[:, 1:3]], axis=1),
        landmarks=points,
        ignored=rows[:, 0] != FACE,
    )


def darkened(photo: LabelledPhoto, factor: float) -> LabelledPhoto:
    return replace(photo, pixels=(photo.pixels * factor).astype(np.uint8))


def half_covered(photo: LabelledPhoto) -> LabelledPhoto:
    """A cloth from the nose down over every face; those without landmarks are ignored."""
    pixels = photo.pixels.copy()
    known = ~np.isnan(photo.landmarks).any(axis=(1, 2))
    for i in np.flatnonzero(known & ~photo.ignored):
        _hang_cloth(pixels, photo.landmarks[i], CLOTHS[(_number(photo) + int(i)) % len(CLOTHS)])
    covered = np.where(known, np.float32(1), photo.covered).astype(np.float32)
    return replace(photo, pixels=pixels, ignored=photo.ignored | ~known, covered=covered)


def _hang_cloth(pixels: NDArray[np.uint8], points: NDArray[np.float32], colour: tuple[int, int, int]) -> None:
    """Half an ellipse below the tip of the nose, from ear to ear and to under the chin, with two folds."""
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    down = mouth - eyes
    length, angle = float(np.hypot(*down)), math.degrees(math.atan2(-down[0], down[1]))
    top = eyes + 0.55 * down
    middle = (round(float(top[0])), round(float(top[1])))
    wide, high = max(2, round(1.05 * length)), max(2, round(1.25 * length))
    shade = colour if pixels.ndim == 3 else (round(float(np.dot(colour, (0.114, 0.587, 0.299)))),) * 3
    cv2.ellipse(pixels, middle, (wide, high), angle, 0, 180, shade, -1, cv2.LINE_AA)
    fold = tuple(round(0.8 * value) for value in shade)
    for share in (0.35, 0.65):
        axes = (round(0.9 * wide), max(1, round(share * high)))
        cv2.ellipse(pixels, middle, axes, angle, 25, 155, fold, max(1, round(length / 25)), cv2.LINE_AA)


def grey(photo: LabelledPhoto) -> LabelledPhoto:
    """Grey in three channels; a photo that is grey stays as it is."""
    if photo.pixels.ndim == 2:
        return photo
    shades = cv2.cvtColor(photo.pixels, cv2.COLOR_BGR2GRAY)
    return replace(photo, pixels=np.asarray(cv2.cvtColor(shades, cv2.COLOR_GRAY2BGR), np.uint8))


def stored(photo: LabelledPhoto, quality: int) -> LabelledPhoto:
    """As a JPEG of this quality."""
    return replace(photo, pixels=compressed(photo.pixels, quality))


def blurred(photo: LabelledPhoto, sigma: float) -> LabelledPhoto:
    return replace(photo, pixels=np.asarray(cv2.GaussianBlur(photo.pixels, (0, 0), sigma), np.uint8))


def noisy(photo: LabelledPhoto, sigma: float) -> LabelledPhoto:
    noise = np.random.default_rng(_number(photo)).normal(0, sigma, photo.pixels.shape)
    return replace(photo, pixels=np.clip(photo.pixels + noise, 0, 255).astype(np.uint8))


def _number(photo: LabelledPhoto) -> int:
    """The same on every run, and spread evenly."""
    return zlib.crc32(photo.name.encode())


WORSE: Final[dict[str, Change]] = {
    "tilted 20°": partial(tilted, degrees=20),
    "tilted 40°": partial(tilted, degrees=40),
    "darkened (0.3)": partial(darkened, factor=0.3),
    "lower half covered": half_covered,
    "grey": grey,
    "JPEG 30": partial(stored, quality=30),
    "blur (sigma 1.5)": partial(blurred, sigma=1.5),
    "noise (sigma 12)": partial(noisy, sigma=12),
}
