"""The report's classical methods, as scikit-learn pipelines from (n, 48, 48) grey faces to label numbers.

Settings that the report does not give (components, filters, kernels) have usual values and were not searched;
the table of `python -m training compare` lists them.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from tqdm import tqdm

from services.emotions import EMOTIONS
from training.dataset import Images

Features = NDArray[np.float32]
WAVELENGTHS: Final = (4.0, 5.7, 8.0, 11.3)
"""Of the Gabor filters, in pixels: half an octave apart."""
ORIENTATIONS: Final = 8
EARLY_STOPPING_ROWS: Final = 1000
"""Training faces from which on a tenth of them is kept apart to stop the perceptron's training early."""
LEARNED_ATTRIBUTES: Final = (
    *("components_", "mean_", "scale_", "support_vectors_", "dual_coef_"),
    *("coef_", "intercept_", "coefs_", "intercepts_", "cluster_centers_"),
)
"""Where scikit-learn keeps what a prediction needs."""


def eigenfaces(seed: int, rows: int) -> Pipeline:
    """PCA of the pixels and a support vector machine (Turk & Pentland 1991)."""
    pca = PCA(min(120, rows - 1), whiten=True, svd_solver="randomized", random_state=seed)
    return pipeline(pixels, pca, SVC(C=3.0, cache_size=1000))


def gabor_svm(seed: int, rows: int) -> Pipeline:  # noqa: ARG001  # called as the others
    """The magnitudes of the whole Gabor bank and a linear support vector machine."""
    return pipeline(whole_bank, StandardScaler(), LinearSVC(C=1e-3, dual=False, random_state=seed))


def gabor_lda(seed: int, rows: int) -> Pipeline:
    """A local Gabor bank, PCA and linear discriminants (Deng et al. 2005)."""
    pca = PCA(min(200, rows - 1), svd_solver="randomized", random_state=seed)
    return pipeline(local_bank, StandardScaler(), pca, LinearDiscriminantAnalysis())


