"""A model file, whichever its kind, as one function from crops to probabilities."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.inference.classify import Classifier, load_model
from services.inference.errors import ModelFileError
from training.data import DataError

Predictor = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""(n, 48, 48) grey 0–255 → (n, 6) probabilities."""
Heads = Callable[[NDArray[np.uint8]], dict[str, NDArray[np.float32]]]
"""The same of each head alone, by name."""


def load_predictor(path: Path) -> Predictor:
    """The serving runtime for `.tflite`; Keras, and the head for hard labels, for `.keras`."""
    return _serving(path).classify if path.suffix == ".tflite" else _keras(path)


def load_heads(path: Path) -> Heads:
    """The heads in a serving file, calibrated; of a `.keras` none, as `training heads` tells more of it."""
    return _serving(path).heads if path.suffix == ".tflite" else lambda _: {}


def _serving(path: Path) -> Classifier:
    try:
        return Classifier(load_model(path))
    except ModelFileError as error:
        raise DataError(str(error)) from error


def _keras(path: Path) -> Predictor:
    import keras  # noqa: PLC0415  # the serving file must be evaluated without TensorFlow installed

    model = keras.saving.load_model(path, compile=False)

    def predict(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        outputs = model.predict(images[..., None].astype(np.float32), batch_size=512, verbose=0)
        return np.asarray(outputs["label"], np.float32)

    return predict
