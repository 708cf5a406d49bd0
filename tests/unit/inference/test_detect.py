"""Detection on made scenes: what each look is there for."""

import cv2
import numpy as np
import pytest

from services.inference.align import crop
from services.inference.detect import Detector, Face
from tests.load import scenes
from tests.load.detection import HIT, overlap


@pytest.fixture(scope="module")
def detector():
    return Detector()


def box(face):
    return (face.x, face.y, face.side)


@pytest.mark.parametrize(
    "condition", ["32 px", "64 px", "180 px", "tilted 20°", "tilted 30°", "dark (1/5)", "noise (sigma 25)"]
)
def test_one_face_is_found_and_nothing_else(detector, condition):
    for scene in list(scenes.scenes(condition))[:4]:
        (face,) = detector.detect(scene.picture)
        assert overlap(box(face), scene.faces[0]) >= HIT


def test_a_group_of_thirty_is_found_whole(detector):
    scene = next(iter(scenes.scenes("group of 30")))
    faces = detector.detect(scene.picture)
    assert len(faces) == len(scene.faces) == 30
    assert [f.side for f in faces] == sorted((f.side for f in faces), reverse=True)


def test_pictures_without_a_face_have_none(detector):
    for scene in list(scenes.scenes("no face"))[::3]:
        assert detector.detect(scene.picture) == []


def test_a_tilted_face_knows_its_tilt_and_is_cropped_upright(detector):
    upright = scenes.single(122)
    tilted = scenes.single(122, scenes.Change(degrees=31))
    straight, turned = next(upright()), next(tilted())
    (face,) = detector.detect(turned.picture)
    assert face.tilt == -25
    (reference,) = detector.detect(straight.picture)
    a, b = crop(straight.picture, reference).astype(float), crop(turned.picture, face).astype(float)
    unturned = crop(turned.picture, Face(*box(face), face.score)).astype(float)

    def likeness(other):
        return np.corrcoef(a[8:40, 8:40].ravel(), other[8:40, 8:40].ravel())[0, 1]

    assert likeness(b) > likeness(unturned) + 0.1


def test_following_finds_the_moved_face_and_reports_a_lost_one(detector):
    scene = next(iter(scenes.scenes("180 px")))
    x, y, side = scene.faces[0]
    near = Face(x + 0.15 * side, y - 0.1 * side, side, 1.0)
    found = detector.follow(scene.picture, near)
    assert overlap(box(found), scene.faces[0]) >= 0.6
    blank = cv2.GaussianBlur(scene.picture, (0, 0), 40).astype(np.uint8)
    assert detector.follow(blank, near) is None


@pytest.mark.parametrize("shape", [(1, 1), (10, 400), (400, 10), (24, 24), (20, 20)])
def test_no_size_is_too_odd(detector, shape):
    assert detector.detect(np.full(shape, 128, np.uint8)) == []
