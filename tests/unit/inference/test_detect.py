"""Detection on made scenes."""

import math

import cv2
import numpy as np
import pytest

from bench.detection import scenes
from bench.detection.scoring import HIT, overlap
from services.inference.align import crop
from services.inference.cascade import Cascade
from services.inference.detect import Detector
from services.inference.face import Face, main_first, whole
from services.inference.finder import WIDE

Box = tuple[float, float, float]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def box(face: Face) -> Box:
    return (face.x, face.y, face.side)


@pytest.mark.parametrize(
    "condition",
    [
        "32 px",
        "64 px",
        "180 px",
        "tilted 20°",
        "tilted 30°",
        "dark (1/5)",
        "noise (sigma 25)",
        "mouth hidden (30%)",
    ],
)
def test_one_face(detector: Detector, condition: str) -> None:
    """One face is found and nothing else."""
    for scene in list(scenes.CONDITIONS[condition]())[:4]:
        (face,) = detector.detect(scene.picture)
        assert overlap(box(face), scene.faces[0]) >= HIT


def test_group(detector: Detector) -> None:
    """A group of thirty is found whole, the main face first, the others by size."""
    scene = next(iter(scenes.CONDITIONS["group of 30"]()))
    faces = detector.detect(scene.picture)
    assert len(faces) == len(scene.faces) == 30
    assert [f.side for f in faces[1:]] == sorted((f.side for f in faces[1:]), reverse=True)


def test_no_face(detector: Detector) -> None:
    """Pictures without a face have none."""
    for scene in list(scenes.CONDITIONS["no face"]())[::3]:
        assert detector.detect(scene.picture) == []


@pytest.mark.parametrize("mode", ["auto", "network", "haar"])
def test_modes(mode: str) -> None:
    """Every mode finds a large upright face; only the network gives landmarks."""
    scene = next(iter(scenes.CONDITIONS["180 px"]()))
    (face,) = Detector(mode).detect(scene.picture)  # type: ignore[arg-type]  # pytest hands in a plain text
    assert overlap(box(face), scene.faces[0]) >= HIT
    assert (face.landmarks is None) == (mode == "haar")


def test_score_is_log_odds(detector: Detector) -> None:
    """A score is the log-odds of a probability."""
    scene = next(iter(scenes.CONDITIONS["180 px"]()))
    (face,) = detector.detect(scene.picture)
    assert face.score is not None
    assert 0.9 < face.probability < 1
    assert math.log(face.probability / (1 - face.probability)) == pytest.approx(face.score)
    assert Face(0, 0, 1, score=0.0).probability == 0.5
    assert 0 < Face(0, 0, 1, score=-20.0).probability < 1e-8


def test_unlike_sizes(detector: Detector) -> None:
    """Two people of unlike size are both found."""
    picture = scenes.background("brick", 640, 480)
    large = scenes.paste(picture, "astronaut.jpg", (10, 100), 100, scenes.Change())
    small = scenes.paste(picture, "grace_hopper.jpg", (380, 150), 72, scenes.Change())
    found = [box(face) for face in detector.detect(picture)]
    assert len(found) == 2
    assert all(overlap(a, b) >= HIT for a, b in zip(found, (large, small), strict=True))


def test_small_beside_large(detector: Detector) -> None:
    """A face of 200 pixels does not hide four of 60 in a picture of 1280×720."""
    picture = scenes.background("gravel", 1280, 720)
    faces = [scenes.paste(picture, "astronaut.jpg", (20, 100), 200, scenes.Change())]
    for i in range(4):
        corner = (560 + 170 * i, 300 + 40 * (i % 2))
        faces.append(scenes.paste(picture, "grace_hopper.jpg", corner, 60, scenes.Change()))
    found = [box(face) for face in detector.detect(picture)]
    assert len(found) == 5
    assert all(any(overlap(a, b) >= HIT for a in found) for b in faces)


@pytest.mark.parametrize("degrees", [-40, -20, 20, 40])
def test_tilt(detector: Detector, degrees: int) -> None:
    """A tilted face knows its tilt, and its crop is upright."""
    upright = next(iter(scenes.single(122)()))
    tilted = next(iter(scenes.single(122, scenes.Change(degrees=degrees))()))
    (face,), (straight,) = detector.detect(tilted.picture), detector.detect(upright.picture)
    assert face.tilt - straight.tilt == pytest.approx(-degrees, abs=6)
    a = crop(upright.picture, straight).astype(float)
    b = crop(tilted.picture, face).astype(float)
    unturned = crop(tilted.picture, Face(*box(face), face.score)).astype(float)

    def likeness(other: np.ndarray) -> float:
        return float(np.corrcoef(a[8:40, 8:40].ravel(), other[8:40, 8:40].ravel())[0, 1])

    assert likeness(b) > max(0.8, likeness(unturned) + 0.1)


def test_following(detector: Detector) -> None:
    """Following finds a face that has moved, a dark one too, and reports a lost one."""
    scene = next(iter(scenes.CONDITIONS["180 px"]()))
    x, y, side = scene.faces[0]
    near = Face(x + 0.15 * side, y - 0.1 * side, side, 1.0)
    found = detector.follow(scene.picture, near)
    assert found is not None
    assert overlap(box(found), scene.faces[0]) >= 0.6
    blank = cv2.GaussianBlur(scene.picture, (0, 0), 40).astype(np.uint8)
    assert detector.follow(blank, near) is None


def test_following_in_the_dark(detector: Detector) -> None:
    """A dark face is followed as a bright one is."""
    scene = next(iter(scenes.CONDITIONS["dark (1/5)"]()))
    (face,) = detector.detect(scene.picture)
    found = detector.follow(scene.picture, face)
    assert found is not None
    assert overlap(box(found), box(face)) >= 0.7


@pytest.mark.parametrize("shape", [(1, 1), (10, 400), (400, 10), (24, 24), (20, 20), (1, 3000), (3000, 1)])
@pytest.mark.parametrize("mode", ["auto", "haar"])
def test_odd_sizes(mode: str, shape: tuple[int, int]) -> None:
    """No size is too odd."""
    picture = np.full(shape, 128, np.uint8)
    assert Detector(mode).detect(picture) == []  # type: ignore[arg-type]  # as above


def test_face_at_every_place(detector: Detector) -> None:
    """A small face is found wherever it lies, across the borders of tiles too."""
    for x in range(0, 1140, 163):
        picture = scenes.background("coffee", 1280, 960)
        placed = scenes.paste(picture, "astronaut.jpg", (x, (x * 7) % 800), 56, scenes.Change())
        found = [box(face) for face in detector.detect(picture)]
        assert any(overlap(one, placed) >= HIT for one in found), (x, found)


def test_quick_look() -> None:
    """The cascade's quick look says where a large face is."""
    scene = next(iter(scenes.CONDITIONS["180 px"]()))
    places = Cascade().quick(scene.picture)
    assert any(overlap(box(place), scene.faces[0]) >= HIT for place in places)
    assert all(place.score is None for place in places)


def test_main_face() -> None:
    """Of faces about equally large the leftmost is the main one; else the largest."""
    left, large, small = Face(0, 0, 92, 1.0), Face(200, 0, 100, 1.0), Face(500, 0, 60, 1.0)
    assert main_first([small, large, left]) == [left, large, small]
    assert main_first([small, large]) == [large, small]
    assert main_first([]) == []


def test_whole_picture() -> None:
    """A whole picture as one face is a square of its area about its middle."""
    face = whole((90, 40))
    assert face.side == 60
    assert (face.x + 30, face.y + 30) == (20, 45)
    assert face.score is None
    assert WIDE[1] > WIDE[0]
