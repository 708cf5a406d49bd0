"""Composed photos that once went wrong, through the whole pipeline."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from services.common.prediction import Prediction
from services.emotions import EMOTIONS
from services.inference.answers import to_prediction
from services.inference.classify import Classifier, load_model
from services.inference.decode import decode
from services.inference.face import Face
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits, Pipeline, align
from tests.helpers import pictures

SCENES = pictures.ASSETS / "scenes"
Predict = Callable[[bytes], Prediction]


@pytest.fixture(scope="module")
def predict() -> Predict:
    model = load_model(MODEL_FILE)
    pipeline = Pipeline(model, Limits(50_000_000, 64))
    return lambda data: to_prediction(pipeline.predict(data), model)


@pytest.mark.parametrize(
    ("name", "faces"),
    [
        ("160_and_190.jpg", 2),
        ("three_of_100_one_of_200.jpg", 4),
        ("stage_1280x720_1.png", 1),
        ("backlit_astronaut.png", 1),
        ("both_30.jpg", 2),
        ("grace_hopper_hand.jpg", 1),
    ],
)
def test_every_face(predict: Predict, name: str, faces: int) -> None:
    """Faces are found beside larger ones, on black, before a bright wall, tilted, covered, and no more."""
    assert len(predict((SCENES / name).read_bytes()).faces) == faces


def test_hand_over_the_mouth(predict: Predict) -> None:
    """A hand over the mouth makes the answer uncertain; the same face without it is not covered."""
    (covered,) = predict((SCENES / "grace_hopper_hand.jpg").read_bytes()).faces
    assert covered.uncertain
    assert "covered" in covered.uncertain_because
    (bare,) = predict(pictures.HOPPER.read_bytes()).faces
    assert "covered" not in bare.uncertain_because


def saved(quality: int, shift: int) -> bytes:
    """The pair, moved to the right by `shift` pixels and saved again."""
    picture = cv2.imread(str(SCENES / "pair_148_q80.jpg"))
    assert picture is not None
    moved = np.roll(picture, shift, axis=1)
    return bytes(cv2.imencode(".jpg", moved, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


VERSIONS = [(quality, 0) for quality in range(60, 96, 5)] + [(80, shift) for shift in range(1, 6)]


def test_same_photo_same_reading(predict: Predict) -> None:
    """The same two people, saved at other qualities or a few pixels aside, read the same, left one first."""
    answers = [predict(saved(*version)) for version in VERSIONS]
    assert {len(answer.faces) for answer in answers} == {2}
    assert all(answer.faces[0].box.x < answer.faces[1].box.x for answer in answers)
    assert len({answer.emotion for answer in answers}) == 1


def test_steadiness(predict: Predict) -> None:
    """Readings wander at most four times as far as with the crop held in place."""
    classifier = Classifier(load_model(MODEL_FILE))
    reference = predict(saved(80, 0))
    for number in (0, 1):
        box = reference.faces[number].box
        free, held = [], []
        for quality, shift in VERSIONS:
            data = saved(quality, shift)
            free.append([predict(data).faces[number].probabilities[name] for name in EMOTIONS])
            face = Face(box.x + shift, box.y, box.width, 1.0)
            held.append(classifier.classify(align(decode(data, 10_000_000), [face]))[0])
        assert np.ptp(free, axis=0).max() <= max(0.02, 4.0 * np.ptp(held, axis=0).max())
