"""Crops → probabilities."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from services.inference.errors import ModelFileError
from services.inference.runtime import Model, Network, load_network

ANSWER: Final = "probabilities"
"""The output that is served, where a file has several; the others are its heads alone."""


def load_model(path: Path) -> Model:
    """As `load_network`, and ModelFileError unless the labels are EMOTIONS in their order."""
    model = load_network(path)
    if model.card.get("labels") != list(EMOTIONS):
        raise ModelFileError(f"{path.name} has labels {model.card.get('labels')}, not {list(EMOTIONS)}")
    return model


class Classifier:
    """Not thread-safe, as the interpreter is not: one per thread."""

    def __init__(self, model: Model) -> None:
        self._network = Network(model)
        self._heads = dict(self._network.outputs)
        only = next(iter(self._heads))
        self._answer = self._heads.pop(ANSWER if ANSWER in self._heads else only)

    def classify(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, 48, 48) grey 0–255 → (n, 6) probabilities in the order of EMOTIONS, each row summing to 1."""
        return self._run(crops, {ANSWER: self._answer})[ANSWER]

    def answers(self, crops: NDArray[np.uint8] | NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The same by output: ANSWER, and each head alone, calibrated to its labels, where there are any."""
        return self._run(crops, {ANSWER: self._answer, **self._heads})

    def _run(
        self, crops: NDArray[np.uint8] | NDArray[np.float32], outputs: dict[str, int]
    ) -> dict[str, NDArray[np.float32]]:
        rows = {name: np.empty((len(crops), len(EMOTIONS)), np.float32) for name in outputs}
        for i, crop in enumerate(crops.astype(np.float32)):
            self._network.run(crop[None, :, :, None])
            for name, index in outputs.items():
                rows[name][i] = self._network.result(index)[0]
        return rows
