"""Detection on made scenes: what each look is there for."""

import math

import cv2
import numpy as np
import pytest

from bench import scenes
from bench.detection.scoring import HIT, overlap
from services.inference.align import crop
from services.inference.detect import LARGE, MEDIUM, SMALL, SURE, Detector, Face


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


@pytest.mark.parametrize(("condition", "look"), [("180 px", LARGE), ("64 px", MEDIUM), ("32 px", SMALL)])
def test_one_score_tells_faces_from_other_places_at_every_size(detector, condition, look):
    faces, others = [], []
    for scene in scenes.scenes(condition):
        for place in detector.places(scene.picture, look):
            seen = detector.sight(scene.picture, place)
            if seen:
                hit = overlap(box(seen), scene.faces[0]) >= HIT
                (faces if hit else others).append(seen.score)
    assert len(faces) >= len(list(scenes.scenes(condition)))
    assert min(faces) > SURE > max(others, default=-math.inf)


def test_a_score_is_the_log_odds_of_a_probability(detector):
    scene = next(iter(scenes.scenes("180 px")))
    (face,) = detector.detect(scene.picture)
    assert 0.9 < face.probability < 1
    assert math.log(face.probability / (1 - face.probability)) == pytest.approx(face.score)
    assert Face(0, 0, 1, score=0.0).probability == 0.5
    assert 0 < Face(0, 0, 1, score=-20.0).probability < 1e-8


def test_a_dark_face_is_followed_as_a_bright_one_is(detector):
    scene = next(iter(scenes.scenes("dark (1/5)")))
    (face,) = detector.detect(scene.picture)
    found = detector.follow(scene.picture, face)
    assert overlap(box(found), box(face)) >= 0.7


def test_two_people_of_unlike_size_are_both_found(detector):
    picture = scenes.background("brick", 640, 480)
    large = scenes.paste(picture, "astronaut.jpg", (10, 100), 100, scenes.Change())
    small = scenes.paste(picture, "grace_hopper.jpg", (380, 150), 72, scenes.Change())
    found = [box(face) for face in detector.detect(picture)]
    assert len(found) == 2
    assert all(overlap(a, b) >= HIT for a, b in zip(found, (large, small), strict=True))


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
