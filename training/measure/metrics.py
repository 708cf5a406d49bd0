"""What is reported of a classifier; pure functions of (n, 6) probabilities and (n,) label numbers."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS

Probabilities = NDArray[np.float32]
Labels = NDArray[np.int8]
BINS: Final = 15
LEAST_VOTES: Final = 5
OF_ORDER: Final = ("n", "accuracy", "interval_95", "per_class", "confusion", "rank_of_truth")
"""Figures that need no probabilities."""


def describe(probabilities: Probabilities, labels: Labels) -> dict[str, Any]:
    """Every figure of one labelled set, ready for JSON."""
    truth = np.eye(len(EMOTIONS))[labels]
    right = probabilities.argmax(axis=1) == labels
    return {
        "n": len(labels),
        "accuracy": _share(right),
        "interval_95": wilson(int(right.sum()), len(right)),
        "per_class": per_class(probabilities, labels),
        "confusion": confusion(probabilities, labels).tolist(),
        "rank_of_truth": rank_of_truth(probabilities, labels),
        "ece": round(ece(probabilities, labels), 4),
        "brier": round(float(((probabilities - truth) ** 2).sum(axis=1).mean()), 4),
        "nll": round(float(-np.log(np.maximum(probabilities[truth == 1], 1e-9)).mean()), 4),
    }


def of_scores(scores: Probabilities, labels: Labels) -> dict[str, Any]:
    """What can be said of (n, 6) scores of which only the order within a row counts."""
    powered = np.exp(scores - scores.max(axis=1, keepdims=True))
    figures = describe(powered / powered.sum(axis=1, keepdims=True), labels)
    return {name: figures[name] for name in OF_ORDER}


def _share(hits: NDArray[np.bool_]) -> float:
    return round(float(hits.mean()), 4) if hits.size else float("nan")


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a proportion."""
    p, spread = hits / n, z * z / n
    centre = (p + spread / 2) / (1 + spread)
    half = z * np.sqrt(p * (1 - p) / n + spread / (4 * n)) / (1 + spread)
    return round(float(centre - half), 4), round(float(centre + half), 4)


def confusion(probabilities: Probabilities, labels: Labels) -> NDArray[np.int64]:
    """(6, 6) counts: row the truth, column the answer."""
    table = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(table, (labels, probabilities.argmax(axis=1)), 1)
    return table


def per_class(probabilities: Probabilities, labels: Labels) -> dict[str, dict[str, float]]:
    """Precision, recall and row count per emotion; 0 where nothing stands below the line."""
    table = confusion(probabilities, labels)
    answered, true = table.sum(axis=0), table.sum(axis=1)
    return {
        name: {
            "precision": round(float(table[i, i] / max(1, answered[i])), 4),
            "recall": round(float(table[i, i] / max(1, true[i])), 4),
            "n": int(true[i]),
        }
        for i, name in enumerate(EMOTIONS)
    }


def rank_of_truth(probabilities: Probabilities, labels: Labels) -> list[float]:
    """Share of rows whose true label is among the first 1, 2, … 6 answers."""
    order = np.argsort(-probabilities, axis=1)
    rank = (order == labels[:, None]).argmax(axis=1)
    return [_share(rank <= k) for k in range(len(EMOTIONS))]


def reliability(probabilities: Probabilities, labels: Labels) -> list[tuple[float, float, int]]:
    """(mean confidence, accuracy, rows) of each of 15 equal-width bins of confidence that has rows."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [which == b for b in np.unique(which)]
    return [(float(confidence[b].mean()), float(right[b].mean()), int(b.sum())) for b in bins]


def ece(probabilities: Probabilities, labels: Labels) -> float:
    """Expected calibration error over those bins."""
    bins = reliability(probabilities, labels)
    return sum(n * abs(right - sure) for sure, right, n in bins) / len(labels)


def risk_coverage(probabilities: Probabilities, labels: Labels) -> tuple[NDArray[np.float64], ...]:
    """(threshold, coverage, accuracy) if only answers at least as confident as each row's are given."""
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence)
    right = (probabilities.argmax(axis=1) == labels)[order]
    kept = np.arange(1, len(order) + 1)
    return confidence[order].astype(np.float64), kept / len(order), right.cumsum() / kept


def kl_to_votes(probabilities: Probabilities, shares: Probabilities) -> float:
    """Mean Kullback-Leibler divergence from the crowd's vote shares to the answer, in nats."""
    ratio = np.log(np.maximum(shares, 1e-9)) - np.log(np.maximum(probabilities, 1e-9))
    return float(np.where(shares > 0, shares * ratio, 0).sum(axis=1).mean())


def majority(six_votes: NDArray[np.float32]) -> tuple[NDArray[np.bool_], Labels]:
    """FER+ majority in six classes: rows with at least five votes whose top share is above one half."""
    total = six_votes.sum(axis=1)
    clear = (total >= LEAST_VOTES) & (six_votes.max(axis=1) > total / 2)
    return clear, six_votes.argmax(axis=1).astype(np.int8)


def twins(images: NDArray[np.uint8], training: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of `images` stand pixel for pixel in `training` too."""
    seen = {image.tobytes() for image in training}
    return np.array([image.tobytes() in seen for image in images], np.bool_)
