"""Training whose augmentation and teachers run on the accelerator too, under any Keras backend.

The faces lie in the accelerator's memory; a step gets the numbers of its rows and nothing else.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from services.inference.align import TEMPLATE
from training.dataset import SIDE
from training.network.augment import (
    COARSEST,
    MAX_BLUR_SIGMA,
    MAX_NOISE_SIGMA,
    REGISTERED_SPREAD,
    Augmentation,
)
from training.network.batches import Recipe
from training.network.targets import HAPPY, NEUTRAL, SMILE, targets
from training.network.views import views
from training.registered import FRAME, Registered

Tensor = Any
REACH: Final = 4
"""Pixels on each side of one that a blur takes in."""
COARSE_SIDES: Final = (COARSEST, 24, 32, 40)


class Random:
    """Uniform and normal numbers for a batch."""

    def __init__(self, batch: int, seed: keras.random.SeedGenerator) -> None:
        self._batch, self._seed = batch, seed

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return keras.random.uniform((self._batch, *shape), low, high, dtype="float32", seed=self._seed)

    def normal(self, *shape: int) -> Tensor:
        return keras.random.normal((self._batch, *shape), dtype="float32", seed=self._seed)

    def chance(self, probability: float, *shape: int) -> Tensor:
        """1 with this probability, else 0."""
        return ops.cast(self.uniform(0, 1, *shape) < probability, "float32")


def augment(
    frames: Tensor, points: Tensor, known: Tensor, rng: Random, how: Augmentation
) -> tuple[Tensor, Tensor]:
    """As `augment.augment`: (b, FRAME, FRAME, 1) float and (b, 5, 2) points, `known` (b,) 0 or 1.

    Clear and spoilt views, (b, SIDE, SIDE, 1) float32 0–255.
    """
    clear = _relight(_warp(frames, points, known, rng, how), rng, how)
    return clear, _spoil(clear, rng, how)


def _warp(frames: Tensor, points: Tensor, known: Tensor, rng: Random, how: Augmentation) -> Tensor:
    jitter = rng.normal(5, 2) * (how.landmarks * SIDE)
    x, y, square, tilt = _register(ops.where(known[:, None, None] > 0, points + jitter, 1.0))
    by_landmarks = known * rng.chance(how.registered)
    spread = 1 - (1 - REGISTERED_SPREAD) * by_landmarks
    middle = ops.stack([x, y], axis=1) * by_landmarks[:, None] + FRAME / 2 * (1 - by_landmarks[:, None])
    square = square * by_landmarks + SIDE * (1 - by_landmarks)
    turn = math.radians(how.rotation_degrees)
    tilt = tilt * by_landmarks + spread * rng.uniform(-turn, turn)
    shrink = square / SIDE / (1 + spread * rng.uniform(-how.scale, how.scale))
    target = SIDE * (0.5 + spread[:, None] * rng.uniform(-how.shift, how.shift, 2))
    mirror = 1 - 2 * rng.chance(how.flip)
    cos, sin = ops.cos(tilt) * shrink, ops.sin(tilt) * shrink
    a, b, c, d = cos * mirror, -sin, sin * mirror, cos  # from pixels of the crop to those of the frame
    u = ops.where(mirror < 0, SIDE - target[:, 0], target[:, 0]) - 0.5
    v = target[:, 1] - 0.5
    zero = ops.zeros_like(u)
    rows = [a, b, middle[:, 0] - 0.5 - a * u - b * v, c, d, middle[:, 1] - 0.5 - c * u - d * v, zero, zero]
    warped = ops.image.affine_transform(
        frames, ops.stack(rows, axis=1), interpolation="bilinear", fill_mode="reflect"
    )
    return warped[:, :SIDE, :SIDE]


def _register(points: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """`align.register` of (b, 5, 2): middle x and y, side, tilt in radians."""
    template = np.array(TEMPLATE, np.float32)
    centre = template.mean(axis=0)
    p, mean = template - centre, ops.mean(points, axis=1)
    q = points - mean[:, None]
    norm = float((p**2).sum())
    cos = ops.sum(p[None] * q, axis=(1, 2)) / norm
    sin = ops.sum(p[None, :, 0] * q[..., 1] - p[None, :, 1] * q[..., 0], axis=1) / norm
    off = 0.5 - centre
    x = mean[:, 0] + cos * off[0] - sin * off[1]
    y = mean[:, 1] + sin * off[0] + cos * off[1]
    return x, y, ops.sqrt(cos**2 + sin**2 + 1e-12), ops.arctan2(sin, cos)


def _relight(faces: Tensor, rng: Random, how: Augmentation) -> Tensor:
    gain = rng.uniform(1 - how.contrast, 1 + how.contrast, 1, 1, 1)
    offset = 255 * rng.uniform(-how.brightness, how.brightness, 1, 1, 1)
    mean = ops.mean(faces, axis=(1, 2, 3), keepdims=True)
    return ops.clip((faces - mean) * gain + mean + offset, 0.0, 255.0)


def _spoil(faces: Tensor, rng: Random, how: Augmentation) -> Tensor:
    """Coarser, blurred, noisy, with erased parts: each with its probability."""
    chosen = rng.uniform(0, len(COARSE_SIDES), 1, 1, 1)
    coarse = rng.chance(how.coarse, 1, 1, 1)
    spoilt = faces
    for i, side in enumerate(COARSE_SIDES):
        small = ops.image.resize(faces, (side, side), antialias=True)
        large = ops.image.resize(small, (SIDE, SIDE))
        spoilt = ops.where((coarse > 0) & (ops.floor(chosen) == i), large, spoilt)
    spoilt = ops.where(rng.chance(how.blur, 1, 1, 1) > 0, _blur(spoilt, rng), spoilt)
    noise = rng.normal(SIDE, SIDE, 1) * rng.uniform(0, MAX_NOISE_SIGMA, 1, 1, 1)
    spoilt = ops.clip(spoilt + noise * rng.chance(how.noise, 1, 1, 1), 0.0, 255.0)
    return _erase(spoilt, rng, how)


def _blur(faces: Tensor, rng: Random) -> Tensor:
    """Each by a Gaussian of its own width."""
    sigma = rng.uniform(0.3, MAX_BLUR_SIGMA, 1, 1, 1)
    for axis in (1, 2):
        pads = [(REACH, REACH) if i == axis else (0, 0) for i in range(4)]
        padded = ops.pad(faces, pads, mode="reflect")
        total, weights = 0.0, 0.0
        for shift in range(-REACH, REACH + 1):
            weight = ops.exp(-(shift**2) / (2 * sigma**2))
            start = REACH + shift
            part = padded[:, start : start + SIDE] if axis == 1 else padded[:, :, start : start + SIDE]
            total, weights = total + weight * part, weights + weight
        faces = total / weights
    return faces


def _erase(faces: Tensor, rng: Random, how: Augmentation) -> Tensor:
    """A rectangle of 4–20% of the area gets one grey value."""
    area, ratio = rng.uniform(0.04, 0.2), ops.exp(rng.uniform(-0.7, 0.7))
    height, width = ops.sqrt(area * ratio) * SIDE, ops.sqrt(area / ratio) * SIDE
    top, left = rng.uniform(0, 1) * (SIDE - height), rng.uniform(0, 1) * (SIDE - width)
    places = ops.arange(SIDE, dtype="float32")[None]
    rows = (places >= top[:, None]) & (places < (top + height)[:, None])
    columns = (places >= left[:, None]) & (places < (left + width)[:, None])
    inside = (rows[:, :, None] & columns[:, None, :])[..., None]
    erased = inside & (rng.chance(how.erase, 1, 1, 1) > 0)
    return ops.where(erased, rng.uniform(0, 255, 1, 1, 1), faces)


class OnDevice(keras.Model):  # type: ignore[misc]  # keras ships no type information
    """A student, its teachers and its faces. Takes (b,) row numbers; its loss is added, it returns nothing.

    Without teachers the targets are labels and votes alone.
    """

    def __init__(
        self,
        student: keras.Model,
        teachers: Sequence[keras.Model],
        faces: Registered,
        recipe: Recipe,
        seed: int,
    ) -> None:
        super().__init__()
        self.student, self.teachers = student, list(teachers)
        self.recipe, self.augmentation = recipe, recipe.augmentation
        for teacher in self.teachers:
            teacher.trainable = False
        self._seed = keras.random.SeedGenerator(seed)
        known = np.asarray(~np.isnan(faces.points).any(axis=(1, 2)))
        by_head = targets(faces, recipe.smoothing, recipe.expressions_weight)
        wanted = {name: by_head[name] for name in student.output_names}
        self._frames = self._kept(faces.images[..., None], "uint8")
        self._points = self._kept(np.nan_to_num(faces.points), "float32")
        self._known = self._kept(known, "float32")
        self._shares = {name: self._kept(target.shares, "float32") for name, target in wanted.items()}
        self._weights = {name: self._kept(target.weight, "float32") for name, target in wanted.items()}
        self._outside = self._kept(wanted["label"].outside, "float32")

    def _kept(self, values: NDArray[Any], dtype: str) -> keras.Variable:
        weight = self.add_weight(shape=values.shape, dtype=dtype, trainable=False, initializer="zeros")
        weight.assign(values.astype(dtype))
        return weight

    def call(self, rows: Tensor, training: bool | None = None) -> Tensor:
        rng = Random(rows.shape[0] or ops.shape(rows)[0], self._seed)
        frames, points, known = (
            ops.take(kept, rows, axis=0) for kept in (self._frames, self._points, self._known)
        )
        clear, spoilt = augment(ops.cast(frames, "float32"), points, known, rng, self.augmentation)
        shares, weights = self._targets(rows, clear)
        for name, answer in self.student(spoilt, training=training).items():
            surprise = -ops.sum(shares[name] * ops.log(ops.clip(answer, 1e-7, 1.0)), axis=1)
            importance = self.recipe.votes_weight if name == "votes" else 1.0
            self.add_loss(importance * ops.mean(weights[name] * surprise))
        return rows

    def _targets(self, rows: Tensor, clear: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """`targets.mix` with the mean of the teachers' answers to their views of the clear faces."""
        shares = {name: ops.take(kept, rows, axis=0) for name, kept in self._shares.items()}
        weights = {name: ops.take(kept, rows, axis=0) for name, kept in self._weights.items()}
        if not self.teachers:
            return shares, weights
        answers = [t(view, training=False) for t in self.teachers for view in views(clear, t.name)]
        word = {name: ops.stop_gradient(sum(a[name] for a in answers) / len(answers)) for name in answers[0]}
        outside = ops.take(self._outside, rows, axis=0)
        neutral = ops.cast(ops.argmax(shares["label"], axis=1) == NEUTRAL, "float32")
        smiles = outside * neutral * ops.cast(word["label"][:, HAPPY] > SMILE, "float32")
        alone = word | {"label": (word["label"] + word["votes"]) / 2}
        for name, target in shares.items():
            known = ops.cast(weights[name] > 0, "float32")
            taught = (self.recipe.teacher_share * (1 - outside))[:, None]
            both = (1 - taught) * target + taught * word[name]
            shares[name] = ops.where(known[:, None] > 0, both, alone[name])
            weights[name] = ops.where(known > 0, weights[name], self.recipe.expressions_weight) * (1 - smiles)
        return shares, weights
