"""The networks. Each takes (n, 48, 48, 1) grey faces as floats 0–255 and scales them itself; emonet any size.

Outputs are a dictionary of vectors (n, 6) in the order of EMOTIONS: `label` is trained on FER2013's hard
labels; `votes`, where a network has it, on the shares of FER+'s ten votes. They are softmax vectors; with
`output="sigmoid"`, as in the report's appendix, six sigmoids that need not sum to 1.
"""

from collections.abc import Callable
from typing import Any, Final

import keras
from keras import layers, ops

from services.emotions import EMOTIONS
from training.dataset import SIDE

LOSSES: Final = {"softmax": "categorical_crossentropy", "sigmoid": "binary_crossentropy"}
"""The loss that belongs to each kind of output."""
EMONET: Final = (32, 64, 128, 192)
"""Channels of its stages."""
WIDE: Final = (64, 128, 256, 320)
LITE_SIDE: Final = 40
VARIANCE_FLOOR: Final = 25.0
"""In grey levels squared; keeps the noise of a blank picture from being amplified."""
Tensor = Any


def simple3(output: str = "softmax") -> keras.Model:
    """The report's first network: three convolutions and one dense layer.

    The report gives no widths; these are the usual doubling ones.
    """
    face, x = _rescaled_face()
    for width in (32, 64, 128):
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return _model("simple3", face, x, output)


def baseline4(output: str = "softmax") -> keras.Model:
    """The report's appendix: four wide convolutions, each with pool and dropout, and two dense layers."""
    face, x = _rescaled_face()
    for width, kernel in ((64, 3), (128, 5), (512, 3), (512, 3)):
        x = layers.Dropout(0.25)(layers.MaxPooling2D()(_conv(x, width, kernel)))
    x = layers.Flatten()(x)
    for width in (256, 512):
        x = layers.BatchNormalization(momentum=0.95)(layers.Dense(width, use_bias=False)(x))
        x = layers.Dropout(0.25)(layers.Activation("relu")(x))
    return _model("baseline4", face, x, output)


def vgg9(output: str = "softmax") -> keras.Model:
    """The report's final network: nine 3×3 convolutions, a max-pool after every three, two dense layers."""
    face, x = _rescaled_face()
    for width in (32, 64, 128):
        for _ in range(3):
            x = _conv(x, width)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for width in (256, 128):
        x = layers.Dense(width, use_bias=False)(layers.Dropout(0.4)(x))
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
    return _model("vgg9", face, x, output)


def emonet(output: str = "softmax") -> keras.Model:
    """A narrow residual network at full resolution, one trunk and two heads, for faces of any size."""
    face = keras.Input((None, None, 1), name="face")
    return _residual("emonet", face, face, EMONET, output)


def emonet_wide(output: str = "softmax") -> keras.Model:
    """Emonet with twice as many channels, to teach others: too slow to serve."""
    face = keras.Input((None, None, 1), name="face")
    return _residual("emonet_wide", face, face, WIDE, output)


def emonet_lite(output: str = "softmax") -> keras.Model:
    """Emonet on faces shrunk to LITE_SIDE pixels: two thirds of its multiply-adds, and the same weights."""
    face = keras.Input((SIDE, SIDE, 1), name="face")
    small = ops.image.resize(face, (LITE_SIDE, LITE_SIDE), interpolation="bilinear")
    return _residual("emonet_lite", face, small, EMONET, output)


def _residual(name: str, face: Tensor, x: Tensor, widths: tuple[int, ...], output: str) -> keras.Model:
    """Faces are standardised first, so that dark and flat ones look like the others.

    Each stage has a widening convolution and two (the first one) with an identity skip; max-pool between the
    stages, at the end squeeze-and-excitation and global average pool.
    """
    x = _standardise(x)
    for stage, width in enumerate(widths):
        if stage:
            x = layers.MaxPooling2D()(x)
        x = _conv(x, width)
        for _ in range(1 if stage == 0 else 2):
            x = layers.Activation("relu")(layers.Add()([x, _conv(x, width, activate=False)]))
    x = layers.GlobalAveragePooling2D()(_squeeze_excite(x, widths[-1]))
    return _model(name, face, layers.Dropout(0.3)(x), output, heads=("label", "votes"))


def _rescaled_face() -> tuple[Tensor, Tensor]:
    """The input, and its pixels from -1 to 1."""
    face = keras.Input((SIDE, SIDE, 1), name="face")
    return face, layers.Rescaling(1 / 127.5, offset=-1)(face)


def _model(
    name: str, face: Tensor, x: Tensor, output: str, heads: tuple[str, ...] = ("label",)
) -> keras.Model:
    if output not in LOSSES:
        raise ValueError(f"output {output!r} is not one of {', '.join(LOSSES)}")
    size = len(EMOTIONS)
    outputs = {h: layers.Dense(size, activation=output, dtype="float32", name=h)(x) for h in heads}
    return keras.Model(face, outputs, name=name)


def _standardise(face: Tensor) -> Tensor:
    """Mean 0, standard deviation 1/2."""
    mean = ops.mean(face, axis=(1, 2), keepdims=True)
    variance = ops.mean(ops.square(face - mean), axis=(1, 2), keepdims=True)
    return (face - mean) * (0.5 * ops.rsqrt(variance + VARIANCE_FLOOR))


def _conv(x: Tensor, width: int, kernel: int = 3, *, activate: bool = True) -> Tensor:
    x = layers.Conv2D(width, kernel, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    return layers.Activation("relu")(x) if activate else x


def _squeeze_excite(x: Tensor, width: int) -> Tensor:
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(width // 8, 1, activation="relu")(gate)
    gate = layers.Conv2D(width, 1, activation="sigmoid")(gate)
    return layers.Multiply()([x, gate])


NETWORKS: Final[dict[str, Callable[[str], keras.Model]]] = {
    build.__name__: build for build in (simple3, baseline4, vgg9, emonet, emonet_lite, emonet_wide)
}
