"""Runs the face finder, a small network, on a picture or a part of it, and decodes its output.

The network gives 16 numbers for each cell of three grids (strides 8, 16, 32): the score's logit; the middle
of the box as an offset from the cell's, and the logarithms of its width and height; five landmarks as
offsets; the logit of a covered lower half. Offsets and sizes are in strides.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.inference.runtime import Model, Network

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]
Shape = tuple[int, int]
"""Height and width in pixels, multiples of 32."""

STRIDES: Final = (8, 16, 32)
"""Pixels between two cells of each grid."""
WIDE: Final[Shape] = (288, 352)
TALL: Final[Shape] = (352, 288)
NEAR: Final[Shape] = (160, 160)
"""For a look at one face and its surroundings."""
ALONE: Final[Shape] = (96, 96)
"""For a look at one face alone."""
SAME: Final = 0.4
"""Boxes that overlap by at least this (intersection over union) are one face."""
NESTED: Final = 0.8
"""A box of which at least this part lies within a better one belongs to that face."""
SIZES: Final = (8, 128)
"""Pixels; beyond them size no longer changes the calibrated score."""
MIDDLE: Final = 32
"""Pixels; at this size the calibration adds nothing for the size."""
WEAKEST: Final = -1.0
"""Least logit of a cell that is decoded."""


@dataclass(frozen=True)
class Found:
    """n faces in pixels of one picture, best first."""

    scores: Floats
    """(n,) log-odds of being a face."""
    boxes: Floats
    """(n, 4): left, top, right, bottom."""
    landmarks: Floats
    """(n, 5, 2): right eye, left eye, nose, right and left corner of the mouth; x, y."""
    covered: Floats
    """(n,) log-odds of a covered lower half."""

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def sizes(self) -> Floats:
        """(n,) geometric mean of width and height."""
        sizes: Floats = np.sqrt(np.prod(self.boxes[:, 2:] - self.boxes[:, :2], axis=1))
        return sizes

    def only(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Found":
        return Found(self.scores[rows], self.boxes[rows], self.landmarks[rows], self.covered[rows])

    def moved(self, scale: float, x: float, y: float) -> "Found":
        """The same faces in pixels of a picture that holds this one at (x, y), `scale` times as large."""
        shift = np.array([x, y], np.float32)
        boxes = self.boxes * np.float32(scale) + np.tile(shift, 2)
        return Found(self.scores, boxes, self.landmarks * np.float32(scale) + shift, self.covered)

    @staticmethod
    def join(parts: "list[Found]") -> "Found":
        return Found(
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.landmarks for part in parts]),
            np.concatenate([part.covered for part in parts]),
        )


NOTHING: Final = Found(*(np.zeros(shape, np.float32) for shape in (0, (0, 4), (0, 5, 2), 0)))


@dataclass(frozen=True)
class Calibration:
    """Turns the network's logit and the face's size into log-odds of being a face; values from the card."""

    constant: float = 0.0
    per_logit: float = 1.0
    per_size: float = 0.0
    """Per unit of the logarithm of the size."""
    threshold: float = 0.0
    """Log-odds from which a box counts as a face."""
    covered_from: float = 0.0
    """Log-odds from which a lower half counts as covered."""
    closer: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 0.0)
    """Of a box that had looks of its own: a constant, and the weights of its log-odds before, of those in
    them, and of the logarithm of its size."""

    def apply(self, found: Found) -> Found:
        scores = self.constant + self.per_logit * found.scores + self.per_size * relative_size(found.sizes)
        return Found(scores.astype(np.float32), found.boxes, found.landmarks, found.covered)

    def apply_closer(self, before: Floats, closer: Floats, sizes: Floats) -> Floats:
        """(n,) log-odds by those `before` a look of its own and in it, and sizes in pixels of the picture."""
        constant, per_score, per_look, per_size = self.closer
        scores = constant + per_score * before + per_look * closer + per_size * relative_size(sizes)
        return np.asarray(scores, np.float32)


def relative_size(sizes: Floats) -> Floats:
    """Logarithms of sizes in pixels, 0 at MIDDLE; beyond SIZES they no longer change."""
    relative: Floats = np.log(np.clip(sizes, *SIZES) / MIDDLE)
    return relative


class Finder:
    """Runs the network at a few fixed sizes, with an interpreter for each. Not thread-safe."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.calibration = Calibration(**model.card["calibration"])
        self._networks: dict[Shape, tuple[Network, Floats]] = {}

    def look(self, grey: Grey, shape: Shape) -> Found:
        """Finds faces in (h, w) grey, no larger than `shape`: in its pixels, with calibrated scores."""
        height, width = grey.shape
        if shape not in self._networks:
            self._networks[shape] = Network(self._model, (1, *shape, 1)), np.zeros((1, *shape, 1), np.float32)
        network, pixels = self._networks[shape]
        pixels[0, :height, :width, 0] = grey
        pixels[0, height:, :, 0] = pixels[0, :, width:, 0] = 0
        network.run(pixels)
        (output,) = network.outputs.values()
        return self.calibration.apply(read(network.result(output)[0], shape))


