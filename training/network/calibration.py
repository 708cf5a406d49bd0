"""Mix a network's heads into one answer, and fit its temperature and the threshold of doubt.

Fitted on PublicTest; `training.shipped` cross-fits the figures that are reported of it.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from training.dataset import Faces
from training.measure.metrics import Labels, Probabilities, majority, one_hot, risk_coverage

KEPT_ACCURACY: Final = 0.8
"""An answer is called uncertain below the confidence at which the answers kept are right this often."""


@dataclass(frozen=True)
class Calibration:
    votes_share: float
    """Weight of the head trained on FER+'s votes; the rest is the hard-label head's."""
    temperature: float
    """Divides the mixture's log-probabilities."""
    uncertain_below: float = 0.0
    alone: dict[str, float] = field(default_factory=dict)
    """Temperature of each head by itself, for the labels it was trained on."""

    def apply(self, heads: dict[str, Probabilities]) -> Probabilities:
        """(n, 6) per head → (n, 6)."""
        return sharpen(mix_heads(heads, self.votes_share), self.temperature)

    def as_json(self) -> dict[str, Any]:
        figures = asdict(self)
        heads = {name: round(value, 4) for name, value in figures.pop("alone").items()}
        return {name: round(value, 4) for name, value in figures.items()} | {"alone": heads}


def mix_heads(heads: dict[str, Any], votes_share: float) -> Any:  # noqa: ANN401  # arrays or symbolic tensors
    """The weighted mean of the two heads; the `votes` head may be missing at share 0."""
    if not votes_share:
        return heads["label"]
    return (1 - votes_share) * heads["label"] + votes_share * heads["votes"]


def sharpen(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Softmax of log-probabilities over `temperature`: below 1 surer, above 1 less sure."""
    powered: Probabilities = np.maximum(probabilities, np.float32(1e-9)) ** np.float32(1 / temperature)
    powered /= powered.sum(axis=1, keepdims=True)
    return powered


def fit_temperature(probabilities: Probabilities, targets: NDArray[np.float32]) -> float:
    """The temperature of least cross-entropy to `targets`, (n, 6) shares that sum to 1."""

    def cross_entropy(temperature: float) -> float:
        return float(-(targets * np.log(sharpen(probabilities, temperature))).sum(axis=1).mean())

    return float(minimize_scalar(cross_entropy, bounds=(0.2, 5.0), method="bounded").x)


def fit_alone(heads: dict[str, Probabilities], faces: Faces) -> dict[str, float]:
    """The temperature of each head for the labels it was trained on."""
    clear, voted = majority(faces.six_votes())
    rows_and_labels = {"label": (np.ones_like(clear), faces.labels), "votes": (clear, voted)}
    fitted = {}
    for name, probabilities in heads.items():
        rows, labels = rows_and_labels[name]
        if rows.any():
            fitted[name] = fit_temperature(probabilities[rows], one_hot(labels[rows]))
    return fitted


def calibrate(
    heads: dict[str, Probabilities], served: dict[str, Probabilities], faces: Faces, votes_share: float
) -> Calibration:
    """Temperatures for the `heads` of `faces` as framed, threshold for those as `served`; (n, 6) each."""
    temperature = fit_temperature(mix_heads(heads, votes_share), one_hot(faces.labels))
    threshold = _choose_threshold(sharpen(mix_heads(served, votes_share), temperature), faces.labels)
    return Calibration(votes_share, temperature, threshold, fit_alone(heads, faces))


def _choose_threshold(probabilities: Probabilities, labels: Labels) -> float:
    """The least confidence from which answers are right with KEPT_ACCURACY; 1 if they never are."""
    thresholds, _, accuracy = risk_coverage(probabilities, labels)
    enough = np.flatnonzero(accuracy >= KEPT_ACCURACY)
    return float(thresholds[enough[-1]]) if enough.size else 1.0