def perceptron(seed: int, rows: int) -> Pipeline:
    """A multilayer perceptron on the pixels, with early stopping."""
    batch, early_stopping = min(256, max(16, rows // 8)), rows >= EARLY_STOPPING_ROWS
    how = {"alpha": 1e-2, "max_iter": 60, "n_iter_no_change": 6, "random_state": seed}
    return pipeline(pixels, MLPClassifier((256,), batch_size=batch, early_stopping=early_stopping, **how))


def radial_basis(seed: int, rows: int) -> Pipeline:  # noqa: ARG001  # called as the others
    """A radial basis function network on the face's rough contours."""
    output = LogisticRegression(C=0.1, max_iter=1000)
    return pipeline(contours, RadialBasis(800, seed), StandardScaler(), output)


METHODS: Final[dict[str, tuple[Callable[[int, int], Pipeline], str]]] = {
    "eigenfaces + SVM": (eigenfaces, "120 components, RBF kernel, C 3"),
    "Gabor bank + SVM": (gabor_svm, "4 wavelengths × 8 directions on a 6×6 grid, linear"),
    "local Gabor + PCA + LDA": (gabor_lda, "8 of those filters on a 12×12 grid, 200 components"),
    "multilayer perceptron": (perceptron, "pixels, 256 hidden units"),
    "RBF network on contours": (radial_basis, "Canny edges on a 12×12 grid, 800 centres"),
}
"""Name → (its pipeline by seed and number of training faces, its settings in words)."""


def pipeline(features: Callable[[Images], Features], *steps: Any) -> Pipeline:  # noqa: ANN401  # any estimator
    return make_pipeline(FunctionTransformer(features), *steps)


def scores(estimator: Pipeline, images: Images) -> Features:
    """(n, 6), higher is likelier; comparable within a row only. -inf for a class that was not in Training."""
    decide = getattr(estimator, "decision_function", None) or estimator.predict_proba
    values = decide(images)
    if values.ndim == 1:  # two classes
        values = np.stack([-values, values], axis=1)
    out = np.full((len(images), len(EMOTIONS)), -np.inf, np.float32)
    out[:, estimator.classes_] = values
    return out


def parameters(estimator: Pipeline) -> int:
    """How many learned numbers a prediction needs."""
    steps = [step for _, step in estimator.steps]
    steps += [step.centres for step in steps if isinstance(step, RadialBasis)]
    return sum(_count(getattr(step, name, ())) for step in steps for name in LEARNED_ATTRIBUTES)


def _count(learned: Any) -> int:  # noqa: ANN401  # an array, a list of arrays, or nothing
    return sum(map(_count, learned)) if isinstance(learned, list | tuple) else int(np.size(learned))


def pixels(images: Images) -> Features:
    """(n, 2304), each face with mean 0 and deviation 1."""
    flat = images.reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(flat.std(axis=1, keepdims=True), 1))


def whole_bank(images: Images) -> Features:
    """(n, 1152): every wavelength in every direction."""
    return _magnitudes(images, [(wave, turn) for wave in WAVELENGTHS for turn in range(ORIENTATIONS)], 6)


def local_bank(images: Images) -> Features:
    """(n, 1152): every direction once, the wavelengths in turn."""
    pairs = [(WAVELENGTHS[turn % len(WAVELENGTHS)], turn) for turn in range(ORIENTATIONS)]
    return _magnitudes(images, pairs, 12)


def _magnitudes(images: Images, pairs: Iterable[tuple[float, int]], grid: int) -> Features:
    """Mean Gabor magnitude in each of `grid` × `grid` cells, per (wavelength, direction)."""
    filters = [(_gabor(wave, turn, 0), _gabor(wave, turn, np.pi / 2)) for wave, turn in pairs]
    out = np.empty((len(images), len(filters), grid, grid), np.float32)
    faces = pixels(images).reshape(images.shape)
    for row, face in zip(out, with_progress_bar(faces), strict=True):
        for cell, (even, odd) in zip(row, filters, strict=True):
            real, imaginary = (cv2.filter2D(face, cv2.CV_32F, kernel) for kernel in (even, odd))
            cell[:] = cv2.resize(cv2.magnitude(real, imaginary), (grid, grid), interpolation=cv2.INTER_AREA)
    return out.reshape(len(images), -1)


def _gabor(wave: float, turn: int, phase: float) -> NDArray[np.float32]:
    sigma = 0.56 * wave  # one octave of bandwidth
    side = 2 * round(2 * sigma) + 1
    angle = np.pi * turn / ORIENTATIONS
    kernel = cv2.getGaborKernel((side, side), sigma, angle, wave, 1.0, phase, cv2.CV_32F)
    even = np.asarray(kernel, np.float32) - np.float32(np.mean(kernel))  # no response to flat skin
    return np.asarray(even / np.abs(even).sum(), np.float32)


def contours(images: Images) -> Features:
    """(n, 144): the amount of edge in each cell of a 12×12 grid, as a share of the largest."""
    out = np.empty((len(images), 12 * 12), np.float32)
    for row, image in zip(out, with_progress_bar(images), strict=True):
        smooth = cv2.GaussianBlur(image, (0, 0), 1.0)
        middle = float(np.median(np.asarray(smooth)))
        edges = cv2.Canny(smooth, 0.33 * middle, 0.66 * middle)
        rough = cv2.resize(edges.astype(np.float32), (12, 12), interpolation=cv2.INTER_AREA)
        row[:] = rough.ravel() / max(1.0, float(rough.max()))
    return out


def with_progress_bar(images: NDArray[Any]) -> Iterable[NDArray[Any]]:
    """With a bar from a thousand on."""
    return tqdm(images, unit="face", leave=False, disable=len(images) < 1000)


class RadialBasis(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Gaussians around k-means centres, of one width: twice the median distance to the nearest centre."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed

    def fit(self, rows: Features, labels: object = None) -> "RadialBasis":  # noqa: ARG002  # scikit-learn's form
        count = min(self.count, len(rows))
        self.centres = MiniBatchKMeans(count, random_state=self.seed, n_init=1, batch_size=2048).fit(rows)
        distances = np.sort(pairwise_distances(self.centres.cluster_centers_), axis=1)
        self.width_ = 2 * float(np.median(distances[:, 1]))
        return self

    def transform(self, rows: Features) -> Features:
        distance = pairwise_distances(rows, self.centres.cluster_centers_)
        return np.asarray(np.exp(-((distance / self.width_) ** 2) / 2), dtype=np.float32)
