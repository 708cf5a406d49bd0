"""A model file, whichever its kind, as one function from crops to probabilities."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from services.inference.classify import Classifier, load_model
from services.inference.errors import ModelFileError
from training.data import DataError

if TYPE_CHECKING:
    import keras

MARGIN: Final = 2
"""Pixels on each side of a face that the nearer view leaves out."""
Predictor = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""(n, 48, 48) grey 0–255 → (n, 6) probabilities."""


def load_predictor(path: Path) -> Predictor:
    """The serving runtime for `.tflite`; Keras, and the head for hard labels, for `.keras`."""
    if path.suffix != ".tflite":
        return _keras(path)
    try:
        return Classifier(load_model(path)).classify
    except ModelFileError as error:
        raise DataError(str(error)) from error


def _keras(path: Path) -> Predictor:
    import keras  # noqa: PLC0415  # the serving file must be evaluated without TensorFlow installed

    model = keras.saving.load_model(path, compile=False)

    def predict(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        outputs = model.predict(images[..., None].astype(np.float32), batch_size=512, verbose=0)
        return np.asarray(outputs["label"], np.float32)

    return predict


def views(face: Any) -> list[Any]:  # noqa: ANN401  # arrays, or tensors of whichever backend runs
    """What each answer is the mean over: a face (n, 48, 48, 1) from a little nearer, and its mirror image."""
    from keras import ops  # noqa: PLC0415  # as above

    middle = face[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    nearer = ops.image.resize(middle, face.shape[1:3], interpolation="bilinear")
    return [nearer, ops.flip(face, axis=2)]


def predict_heads(model: "keras.Model", images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """(n, 6) per head, each the mean over both `views`."""
    from keras import ops  # noqa: PLC0415  # as above

    faces = images[..., None].astype(np.float32)
    seen = [ops.convert_to_numpy(view) for view in views(faces)]
    ways = [model.predict(view, batch_size=512, verbose=0) for view in seen]
    return {name: (ways[0][name] + ways[1][name]) / 2 for name in ways[0]}
