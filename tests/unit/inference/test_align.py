"""Registration: landmarks to the crop that the classifier takes."""

import math

import cv2
import numpy as np
import pytest

from services.inference.align import SIDE, TEMPLATE, crop, register
from services.inference.face import Face
from services.inference.finder import Floats


def turned(degrees: float, side: float, middle: tuple[float, float]) -> Floats:
    """The template's landmarks in a face that is turned clockwise."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    rotation = np.array([[cos, -sin], [sin, cos]])
    points: Floats = ((np.array(TEMPLATE) - 0.5) @ rotation.T * side + np.array(middle)).astype(np.float32)
    return points


@pytest.mark.parametrize("degrees", [-60, -10, 0, 35, 80])
def test_register_inverts_a_similarity(degrees: float) -> None:
    """The square, its tilt and its middle come back, and the misfit is zero."""
    x, y, side, tilt, misfit = register(turned(degrees, 130, (300, 200)))
    assert (x, y) == pytest.approx((300, 200), abs=0.01)
    assert side == pytest.approx(130, abs=0.01)
    assert tilt == pytest.approx(degrees, abs=0.01)
    assert misfit == pytest.approx(0, abs=1e-5)


def test_misfit_of_no_face() -> None:
    """Landmarks that no turned face has are told by their misfit."""
    points = turned(0, 100, (100, 100))
    points[0], points[3] = points[3].copy(), points[0].copy()
    assert register(points)[4] > 0.15


@pytest.mark.parametrize("degrees", [-45.0, 0.0, 30.0])
@pytest.mark.parametrize("side", [30.0, 48.0, 200.0, 500.0])
def test_landmarks_land_on_the_template(degrees: float, side: float) -> None:
    """A dot drawn at each landmark lies at the template's place in the crop, at every size and tilt."""
    for number, (u, v) in enumerate(TEMPLATE):
        picture = np.zeros((800, 800), np.uint8)
        points = turned(degrees, side, (400, 400))
        centre = tuple(round(float(c) * 16 - 8) for c in points[number])
        cv2.circle(picture, centre, round(max(2.0, side * 0.03) * 16), 255, -1, cv2.LINE_AA, 4)
        x, y, square, tilt, _ = register(points)
        cut = crop(picture, Face(x - square / 2, y - square / 2, square, 1.0, tilt)).astype(float)
        ys, xs = np.mgrid[0:SIDE, 0:SIDE] + 0.5
        assert (cut * xs).sum() / cut.sum() == pytest.approx(u * SIDE, abs=0.7)
        assert (cut * ys).sum() / cut.sum() == pytest.approx(v * SIDE, abs=0.7)


def test_crop_repeats_the_edge() -> None:
    """What lies beyond the picture repeats its edge."""
    grey = np.full((100, 100), 7, np.uint8)
    grey[:, 0] = 200
    cut = crop(grey, Face(x=-50, y=10, side=60, score=1))
    assert cut.shape == (48, 48)
    assert (cut[:, :30] == 200).all()
    assert (cut[:, -5:] == 7).all()


def test_fine_patterns_do_not_alias() -> None:
    """A large face is shrunk by averaging: a pattern of single pixels becomes grey."""
    grey = np.zeros((600, 600), np.uint8)
    grey[::2] = 255
    cut = crop(grey, Face(60, 60, 480, 1.0, tilt=3))
    assert cut.std() < 12
    assert cut.mean() == pytest.approx(127, abs=4)


@pytest.mark.parametrize("shape", [(1, 900), (900, 1), (3, 901), (901, 2), (600, 600)])
@pytest.mark.parametrize("corner", [(-700.0, 20.0), (-200.0, -200.0), (880.0, 300.0)])
def test_crop_of_little(shape: tuple[int, int], corner: tuple[float, float]) -> None:
    """Thin pictures, and squares that lie beside the picture, give their edge repeated."""
    grey = np.full(shape, 90, np.uint8)
    assert (crop(grey, Face(*corner, side=400, score=1, tilt=20)) == 90).all()
