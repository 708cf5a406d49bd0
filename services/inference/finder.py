"""What the finder's network says of a picture → faces with boxes and landmarks. Pure arithmetic on its numbers.

The network gives 16 numbers for each place of three grids (strides 8, 16 and 32): the score's logit; the middle of
the box as an offset from the place and the logarithms of its width and height; five landmarks as offsets; the
logit of a covered lower half. Offsets and sizes are in strides.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STRIDES: Final = (8, 16, 32)
SAME: Final = 0.4
"""Boxes that overlap by at least this (intersection over union) are one face."""


@dataclass(frozen=True)
class Found:
    """n faces of one look, best first, in pixels of the picture that was looked at."""

    logits: Floats
    """(n,) log-odds as the network gives them, not calibrated."""
    boxes: Floats
    """(n, 4): left, top, right, bottom."""
    landmarks: Floats
    """(n, 5, 2): right eye, left eye, nose, right and left corner of the mouth; x, y."""
    covered: Floats
    """(n,) log-odds of a covered lower half."""

    def __len__(self) -> int:
        return len(self.logits)

    def only(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Found":
        return Found(self.logits[rows], self.boxes[rows], self.landmarks[rows], self.covered[rows])

    def moved(self, scale: float, x: float, y: float) -> "Found":
        """The same faces in a picture in which this one lies at (x, y), `scale` times as large."""
        shift = np.array([x, y], np.float32)
        boxes = self.boxes * np.float32(scale) + np.tile(shift, 2)
        return Found(self.logits, boxes, self.landmarks * np.float32(scale) + shift, self.covered)

    @staticmethod
    def join(parts: "list[Found]") -> "Found":
        return Found(
            np.concatenate([p.logits for p in parts]),
            np.concatenate([p.boxes for p in parts]),
            np.concatenate([p.landmarks for p in parts]),
            np.concatenate([p.covered for p in parts]),
        )


@lru_cache(maxsize=8)
def _places(height: int, width: int) -> tuple[Floats, Floats]:
    """(places, 2) middles in pixels and (places, 1) strides of a picture of this size, multiples of 32."""
    middles, strides = [], []
    for stride in STRIDES:
        ys, xs = np.mgrid[0 : height // stride, 0 : width // stride]
        middles.append(np.stack([xs.ravel() + 0.5, ys.ravel() + 0.5], axis=1) * stride)
        strides.append(np.full((xs.size, 1), stride))
    return np.concatenate(middles).astype(np.float32), np.concatenate(strides).astype(np.float32)


def read(numbers: Floats, height: int, width: int, least: float) -> Found:
    """(places, 16) of a picture of `height` × `width` → its faces of at least `least` log-odds, merged."""
    chosen = np.flatnonzero(numbers[:, 0] >= least)
    rows = numbers[chosen]
    middles, strides = (values[chosen] for values in _places(height, width))
    at = middles + rows[:, 1:3] * strides
    half = np.exp(np.clip(rows[:, 3:5], -4.0, 5.0)) * strides / 2
    points = middles[:, None] + rows[:, 5:15].reshape(-1, 5, 2) * strides[:, None]
    return merged(Found(rows[:, 0], np.concatenate([at - half, at + half], axis=1), points, rows[:, 15]))


def merged(found: Found) -> Found:
    """One face for each group of boxes that overlap: the best one's score, the others' mean place, best first."""
    order = np.argsort(-found.logits, kind="stable")
    weights = 1 / (1 + np.exp(-found.logits))
    left = found.only(order)
    weights = weights[order]
    kept: list[Found] = []
    while len(left):
        same = overlaps(left.boxes[0], left.boxes) >= SAME
        same[0] = True
        near = same & (weights >= 0.5 * weights[0])
        share = (weights[near] / weights[near].sum()).astype(np.float32)
        kept.append(
            Found(
                left.logits[:1],
                (share @ left.boxes[near])[None],
                np.tensordot(share, left.landmarks[near], axes=1)[None],
                (share @ left.covered[near])[None],
            )
        )
        left, weights = left.only(~same), weights[~same]
    return Found.join(kept) if kept else found


def overlaps(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of `box` (4,) with each of `boxes` (n, 4); corners."""
    wide = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    high = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    both = np.maximum(wide, 0) * np.maximum(high, 0)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    union = (box[2] - box[0]) * (box[3] - box[1]) + area - both
    return np.asarray(both / np.maximum(union, 1e-6), np.float32)
