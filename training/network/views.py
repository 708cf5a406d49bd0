"""The views of a face whose mean is the answer. Imports no service; runs on any Keras backend."""

from collections.abc import Sequence
from typing import Any, Final

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

MARGIN: Final = 2
"""Pixels on each side of a face that the nearer view leaves out."""
LITE: Final = "emonet_lite"
"""The network that sees the whole face, as its pixels are few."""


def names(network: str) -> tuple[str, str]:
    """What the network's views are, for people."""
    return ("as it is" if network == LITE else "a little nearer", "mirrored")


def views(face: Any, network: str) -> list[Any]:  # noqa: ANN401  # arrays, or tensors of whichever backend runs
    """Two views of faces (n, 48, 48, 1), as `names` says."""
    return [face if network == LITE else _nearer(face), ops.flip(face, axis=2)]


def _nearer(face: Any) -> Any:  # noqa: ANN401  # as above
    middle = face[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    return ops.image.resize(middle, face.shape[1:3], interpolation="bilinear")


def predict_heads(
    networks: Sequence[keras.Model], images: NDArray[np.uint8]
) -> dict[str, NDArray[np.float32]]:
    """(n, 6) per head: the mean of what the first network says of its first view, the last of its second."""
    pixels = images[..., None].astype(np.float32)
    seen = [
        network.predict(ops.convert_to_numpy(views(pixels, network.name)[i]), batch_size=512, verbose=0)
        for i, network in enumerate((networks[0], networks[-1]))
    ]
    return {name: np.mean([one[name] for one in seen], axis=0) for name in seen[0]}
