"""The stages on real photos with the shipped model."""

import threading

import numpy as np
import pytest

from services.emotions import EMOTIONS
from services.inference.align import crop
from services.inference.classify import Classifier, load_model
from services.inference.decode import decode
from services.inference.detect import Detector, Face
from services.inference.errors import ModelFileError
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits, Pipeline
from tests.helpers import pictures

LIMITS = Limits(pixels=50_000_000, faces=64)


@pytest.fixture(scope="module")
def model():
    return load_model(MODEL_FILE)


@pytest.fixture(scope="module")
def pipeline(model):
    return Pipeline(model, LIMITS)


def test_the_astronaut_smiles(pipeline):
    prediction = pipeline.predict(pictures.ASTRONAUT.read_bytes())
    (face,) = prediction.faces
    x, y = pictures.ASTRONAUT_FACE
    assert face.box.x < x < face.box.x + face.box.width
    assert face.box.y < y < face.box.y + face.box.height
    assert prediction.emotion == face.emotion == "happy"
    assert prediction.probabilities == face.probabilities
    assert face.confidence == max(face.probabilities.values())


def test_probabilities_are_six_and_sum_to_one(pipeline):
    prediction = pipeline.predict(pictures.HOPPER.read_bytes())
    assert tuple(prediction.probabilities) == EMOTIONS
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_a_phone_photo_has_its_box_in_its_own_pixels(pipeline):
    prediction = pipeline.predict(pictures.phone_photo())
    x, y = (round(v * 3000 / 512) for v in pictures.ASTRONAUT_FACE)
    box = prediction.faces[0].box
    assert box.x < x < box.x + box.width
    assert box.y < y + 500 < box.y + box.height


def test_no_face_is_a_result(pipeline):
    prediction = pipeline.predict(pictures.png_of_zeros(640, 480))
    assert prediction.faces == []
    assert prediction.emotion is None
    assert prediction.probabilities is None


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (23, 23)])
def test_pictures_too_small_for_a_face_have_none(pipeline, size):
    assert pipeline.predict(pictures.png_of_zeros(*size)).faces == []


def test_crops_beyond_the_edge_repeat_it():
    grey = np.full((100, 100), 7, np.uint8)
    grey[:, 0] = 200
    cut = crop(grey, Face(x=-50, y=10, side=60, score=1))
    assert cut.shape == (48, 48)
    assert (cut[:, :30] == 200).all()
    assert (cut[:, -5:] == 7).all()


def test_threads_with_tools_of_their_own_agree(model):
    photo = decode(pictures.ASTRONAUT.read_bytes(), LIMITS.pixels)
    alone = Detector().detect(photo.grey)
    found = []

    def look():
        detector, classifier = Detector(), Classifier(model)
        for _ in range(5):
            faces = detector.detect(photo.grey)
            found.append((faces, classifier.classify(np.array([crop(photo.grey, faces[0])])).tobytes()))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert all(faces == alone for faces, _ in found)
    assert len({row for _, row in found}) == 1


def test_a_model_that_is_not_its_cards_is_refused(tmp_path):
    (tmp_path / "emotion.tflite").write_bytes(MODEL_FILE.read_bytes() + b"x")
    (tmp_path / "emotion.json").write_text(MODEL_FILE.with_suffix(".json").read_text())
    with pytest.raises(ModelFileError, match="sha256"):
        load_model(tmp_path / "emotion.tflite")
    with pytest.raises(ModelFileError, match="cannot read"):
        load_model(tmp_path / "other.tflite")
