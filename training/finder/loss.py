"""What the finder is trained to say at each place: which places answer for which face, and the loss."""

from typing import Any, Final

import keras
import numpy as np
from keras import ops

from services.inference.finder import STRIDES
from training.finder.labels import FACE, IGNORED

CANDIDATES: Final = 10
"""Most places that answer for one face."""
RADIUS: Final = 2.0
"""Strides from a face's middle within which a place may answer for it."""
FAR: Final = 1e4
"""Added to the cost of a place that may not."""
BOX, POINTS, COVERED = 2.0, 1.5, 0.3
"""Weights of the losses beside the score's."""


def places(side: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(places, 3): middle x and y, and stride, of each place of a square picture, in its pixels."""
    rows = []
    for stride in STRIDES:
        ys, xs = np.mgrid[0 : side // stride, 0 : side // stride]
        middle = np.stack([xs.ravel() + 0.5, ys.ravel() + 0.5], axis=1) * stride
        rows.append(np.column_stack([middle, np.full(len(middle), stride)]))
    return np.concatenate(rows).astype(np.float32)


def decode(numbers: Any, grid: Any) -> tuple[Any, Any, Any, Any]:  # noqa: ANN401  # tensors of any backend
    """(b, n, 16) → logits (b, n), corners of boxes (b, n, 4), landmarks (b, n, 10), covered logits (b, n)."""
    middle, stride = grid[:, :2], grid[:, 2:]
    at = middle + numbers[..., 1:3] * stride
    half = ops.exp(ops.clip(numbers[..., 3:5], -4.0, 5.0)) * stride / 2
    points = ops.tile(middle, (1, 5)) + numbers[..., 5:15] * stride
    return numbers[..., 0], ops.concatenate([at - half, at + half], axis=-1), points, numbers[..., 15]


class FinderLoss(keras.losses.Loss):  # type: ignore[misc]  # keras ships no type information
    """Sum of the losses of score, box, landmarks and covered; labels as `crops.Crop` has them.

    Each face is answered for by the 1 to 10 cheapest places near its middle; their number is the sum of their
    boxes' overlaps with it (SimOTA, from YOLOX). The score's target is the overlap (quality focal loss, Li et
    al. 2020).
    """

    def __init__(self, side: int) -> None:
        super().__init__(name="finder")
        self.grid = places(side)

    def call(self, y_true: Any, y_pred: Any) -> Any:  # noqa: ANN401  # as above
        labels, grid = ops.cast(y_true, "float32"), ops.convert_to_tensor(self.grid)
        scores, boxes, points, covered = decode(ops.cast(y_pred, "float32"), grid)
        owner, overlap, ignored = _assign(labels, scores, boxes, grid)
        owner, ignored = ops.stop_gradient(owner), ops.stop_gradient(ignored)
        held = ops.max(owner, axis=1)  # (b, n) 1 where a place answers for a face
        count = ops.maximum(ops.sum(held), 1.0)
        wanted = ops.matmul(ops.transpose(owner, (0, 2, 1)), labels)  # (b, n, columns)
        quality = ops.stop_gradient(ops.sum(owner * overlap, axis=1))

        share = ops.sigmoid(scores)
        entropy = ops.softplus(scores) - quality * scores
        focal = ops.square(quality - share) * entropy * (1 - ignored)
        score_loss = ops.sum(focal) / count

        box_loss = ops.sum(held * (1 - _generalised_overlap(boxes, wanted[..., 1:5]))) / count
        size = ops.sqrt(
            ops.maximum((wanted[..., 3] - wanted[..., 1]) * (wanted[..., 4] - wanted[..., 2]), 1.0)
        )
        off = ops.abs(points - wanted[..., 5:15]) / size[..., None]
        wing = ops.where(off < 0.05, 0.5 * ops.square(off) / 0.05, off - 0.025)
        point_loss = ops.sum(held * wanted[..., 15] * ops.mean(wing, axis=-1)) / count
        cover = ops.softplus(covered) - wanted[..., 16] * covered
        cover_loss = ops.sum(held * wanted[..., 17] * cover) / count
        return score_loss * 2.0 + BOX * box_loss + 10 * POINTS * point_loss + COVERED * cover_loss


def _assign(labels: Any, scores: Any, boxes: Any, grid: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401  # as above
    """Who answers for whom (b, m, n) 0 or 1, overlaps (b, m, n), and the places that are ignored (b, n)."""
    x, y, stride = grid[:, 0], grid[:, 1], grid[:, 2]
    left, top, right, bottom = (labels[..., i, None] for i in range(1, 5))
    is_face = ops.cast(labels[..., 0, None] == FACE, "float32")
    is_ignored = ops.cast(labels[..., 0, None] == IGNORED, "float32")
    inside = ops.cast((x > left) & (x < right) & (y > top) & (y < bottom), "float32")
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    near = ops.maximum(ops.abs(x - middle_x), ops.abs(y - middle_y)) < RADIUS * stride
    near = ops.cast(near, "float32") * is_face

    wide = ops.minimum(right, boxes[:, None, :, 2]) - ops.maximum(left, boxes[:, None, :, 0])
    high = ops.minimum(bottom, boxes[:, None, :, 3]) - ops.maximum(top, boxes[:, None, :, 1])
    both = ops.maximum(wide, 0.0) * ops.maximum(high, 0.0)
    area = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    overlap = both / ops.maximum((right - left) * (bottom - top) + area[:, None] - both, 1e-6)

    unlikely = ops.softplus(-scores)[:, None]  # -log of the score
    cost = unlikely - 3.0 * ops.log(overlap + 1e-6) + FAR * (1 - near) + 2.0 * (1 - inside)
    cheapest = -ops.top_k(-cost, CANDIDATES)[0]  # (b, m, k), cheapest first
    best = ops.top_k(overlap * near, CANDIDATES)[0]
    many = ops.clip(ops.floor(ops.sum(best, axis=-1)), 1.0, float(CANDIDATES))
    last = ops.one_hot(ops.cast(many - 1, "int32"), CANDIDATES)
    limit = ops.sum(last * cheapest, axis=-1, keepdims=True)
    chosen = ops.cast(cost <= limit, "float32") * near
    alone = ops.where(chosen > 0, cost, 2 * FAR)
    owner = chosen * ops.cast(alone <= ops.min(alone, axis=1, keepdims=True), "float32")
    owner = owner / ops.maximum(ops.sum(owner, axis=1, keepdims=True), 1.0)  # equal costs share a place
    held = ops.max(owner, axis=1)
    ignored = ops.max(inside * is_ignored, axis=1) * (1 - ops.cast(held > 0, "float32"))
    return owner, overlap, ignored


def _generalised_overlap(a: Any, b: Any) -> Any:  # noqa: ANN401  # as above
    """GIoU (Rezatofighi et al. 2019) of corner boxes, -1 to 1."""
    wide = ops.minimum(a[..., 2], b[..., 2]) - ops.maximum(a[..., 0], b[..., 0])
    high = ops.minimum(a[..., 3], b[..., 3]) - ops.maximum(a[..., 1], b[..., 1])
    both = ops.maximum(wide, 0.0) * ops.maximum(high, 0.0)
    area_a = (a[..., 2] - a[..., 0]) * (a[..., 3] - a[..., 1])
    area_b = (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    union = ops.maximum(area_a + area_b - both, 1e-6)
    hull_w = ops.maximum(a[..., 2], b[..., 2]) - ops.minimum(a[..., 0], b[..., 0])
    hull_h = ops.maximum(a[..., 3], b[..., 3]) - ops.minimum(a[..., 1], b[..., 1])
    hull = ops.maximum(hull_w * hull_h, 1e-6)
    return both / union - (hull - union) / hull
