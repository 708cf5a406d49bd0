"""The views of a face whose mean is the answer. Imports no service; runs on any Keras backend."""

from typing import Any, Final

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

MARGIN: Final = 2
"""Pixels on each side of a face that the nearer view leaves out."""
ONE_VIEW: Final = "emonet_lite"
"""The network that sees a face once, as it is: made to cost little."""


def views(face: Any, network: str) -> list[Any]:  # noqa: ANN401  # arrays, or tensors of whichever backend runs
    """A face (n, 48, 48, 1) from a little nearer, and its mirror image; for ONE_VIEW the face alone."""
    if network == ONE_VIEW:
        return [face]
    middle = face[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    nearer = ops.image.resize(middle, face.shape[1:3], interpolation="bilinear")
    return [nearer, ops.flip(face, axis=2)]


def predict_heads(model: keras.Model, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """(n, 6) per head, each the mean over the network's `views`."""
    seen = [
        model.predict(ops.convert_to_numpy(view), batch_size=512, verbose=0)
        for view in views(images[..., None].astype(np.float32), model.name)
    ]
    return {name: np.mean([one[name] for one in seen], axis=0) for name in seen[0]}
