"""The face finder's network: fully convolutional, one set of numbers for each place of three grids."""

from typing import Any, Final

import keras
from keras import layers

NUMBERS: Final = 16
"""For each place: face score, box (4), landmarks (10), covered score."""
WIDTHS: Final = (12, 24, 40, 56, 64)
"""Channels after each halving of the picture."""
HEAD: Final = 40
PRIOR: Final = -4.6
"""Bias of the scores at the start: a place holds a face once in a hundred."""


def finder(channels: int = 1) -> keras.Model:
    """(b, h, w, channels) float32 pixels 0–255, h and w multiples of 32 → (b, places, 16) numbers.

    The places of stride 8 come first, row by row, then those of 16 and 32; `services/inference/finder.py`
    says what the numbers mean.
    """
    pixels = keras.Input((None, None, channels), name="pixels")
    x = layers.Rescaling(1 / 64, -2.0)(pixels)
    x = _conv(x, WIDTHS[0], stride=2)
    x = _conv(x, WIDTHS[1], stride=2)
    levels = []
    for width in WIDTHS[2:]:
        x = _conv(x, width, stride=2)
        x = _residual(x, width)
        levels.append(x)
    merged: list[Any] = []
    for level in reversed(levels):
        y = _conv(level, HEAD, kernel=1)
        if merged:
            y = layers.Add()([y, layers.UpSampling2D()(merged[-1])])
        merged.append(y)
    outputs = []
    for level in reversed(merged):
        y = _conv(level, HEAD)
        score = layers.Conv2D(1, 1, dtype="float32", bias_initializer=keras.initializers.Constant(PRIOR))(y)
        rest = layers.Conv2D(NUMBERS - 1, 1, dtype="float32")(y)
        outputs.append(
            layers.Reshape((-1, NUMBERS), dtype="float32")(layers.Concatenate(dtype="float32")([score, rest]))
        )
    return keras.Model(
        pixels, layers.Concatenate(axis=1, dtype="float32", name="places")(outputs), name="finder"
    )


def _conv(x: Any, width: int, *, kernel: int = 3, stride: int = 1, active: bool = True) -> Any:  # noqa: ANN401  # Keras tensors are untyped
    x = layers.Conv2D(width, kernel, stride, "same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization(momentum=0.97)(x)
    return layers.ReLU()(x) if active else x


def _residual(x: Any, width: int) -> Any:  # noqa: ANN401  # as above
    y = _conv(_conv(x, width), width, active=False)
    return layers.ReLU()(layers.Add()([x, y]))