@lru_cache(maxsize=8)
def _cells(shape: Shape) -> tuple[Floats, Floats]:
    """(cells, 2) middles in pixels and (cells, 1) strides, for a picture of this size."""
    middles, strides = [], []
    for stride in STRIDES:
        ys, xs = np.mgrid[0 : shape[0] // stride, 0 : shape[1] // stride]
        middles.append(np.stack([xs.ravel() + 0.5, ys.ravel() + 0.5], axis=1) * stride)
        strides.append(np.full((xs.size, 1), stride))
    return np.concatenate(middles).astype(np.float32), np.concatenate(strides).astype(np.float32)


def read(numbers: Floats, shape: Shape, weakest: float = WEAKEST) -> Found:
    """Decodes (cells, 16) of a picture of `shape`: its faces with a logit of at least `weakest`, merged."""
    chosen = np.flatnonzero(numbers[:, 0] >= weakest)
    rows = numbers[chosen]
    middles, strides = (values[chosen] for values in _cells(shape))
    centres = middles + rows[:, 1:3] * strides
    half = np.exp(np.clip(rows[:, 3:5], -4.0, 5.0)) * strides / 2
    points = middles[:, None] + rows[:, 5:15].reshape(-1, 5, 2) * strides[:, None]
    boxes = np.concatenate([centres - half, centres + half], axis=1)
    return merged(Found(rows[:, 0], boxes, points, rows[:, 15]))


def merged(found: Found) -> Found:
    """Merges boxes that overlap into one: with the best one's score and the strong ones' mean position."""
    if len(found) < 2:
        return found
    found = found.only(np.argsort(-found.scores, kind="stable"))
    weights = 1 / (1 + np.exp(-found.scores))
    overlap, inside = overlaps(found.boxes)
    left = np.ones(len(found), np.bool_)
    best, shares = [], []
    for i in range(len(found)):
        if left[i]:
            same = left & (overlap[i] >= SAME)
            share = weights * (same & (weights >= 0.5 * weights[i]))
            best.append(i)
            shares.append(share / share.sum())
            left &= ~(same | (inside[i] >= NESTED))
    mean = np.array(shares, np.float32)
    landmarks = (mean @ found.landmarks.reshape(len(found), -1)).reshape(-1, *found.landmarks.shape[1:])
    return Found(found.scores[best], mean @ found.boxes, landmarks, mean @ found.covered)


def overlaps(boxes: Floats, others: Floats | None = None) -> tuple[Floats, Floats]:
    """(n, m) intersections of boxes with others, or themselves: over the union, and over the others' area."""
    left, top, right, bottom = boxes.T[:, :, None]
    x0, y0, x1, y1 = (boxes if others is None else others).T
    wide = np.maximum(np.minimum(right, x1) - np.maximum(left, x0), 0)
    both = wide * np.maximum(np.minimum(bottom, y1) - np.maximum(top, y0), 0)
    areas, other_areas = (right - left) * (bottom - top), np.maximum((x1 - x0) * (y1 - y0), 1e-6)
    return both / np.maximum(areas + other_areas - both, 1e-6), both / other_areas


def fit(grey: Grey, shape: Shape) -> float:
    """The scale at which the picture fits into `shape`, at most 1."""
    return float(min(1.0, shape[0] / grey.shape[0], shape[1] / grey.shape[1]))


def shrunk(grey: Grey, shape: Shape) -> tuple[Grey, float]:
    """Shrinks the picture to fit into `shape`; returns it and its scale.

    It is halved by averaging while that fits, which is fast, then interpolated as the training crops are.
    """
    scale = fit(grey, shape)
    if scale == 1.0:
        return grey, scale
    height, width = grey.shape
    while 2 * fit(grey, shape) <= 1 and min(grey.shape) > 1:
        half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        grey = half.astype(np.uint8, copy=False)
    size = (max(1, math.floor(width * scale)), max(1, math.floor(height * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    return small, max(size) / max(width, height)
