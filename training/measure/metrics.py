"""Figures of merit of a classifier: pure functions of (n, 6) probabilities and (n,) label numbers."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import binomtest

from services.emotions import EMOTIONS
from training.dataset import Images

Probabilities = NDArray[np.float32]
Labels = NDArray[np.int8]
BINS: Final = 15
MIN_VOTES: Final = 5
DRAWS: Final = 200
"""Of labels, to find the calibration error that a perfectly calibrated model would show."""


NEED_PROBABILITIES: Final = {"ece", "ece_excess", "brier", "log_loss"}
"""Figures that need more than the order of each row's scores."""


def describe(probabilities: Probabilities, labels: Labels) -> dict[str, Any]:
    """Every figure of one labelled set, ready for JSON."""
    truth = one_hot(labels)
    right = probabilities.argmax(axis=1) == labels
    counts = confusion(probabilities, labels)
    return {
        "n": len(labels),
        "accuracy": round(float(right.mean()), 4),
        "interval_95": wilson(int(right.sum()), len(right)),
        "per_class": _per_class(counts),
        "confusion": counts.tolist(),
        "rank_of_truth": rank_of_truth(probabilities, labels),
        "ece": round(ece(probabilities, labels), 4),
        "ece_excess": round(ece_excess(probabilities, labels), 4),
        "brier": round(float(((probabilities - truth) ** 2).sum(axis=1).mean()), 4),
        "log_loss": round(float(-np.log(np.maximum(probabilities[truth == 1], 1e-9)).mean()), 4),
    }


def describe_scores(scores: Probabilities, labels: Labels) -> dict[str, Any]:
    """Those figures that need only the order of each row's six scores."""
    figures = describe(softmax(scores, axis=1), labels)
    return {name: figure for name, figure in figures.items() if name not in NEED_PROBABILITIES}


def one_hot(labels: NDArray[np.integer]) -> Probabilities:
    return np.asarray(np.eye(len(EMOTIONS), dtype=np.float32)[labels])


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95% score interval of a proportion."""
    low, high = binomtest(hits, n).proportion_ci(method="wilson")
    return round(float(low), 4), round(float(high), 4)


def confusion(probabilities: Probabilities, labels: Labels) -> NDArray[np.int64]:
    """(6, 6) counts: row the truth, column the answer."""
    truth, answers = one_hot(labels), one_hot(probabilities.argmax(axis=1))
    return (truth.T @ answers).astype(np.int64)


def _per_class(counts: NDArray[np.int64]) -> dict[str, dict[str, float]]:
    """Precision, recall and row count per emotion; 0 instead of a division by zero."""
    precision = np.diag(counts) / np.maximum(1, counts.sum(axis=0))
    recall = np.diag(counts) / np.maximum(1, counts.sum(axis=1))
    return {
        name: {"precision": round(float(p), 4), "recall": round(float(r), 4), "n": int(row.sum())}
        for name, p, r, row in zip(EMOTIONS, precision, recall, counts, strict=True)
    }


def rank_of_truth(probabilities: Probabilities, labels: Labels) -> list[float]:
    """Share of rows whose true label is among the first 1, 2, … 6 answers."""
    rank = (np.argsort(-probabilities, axis=1) == labels[:, None]).argmax(axis=1)
    return [round(float((rank <= k).mean()), 4) for k in range(len(EMOTIONS))]


def reliability(probabilities: Probabilities, labels: Labels) -> list[tuple[float, float, int]]:
    """(mean confidence, accuracy, rows) of each of BINS equal-width bins of confidence that has rows."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    which = _bin_of(confidence)
    bins = [which == b for b in np.unique(which)]
    return [(float(confidence[b].mean()), float(right[b].mean()), int(b.sum())) for b in bins]


def _bin_of(confidence: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def ece(probabilities: Probabilities, labels: Labels) -> float:
    """Expected calibration error over the bins of `reliability`."""
    bins = reliability(probabilities, labels)
    return sum(n * abs(accuracy - confidence) for confidence, accuracy, n in bins) / len(labels)


def ece_excess(probabilities: Probabilities, labels: Labels) -> float:
    """`ece` less its mean over labels drawn from the probabilities themselves; around 0 if they are right."""
    confidence = probabilities.max(axis=1)
    which = _bin_of(confidence)
    right = np.random.default_rng(0).random((DRAWS, len(confidence))) < confidence
    gaps = [np.bincount(which, hits - confidence, BINS) for hits in right]
    return ece(probabilities, labels) - float(np.abs(gaps).sum(axis=1).mean()) / len(labels)


def risk_coverage(probabilities: Probabilities, labels: Labels) -> tuple[NDArray[np.float64], ...]:
    """(threshold, coverage, accuracy) if only answers at least as confident as each row's are given."""
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence)
    right = (probabilities.argmax(axis=1) == labels)[order]
    kept = np.arange(1, len(order) + 1)
    return confidence[order].astype(np.float64), kept / len(order), right.cumsum() / kept


def kl_to_votes(probabilities: Probabilities, shares: Probabilities) -> float:
    """Mean Kullback-Leibler divergence from the vote shares to the answer, in nats."""
    ratio = np.log(np.maximum(shares, 1e-9)) - np.log(np.maximum(probabilities, 1e-9))
    return float(np.where(shares > 0, shares * ratio, 0).sum(axis=1).mean())


def majority(six_votes: NDArray[np.float32]) -> tuple[NDArray[np.bool_], Labels]:
    """Rows with at least MIN_VOTES votes and one label with more than half of them, and that label."""
    total = six_votes.sum(axis=1)
    clear = (total >= MIN_VOTES) & (six_votes.max(axis=1) > total / 2)
    return clear, six_votes.argmax(axis=1).astype(np.int8)


def twins(images: Images, training: Images) -> NDArray[np.bool_]:
    """Which of `images` are pixel for pixel in `training` too."""
    seen = {image.tobytes() for image in training}
    return np.array([image.tobytes() in seen for image in images], np.bool_)
