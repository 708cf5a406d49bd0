"""The networks. Each takes (n, 48, 48, 1) grey faces as floats 0–255 and scales them itself; emonet any size.

Outputs are a dictionary of softmax vectors (n, 6) in the order of EMOTIONS: `label` is trained on FER2013's
hard labels; `votes`, where a network has it, on the shares of FER+'s ten votes.
"""

from collections.abc import Callable
from typing import Any, Final

import keras
from keras import layers

from services.emotions import EMOTIONS

SIDE: Final = 48
Tensor = Any


def vgg9() -> keras.Model:
    """The report's final network: nine 3×3 convolutions, a max-pool after every three, two dense layers."""
    face = keras.Input((SIDE, SIDE, 1), name="face")
    x = layers.Rescaling(1 / 127.5, offset=-1)(face)
    for width in (32, 64, 128):
        for _ in range(3):
            x = _conv(x, width)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for width in (256, 128):
        x = layers.Dropout(0.4)(x)
        x = layers.Dense(width, use_bias=False)(x)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
    return keras.Model(face, {"label": _head(x, "label")}, name="vgg9")


def emonet() -> keras.Model:
    """A narrow residual network at full resolution, one trunk and two heads.

    Per stage one convolution that widens and two with an identity skip; max-pool between the stages,
    squeeze-and-excitation on the last, global average pool. Takes faces of any size, so that it can begin on
    smaller ones.
    """
    face = keras.Input((None, None, 1), name="face")
    x = layers.Rescaling(1 / 127.5, offset=-1)(face)
    widths = (32, 64, 128, 192)
    for stage, width in enumerate(widths):
        if stage:
            x = layers.MaxPooling2D()(x)
        x = _conv(x, width)
        for _ in range(1 if stage == 0 else 2):
            x = layers.Activation("relu")(layers.Add()([x, _conv(x, width, activate=False)]))
    x = _squeeze_excite(x, widths[-1])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.3)(x)
    return keras.Model(face, {"label": _head(x, "label"), "votes": _head(x, "votes")}, name="emonet")


def _conv(x: Tensor, width: int, *, activate: bool = True) -> Tensor:
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    return layers.Activation("relu")(x) if activate else x


def _squeeze_excite(x: Tensor, width: int) -> Tensor:
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(width // 8, 1, activation="relu")(gate)
    gate = layers.Conv2D(width, 1, activation="sigmoid")(gate)
    return layers.Multiply()([x, gate])


def _head(x: Tensor, name: str) -> Tensor:
    return layers.Dense(len(EMOTIONS), activation="softmax", dtype="float32", name=name)(x)


NETWORKS: Final[dict[str, Callable[[], keras.Model]]] = {"vgg9": vgg9, "emonet": emonet}
