"""Landmark shapes, PCA and a support vector machine: the shape half of the report's active appearance model.

The landmarks come from MediaPipe's face mesh (Apache 2.0), a TensorFlow Lite file that is not part of this
project; a user takes it once from MediaPipe's own package:

    python -m pip download --no-deps mediapipe==0.10.21
    unzip -j mediapipe-*.whl mediapipe/modules/face_landmark/face_landmark.tflite
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from training.dataset import Images
from training.methods.classical import pipeline, with_progress_bar

POINTS: Final = 468
PADDING: Final = 6
"""Pixels added around a 48×48 face, as the mesh was trained on looser crops."""
Landmarks = Callable[[Images], NDArray[np.float32]]
"""(n, 48, 48) grey → (n, k, 2) points, x and y."""


def face_mesh(path: Path) -> Landmarks:
    """The 468 points of MediaPipe's mesh; ValueError if `path` is another model."""
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"{path} is no TensorFlow Lite file: {error}") from error
    given, outputs = interpreter.get_input_details()[0], interpreter.get_output_details()
    points = [output["index"] for output in outputs if np.prod(output["shape"]) == POINTS * 3]
    if len(given["shape"]) != 4 or given["shape"][3] != 3 or not points:
        raise ValueError(f"{path} is not MediaPipe's face_landmark.tflite of {POINTS} points")
    side = int(given["shape"][1])

    def find(images: Images) -> NDArray[np.float32]:
        found = np.empty((len(images), POINTS, 2), np.float32)
        for row, image in zip(found, with_progress_bar(images), strict=True):
            loose = cv2.copyMakeBorder(image, PADDING, PADDING, PADDING, PADDING, cv2.BORDER_REPLICATE)
            large = cv2.resize(loose, (side, side), interpolation=cv2.INTER_CUBIC)
            colour = cv2.cvtColor(large, cv2.COLOR_GRAY2RGB).astype(np.float32) / 255
            interpreter.set_tensor(given["index"], colour[None])
            interpreter.invoke()
            row[:] = interpreter.get_tensor(points[0]).reshape(POINTS, 3)[:, :2]
        return found

    return find


def landmark_shape(landmarks: Landmarks, seed: int, rows: int) -> Pipeline:
    pca = PCA(min(40, rows - 1), whiten=True, svd_solver="randomized", random_state=seed)
    return pipeline(landmarks, Procrustes(), pca, SVC(C=3.0, cache_size=1000))


class Procrustes(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Shapes without position, size and rotation: each aligned to the mean shape (Gower 1975)."""

    def fit(self, shapes: NDArray[np.float32], labels: object = None) -> "Procrustes":  # noqa: ARG002  # its form
        points = _normalised(shapes)
        self.mean_shape_ = points[0]
        for _ in range(5):  # converges in two or three
            mean = _rotated(points, self.mean_shape_).mean(axis=0)
            self.mean_shape_ = mean / np.linalg.norm(mean)
        return self

    def transform(self, shapes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, k, 2) points → (n, 2k) coordinates."""
        points = _rotated(_normalised(shapes), self.mean_shape_)
        return np.concatenate([points.real, points.imag], axis=1).astype(np.float32)


def _normalised(shapes: NDArray[np.float32]) -> NDArray[np.complex128]:
    """(n, k) complex points of mean 0 and length 1: a rotation is then one multiplication."""
    points = shapes[..., 0].astype(np.float64) + 1j * shapes[..., 1].astype(np.float64)
    points -= points.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.maximum(lengths, 1e-9), np.complex128)


def _rotated(points: NDArray[np.complex128], target: NDArray[np.complex128]) -> NDArray[np.complex128]:
    angle = np.angle(points @ target.conj())
    return np.asarray(points * np.exp(-1j * angle)[:, None], np.complex128)
