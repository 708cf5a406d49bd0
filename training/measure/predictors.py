"""A model file of either kind as one object that classifies face crops."""

from pathlib import Path
from typing import Protocol

import numpy as np

from services.inference.classify import ANSWER, Classifier, load_model
from services.inference.errors import ModelFileError
from training.dataset import DataError, Images
from training.measure.metrics import Probabilities


class FaceModel(Protocol):
    """Probabilities are (n, 6)."""

    def classify(self, crops: Images, /) -> Probabilities: ...
    def answers(self, crops: Images, /) -> dict[str, Probabilities]:
        """ANSWER, and the answer of each head alone, by name, where the file gives them."""


class _KerasModel:
    """The head for hard labels of a `model.keras`."""

    def __init__(self, path: Path) -> None:
        import keras  # noqa: PLC0415  # the serving file must be evaluated without TensorFlow installed

        self._model = keras.saving.load_model(path, compile=False)

    def classify(self, crops: Images) -> Probabilities:
        outputs = self._model.predict(crops[..., None].astype(np.float32), batch_size=512, verbose=0)
        return np.asarray(outputs["label"], np.float32)

    def answers(self, crops: Images) -> dict[str, Probabilities]:
        return {ANSWER: self.classify(crops)}


def load_face_model(path: Path) -> FaceModel:
    """In the serving runtime for `.tflite`, in Keras for `.keras`."""
    if path.suffix != ".tflite":
        return _KerasModel(path)
    try:
        return Classifier(load_model(path))
    except ModelFileError as error:
        raise DataError(str(error)) from error
