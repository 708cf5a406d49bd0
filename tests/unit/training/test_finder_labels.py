import math
from typing import Any

import cv2
import numpy as np
import pytest

from services.inference.finder import overlaps
from tests.helpers.labelled import photo
from training.finder.covers import cover
from training.finder.crops import Cropper
from training.finder.labels import COLUMNS, EMPTY, FACE, IGNORED, roll, transform_labels, turned_size

BOX = (70, 60, 60, 80)
POINTS = np.array([[85, 90], [115, 90], [100, 105], [88, 122], [112, 122]], np.float32)


def turn(degrees: float, scale: Any = 1.0, mirrored: Any = False) -> Any:
    matrix = np.asarray(cv2.getRotationMatrix2D((100, 100), degrees, scale))
    if mirrored:
        matrix[0] = -matrix[0] + [0, 0, 200]
    return matrix


def marked() -> Any:
    """A photo whose landmarks are bright dots, each of its own grey."""
    pixels = np.zeros((200, 200), np.uint8)
    for i, (x, y) in enumerate(POINTS):
        cv2.circle(pixels, (int(x), int(y)), 4, 100 + 30 * i, -1)
    return photo([BOX], [POINTS], pixels=pixels)


@pytest.mark.parametrize("degrees", [0, 30, -45])
@pytest.mark.parametrize("scale", [0.6, 1.4])
def test_landmarks_follow_their_pixels(degrees: float, scale: Any) -> None:
    """Each landmark lies on its own dot after the turn."""
    one, matrix = marked(), turn(degrees, scale)
    pixels = cv2.warpAffine(one.pixels, matrix, (200, 200))
    (row,) = transform_labels(one, matrix, 200, 200)
    for i, (x, y) in enumerate(row[5:15].reshape(5, 2)):
        assert abs(int(pixels[round(y), round(x)]) - (100 + 30 * i)) < 25


def test_mirroring_swaps_right_and_left() -> None:
    """The person's right eye stays first, and is on the left side of the picture."""
    one, matrix = marked(), turn(0, mirrored=True)
    pixels = cv2.warpAffine(one.pixels, matrix, (200, 200))
    (row,) = transform_labels(one, matrix, 200, 200)
    greys = [int(pixels[round(y), round(x)]) for x, y in row[5:15].reshape(5, 2)]
    assert np.allclose(greys, [130, 100, 160, 220, 190], atol=25)
    assert row[5] < row[7]


@pytest.mark.parametrize("degrees", [20, 45, -45])
def test_a_turned_box_is_smaller_than_its_corners(degrees: float) -> None:
    """The box of a tilted head comes from its landmarks; the turned box's corners hold no head."""
    matrix = turn(degrees)
    (row,) = transform_labels(photo([BOX], [POINTS]), matrix, 200, 200)
    size = row[3:5] - row[1:3]
    corners = np.abs(matrix[:, :2]) @ BOX[2:]
    assert (size < corners).all()
    assert (size >= min(BOX[2:]) - 0.01).all()
    assert (size <= max(BOX[2:]) + 0.01).all()


def test_a_box_without_landmarks_holds_its_corners() -> None:
    (row,) = transform_labels(photo([BOX]), turn(45), 200, 200)
    assert np.allclose(row[3:5] - row[1:3], (60 + 80) / math.sqrt(2), atol=0.1)
    assert row[15] == 0


@pytest.mark.parametrize("degrees", [10, 25, -25])
def test_a_box_turned_there_and_back_is_the_same(degrees: float) -> None:
    there = np.hypot(1, 0) * (POINTS - 100) @ turn(degrees)[:, :2].T + 100
    turned = turned_size(np.array(BOX[2:], np.float32), POINTS, there)
    size = turned_size(turned.astype(np.float32), there, POINTS.astype(np.float64))
    assert np.allclose(size, BOX[2:], rtol=0.01)
    assert math.isclose(abs(math.degrees(roll(there))), abs(degrees), abs_tol=0.1)


@pytest.mark.parametrize(("scale", "kind"), [(0.11, FACE), (0.09, IGNORED)])
def test_a_face_below_8_pixels_is_ignored(scale: Any, kind: Any) -> None:
    (row,) = transform_labels(photo([BOX], [POINTS]), turn(0, scale), 200, 200)
    assert row[0] == kind


@pytest.mark.parametrize(("shift", "kind"), [(0, FACE), (90, FACE), (110, IGNORED), (150, EMPTY)])
def test_a_face_cut_by_the_edge_is_ignored_or_gone(shift: Any, kind: Any) -> None:
    """It counts while its middle lies inside."""
    matrix = np.array([[1.0, 0, shift], [0, 1, 0]])
    (row,) = transform_labels(photo([BOX], [POINTS]), matrix, 200, 200)
    assert row[0] == kind


def test_an_ignored_box_stays_ignored() -> None:
    (row,) = transform_labels(photo([BOX], [POINTS], ignored=[True]), turn(0), 200, 200)
    assert row[0] == IGNORED


def test_covers_are_marked() -> None:
    """Covered lower halves are labelled so; sunglasses change no label; behind a thing it is unknown."""
    seen = set()
    for seed in range(60):
        pixels = np.random.default_rng(0).integers(60, 200, (200, 200)).astype(np.uint8)
        rows = transform_labels(photo([BOX], [POINTS]), turn(0), 200, 200)
        after = cover(pixels, rows, np.random.default_rng(seed))
        lower = (after != pixels)[110:128, 80:120].mean()
        seen.add(tuple(rows[0, 16:18]))
        if rows[0, 16] == 1:
            assert rows[0, 17] == 1
            assert lower > 0.4
        if (after == pixels).all():
            assert tuple(rows[0, 16:18]) == (0, 1)
    assert seen == {(0, 1), (1, 1), (0, 0)}


def test_crops_depend_on_the_generator_alone() -> None:
    """The same seed draws the same crop; labels are padded."""
    photos = [marked(), photo([], np.zeros((0, 5, 2)))]
    first, again = (Cropper(photos).draw(np.random.default_rng(3), 64) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.labels, again.labels)
    assert first.pixels.shape == (64, 64)
    assert first.labels.shape[1] == COLUMNS


def test_crops_hold_their_faces() -> None:
    """A box in a crop lies about its landmarks, mosaics included."""
    cropper = Cropper([marked()])
    for seed in range(40):
        rows = cropper.draw(np.random.default_rng(seed), 64).labels
        for row in rows[rows[:, 0] == FACE]:
            points = row[5:15].reshape(5, 2)
            around = np.concatenate([points.min(axis=0), points.max(axis=0)])
            assert overlaps(around[None], row[None, 1:5])[1][0, 0] > 0.05
            assert ((points > row[1:3] - 1) & (points < row[3:5] + 1)).all()


def test_no_photo_with_a_face_is_refused() -> None:
    with pytest.raises(ValueError, match="no photo with a face"):
        Cropper([photo([], np.zeros((0, 5, 2)))])
