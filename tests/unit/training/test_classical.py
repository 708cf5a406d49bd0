"""The classical methods on made-up faces that any of them can tell apart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from services.inference.model import MODEL_FILE
from tests.helpers.faces import made_up
from training.methods import classical, landmarks

FACES = made_up()
PUBLIC = FACES.only("PublicTest")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """More threads wait for each other on such small matrices, for minutes on a busy machine."""
    with threadpool_limits(1):
        yield


def rows_of_points(images: Any) -> Any:
    """A made-up source of landmarks: a row of points along the bar that tells the label, and one below."""
    top = (images.mean(axis=2) > 200).argmax(axis=1).astype(np.float32)
    points = np.zeros((len(images), 60, 2), np.float32)
    points[:, :, 0] = np.tile(np.linspace(0, 48, 30), 2)
    points[:, :30, 1], points[:, 30:, 1] = top[:, None], 60
    return points


@pytest.mark.filterwarnings("ignore:.*(reached|ITERATIONS).*")  # sixty faces are too few to converge
@pytest.mark.parametrize("name", classical.METHODS)
def test_method(name: str) -> None:
    """Each method learns six easy labels, and learns them alike twice."""
    training = FACES.only("Training")
    make, about = classical.METHODS[name]
    fitted = make(1, len(training.labels)).fit(training.images, training.labels)
    scores = classical.scores(fitted, PUBLIC.images)
    assert scores.shape == (24, 6)
    assert (scores.argmax(axis=1) == PUBLIC.labels).mean() > 0.6, about
    assert classical.parameters(fitted) > 100
    again = make(1, len(training.labels)).fit(training.images, training.labels)
    assert np.allclose(classical.scores(again, PUBLIC.images), scores, rtol=1e-3, atol=1e-3)


def test_landmark_shape() -> None:
    """Landmark shapes learn labels that change the landmarks."""
    training = FACES.only("Training")
    fitted = landmarks.landmark_shape(rows_of_points, 1, len(training.labels)).fit(
        training.images, training.labels
    )
    assert (classical.scores(fitted, PUBLIC.images).argmax(axis=1) == PUBLIC.labels).mean() > 0.4


def test_procrustes() -> None:
    """A shape is the same at any position, size and rotation."""
    rng = np.random.default_rng(3)
    shapes = rng.normal(size=(9, 5, 2)).astype(np.float32)
    how = landmarks.Procrustes().fit(shapes)
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    moved = (7 * shapes @ turn.T + 30).astype(np.float32)
    assert np.allclose(how.transform(moved), how.transform(shapes), atol=1e-4)
    assert not np.allclose(how.transform(shapes)[0], how.transform(shapes)[1], atol=1e-2)


def test_missing_labels() -> None:
    """Labels that Training does not have are never answered."""
    rows = np.flatnonzero((FACES.labels == 1) | (FACES.labels == 4))
    fitted = classical.gabor_svm(1, len(rows)).fit(FACES.images[rows], FACES.labels[rows])
    scores = classical.scores(fitted, FACES.images[:12])
    assert np.isneginf(scores[:, [0, 2, 3, 5]]).all()
    assert scores[[1, 4, 7, 10]].argmax(axis=1).tolist() == [1, 4, 1, 4]


def test_face_mesh_file(tmp_path: Path) -> None:
    """A model file other than the face mesh is refused."""
    with pytest.raises(ValueError, match=r"is not MediaPipe's face_landmark\.tflite"):
        landmarks.face_mesh(MODEL_FILE)
    (tmp_path / "empty.tflite").write_bytes(b"")
    with pytest.raises(ValueError, match=r"empty\.tflite"):
        landmarks.face_mesh(tmp_path / "empty.tflite")
