"""Finished networks that teach another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.classify import Classifier, load_model
from services.inference.errors import ModelFileError
from training.dataset import DataError
from training.network.calibration import sharpen
from training.network.targets import Shares

HEADS: Final = ("label", "votes")


class LiveTeacher:
    """Serving files that give their word on the very views that the student learns from.

    So they cannot repeat the labels of faces that they learnt by heart.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        try:
            models = [load_model(path) for path in files]
        except ModelFileError as error:
            raise DataError(str(error)) from error
        self._teachers = [(Classifier(m), m.card["calibration"]["alone"]) for m in models]

    def answer(self, faces: NDArray[np.float32]) -> dict[str, Shares]:
        """(n, 48, 48) → the mean of their heads, without the temperature that serving applies."""
        answers: dict[str, list[Shares]] = {name: [] for name in HEADS}
        for classifier, temperatures in self._teachers:
            for name, shares in classifier.answers(faces).items():
                if name in temperatures:  # a head, not the answer served
                    answers[name].append(sharpen(shares, 1 / temperatures[name]))
        return {name: np.mean(some, axis=0, dtype=np.float32) for name, some in answers.items()}
