"""From a network's heads to the one vector that the API returns: mixture, temperature, doubt.

Chosen on the even rows of PublicTest, reported on the odd ones.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from services.emotions import EMOTIONS
from training.data import Faces
from training.measure.metrics import majority, risk_coverage

Probabilities = NDArray[np.float32]
SURE_ENOUGH: Final = 0.8
"""An answer is called uncertain below the confidence at which the answers kept are right this often."""


@dataclass(frozen=True)
class Calibration:
    votes_share: float
    """Weight of the head trained on FER+'s votes; the rest is the hard-label head's."""
    temperature: float
    """Divides the mixture's log-probabilities."""
    uncertain_below: float = 0.0
    alone: dict[str, float] = field(default_factory=dict)
    """Temperature of each head by itself, for the labels it was taught."""

    def apply(self, heads: dict[str, Probabilities]) -> Probabilities:
        """(n, 6) per head → (n, 6)."""
        mixed = heads["label"]
        if self.votes_share:
            mixed = (1 - self.votes_share) * mixed + self.votes_share * heads["votes"]
        return sharpen(mixed, self.temperature)

    def as_json(self) -> dict[str, Any]:
        figures = asdict(self)
        heads = {name: round(value, 4) for name, value in figures.pop("alone").items()}
        return {name: round(value, 4) for name, value in figures.items()} | {"alone": heads}


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


def fit_alone(heads: dict[str, NDArray[np.float32]], faces: Faces) -> dict[str, float]:
    """The temperature of each head for the labels it was taught; `heads` are of `faces`, (n, 6) each."""
    clear, crowd = majority(faces.six_votes())
    taught = {"label": (np.ones_like(clear), faces.labels), "votes": (clear, crowd)}
    sure = np.eye(len(EMOTIONS), dtype=np.float32)
    fitted = {}
    for name, said in heads.items():
        rows, truth = taught[name]
        if rows.any():
            fitted[name] = fit_temperature(said[rows], sure[truth[rows]])
    return fitted


def choose_threshold(probabilities: Probabilities, labels: NDArray[np.int8]) -> float:
    """The least confidence from which answers are right with SURE_ENOUGH; 1 if they never are."""
    thresholds, _, accuracy = risk_coverage(probabilities, labels)
    enough = np.flatnonzero(accuracy >= SURE_ENOUGH)
    return float(thresholds[enough[-1]]) if enough.size else 1.0
