from typing import Any

import keras
import numpy as np
import pytest

from services.inference.finder import read
from training.finder import loss
from training.finder.crops import MOST
from training.finder.labels import COLUMNS, FACE, IGNORED

SIDE = 96
BOX = np.array([30, 24, 62, 68], np.float32)
POINTS = np.array([[38, 40], [54, 40], [46, 48], [40, 56], [52, 56]], np.float32)
GRID = loss.places(SIDE)


def labels(*boxes: Any, kind: Any = FACE, covered: Any = 0.0) -> Any:
    rows = np.zeros((1, MOST, COLUMNS), np.float32)
    for i, box in enumerate(boxes):
        shift = np.tile(np.asarray(box[:2]) - BOX[:2], 5)
        rows[0, i] = [kind, *box, *(POINTS.ravel() + shift), 1, covered, 1]
    return rows


def output(box: Any = BOX, points: Any = POINTS, logit: Any = 6.0, covered: Any = -6.0) -> Any:
    """What a network says that sees `box` from each place near its middle, and nothing elsewhere."""
    middle, stride = GRID[:, :2], GRID[:, 2:]
    size = np.log((box[2:] - box[:2]) / stride)
    at = ((box[:2] + box[2:]) / 2 - middle) / stride
    near = (np.abs(at).max(axis=1) < loss.RADIUS) & (GRID[:, 2] == 16)
    moved = (points.ravel() - np.tile(middle, 5)) / stride
    score = np.where(near, logit, -9.0)[:, None]
    hidden = np.full((len(GRID), 1), covered)
    return np.concatenate([score, at, size, moved, hidden], axis=1)[None].astype(np.float32)


def value(truth: Any, numbers: Any) -> Any:
    return float(keras.ops.convert_to_numpy(loss.FinderLoss(SIDE)(truth, numbers)))


def assigned(truth: Any, numbers: Any) -> Any:
    scores, boxes, _, _ = loss.decode(keras.ops.convert_to_tensor(numbers), keras.ops.convert_to_tensor(GRID))
    parts = loss._assign(keras.ops.convert_to_tensor(truth), scores, boxes, keras.ops.convert_to_tensor(GRID))
    return [keras.ops.convert_to_numpy(part)[0] for part in parts]


def test_places_are_those_of_serving() -> None:
    """Serving reads back the box and the landmarks that the loss takes as right."""
    found = read(output()[0], (SIDE, SIDE))
    assert len(found) == 1
    assert np.allclose(found.boxes[0], BOX, atol=0.01)
    assert np.allclose(found.landmarks[0], POINTS, atol=0.01)


@pytest.mark.parametrize(
    "wrong",
    [
        output(box=BOX + 6),
        output(box=BOX + np.array([-6, -6, 6, 6])),
        output(points=POINTS + 4),
        output(logit=-3.0),
        output(covered=3.0),
    ],
    ids=["moved", "too large", "landmarks", "missed", "covered"],
)
def test_the_right_output_has_the_lowest_loss(wrong: Any) -> None:
    assert value(labels(BOX), output()) < value(labels(BOX), wrong)


def test_a_false_face_costs() -> None:
    """Also in a crop without any label."""
    silent = np.concatenate([np.full((1, len(GRID), 1), -9.0), output()[..., 1:]], axis=2).astype(np.float32)
    assert value(labels(), silent) < 0.01 < value(labels(), output())


def test_ignored_places_carry_no_gradient() -> None:
    """The score of places within an ignored box is free; others are pushed down."""
    import tensorflow as tf  # noqa: PLC0415  # gradients are the backend's own

    numbers = tf.Variable(output(logit=1.0))
    with tf.GradientTape() as tape:
        wrong = loss.FinderLoss(SIDE)(labels(BOX, kind=IGNORED), numbers)
    gradient = tape.gradient(wrong, numbers).numpy()[0]
    inside = ((GRID[:, :2] > BOX[:2]) & (GRID[:, :2] < BOX[2:])).all(axis=1)
    assert np.abs(gradient[inside]).max() == 0
    assert np.abs(gradient[~inside, 0]).max() > 0


@pytest.mark.parametrize("size", [9, 20, 44, 90])
def test_each_face_is_answered_for(size: Any) -> None:
    """Faces of all sizes, at the edge too, have 1 to 10 places, from the first step on."""
    corners = [(2, 2)] if size > 60 else [(2, 2), (50, 48)]
    boxes = [(x, y, x + size, y + size) for x, y in corners]
    rng = np.random.default_rng(size)
    owner, _, ignored = assigned(labels(*boxes), rng.normal(0, 0.3, (1, len(GRID), 16)).astype(np.float32))
    counts = (owner > 0).sum(axis=1)
    assert (counts[: len(boxes)] >= 1).all()
    assert (counts <= loss.CANDIDATES).all()
    assert (counts[len(boxes) :] == 0).all()
    assert ((owner > 0).sum(axis=0) <= 1).all()
    assert ignored.max() == 0
