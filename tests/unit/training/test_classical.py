"""The classical methods on made-up faces that any of them can tell apart."""

import numpy as np
import pytest

from services.inference.model import MODEL_FILE
from tests.helpers.faces import made_up
from training.methods import classical, landmarks

FACES = made_up()
PUBLIC = FACES.only("PublicTest")


def rows_of_points(images):
    """A made-up source of landmarks: a row of points along the bar that tells the label, and one below."""
    top = (images.mean(axis=2) > 200).argmax(axis=1).astype(np.float32)
    points = np.zeros((len(images), 60, 2), np.float32)
    points[:, :, 0] = np.tile(np.linspace(0, 48, 30), 2)
    points[:, :30, 1], points[:, 30:, 1] = top[:, None], 60
    return points


@pytest.mark.filterwarnings("ignore:.*(reached|ITERATIONS).*")  # sixty faces settle no perceptron
@pytest.mark.parametrize("name", classical.METHODS)
def test_each_method_learns_six_easy_labels(name):
    taught = FACES.only("Training")
    make, about = classical.METHODS[name]
    fitted = make(1, len(taught.labels)).fit(taught.images, taught.labels)
    scores = classical.scores(fitted, PUBLIC.images)
    assert scores.shape == (24, 6)
    assert (scores.argmax(axis=1) == PUBLIC.labels).mean() > 0.6, about
    assert classical.parameters(fitted) > 100
    again = make(1, len(taught.labels)).fit(taught.images, taught.labels)
    assert np.allclose(classical.scores(again, PUBLIC.images), scores, rtol=1e-3, atol=1e-3)


def test_landmark_shapes_learn_what_the_landmarks_tell():
    taught = FACES.only("Training")
    fitted = landmarks.landmark_shape(rows_of_points, 1, len(taught.labels)).fit(taught.images, taught.labels)
    assert (classical.scores(fitted, PUBLIC.images).argmax(axis=1) == PUBLIC.labels).mean() > 0.4


def test_a_shape_is_the_same_wherever_however_large_and_however_tilted():
    rng = np.random.default_rng(3)
    shapes = rng.normal(size=(9, 5, 2)).astype(np.float32)
    how = landmarks.Procrustes().fit(shapes)
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    moved = (7 * shapes @ turn.T + 30).astype(np.float32)
    assert np.allclose(how.transform(moved), how.transform(shapes), atol=1e-4)
    assert not np.allclose(how.transform(shapes)[0], how.transform(shapes)[1], atol=1e-2)


def test_labels_never_taught_are_never_answered():
    rows = np.flatnonzero((FACES.labels == 1) | (FACES.labels == 4))
    fitted = classical.gabor_svm(1, len(rows)).fit(FACES.images[rows], FACES.labels[rows])
    scores = classical.scores(fitted, FACES.images[:12])
    assert np.isneginf(scores[:, [0, 2, 3, 5]]).all()
    assert scores[[1, 4, 7, 10]].argmax(axis=1).tolist() == [1, 4, 1, 4]


def test_another_model_is_no_face_mesh(tmp_path):
    with pytest.raises(ValueError, match=r"is not MediaPipe's face_landmark\.tflite"):
        landmarks.face_mesh(MODEL_FILE)
    (tmp_path / "empty.tflite").write_bytes(b"")
    with pytest.raises(ValueError, match=r"empty\.tflite"):
        landmarks.face_mesh(tmp_path / "empty.tflite")
