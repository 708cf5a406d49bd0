"""The stages on real photos with the shipped model."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from services.common.prediction import Prediction
from services.emotions import EMOTIONS
from services.inference.align import crop
from services.inference.answers import to_prediction
from services.inference.classify import Classifier, load_model
from services.inference.decode import decode
from services.inference.detect import Detector
from services.inference.errors import ModelFileError
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits, Pipeline
from services.inference.runtime import Model
from tests.helpers import pictures

LIMITS = Limits(pixels=50_000_000, faces=64)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(MODEL_FILE)


@pytest.fixture(scope="module")
def predict(model: Model) -> Callable[..., Prediction]:
    pipeline = Pipeline(model, LIMITS)
    return lambda data, **options: to_prediction(pipeline.predict(data, **options), model)


def test_smile(predict: Callable[..., Prediction]) -> None:
    """The astronaut smiles, and her box and landmarks lie about her face."""
    prediction = predict(pictures.ASTRONAUT.read_bytes())
    (face,) = prediction.faces
    x, y = pictures.ASTRONAUT_FACE
    assert face.box.x < x < face.box.x + face.box.width
    assert face.box.y < y < face.box.y + face.box.height
    assert prediction.emotion == face.emotion == "happy"
    assert prediction.probabilities == face.probabilities
    assert face.confidence == max(face.probabilities.values())
    points = face.landmarks
    assert points is not None
    assert face.box.x < points.right_eye.x < points.nose.x < points.left_eye.x < face.box.x + face.box.width
    assert points.right_eye.y < points.nose.y < points.mouth_left.y < face.box.y + face.box.height


def test_probabilities(predict: Callable[..., Prediction]) -> None:
    """Probabilities are six and sum to one."""
    prediction = predict(pictures.HOPPER.read_bytes())
    assert prediction.probabilities is not None
    assert tuple(prediction.probabilities) == EMOTIONS
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_phone_photo(predict: Callable[..., Prediction]) -> None:
    """A large turned photo has its box and landmarks in its own upright pixels."""
    face = predict(pictures.phone_photo()).faces[0]
    x, y = (round(v * 3000 / 512) for v in pictures.ASTRONAUT_FACE)
    assert face.box.x < x < face.box.x + face.box.width
    assert face.box.y < y + 500 < face.box.y + face.box.height
    assert face.landmarks is not None
    assert face.box.y < face.landmarks.nose.y < face.box.y + face.box.height


def test_no_face(predict: Callable[..., Prediction]) -> None:
    """No face is a result."""
    prediction = predict(pictures.png_of_zeros(640, 480))
    assert prediction.faces == []
    assert prediction.emotion is None
    assert prediction.probabilities is None


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (23, 23)])
def test_too_small(predict: Callable[..., Prediction], size: tuple[int, int]) -> None:
    """Pictures too small for a face have none."""
    assert predict(pictures.png_of_zeros(*size)).faces == []


@pytest.mark.parametrize("size", [(300, 200), (1, 2000), (48, 48)])
def test_whole_picture(predict: Callable[..., Prediction], size: tuple[int, int]) -> None:
    """With detect=False the whole picture is one face, without score and landmarks."""
    (face,) = predict(pictures.png_of_zeros(*size), detect=False).faces
    assert face.box.model_dump() == {"x": 0, "y": 0, "width": size[0], "height": size[1]}
    assert face.detection_score is None
    assert face.landmarks is None


def test_crop_as_whole_picture(predict: Callable[..., Prediction]) -> None:
    """A crop of a face reads with detect=False as the face does in its photo."""
    (found,) = predict(pictures.ASTRONAUT.read_bytes()).faces
    box = found.box
    corners = (box.x, box.y, box.x + box.width, box.y + box.height)
    crop_file = pictures.encode(pictures.astronaut().crop(corners), "PNG")
    (face,) = predict(crop_file, detect=False).faces
    assert face.emotion == "happy"
    assert face.confidence == pytest.approx(found.confidence, abs=0.1)


def test_threads_with_tools_of_their_own_agree(model: Model) -> None:
    photo = decode(pictures.ASTRONAUT.read_bytes(), LIMITS.pixels)
    alone = Detector().detect(photo.grey)
    found = []

    def look() -> None:
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


def test_a_model_that_is_not_its_cards_is_refused(tmp_path: Path) -> None:
    (tmp_path / "emotion.tflite").write_bytes(MODEL_FILE.read_bytes() + b"x")
    (tmp_path / "emotion.json").write_text(MODEL_FILE.with_suffix(".json").read_text())
    with pytest.raises(ModelFileError, match="sha256"):
        load_model(tmp_path / "emotion.tflite")
    with pytest.raises(ModelFileError, match="cannot read"):
        load_model(tmp_path / "other.tflite")
