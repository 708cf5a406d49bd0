"""The finder's serving file: a `.tflite` of open height and width, weights in eight bits."""

import tempfile
from pathlib import Path

import keras
import numpy as np


def to_tflite(model: keras.Model, *, quantise: bool = True) -> bytes:
    """The network for LiteRT; `quantise` keeps weights in eight bits (dynamic range)."""
    import tensorflow as tf  # noqa: PLC0415  # the converter is TensorFlow's; training runs without it

    with tempfile.TemporaryDirectory() as folder:
        channels = model.inputs[0].shape[-1]
        signature = [keras.InputSpec(shape=(1, None, None, channels), dtype="float32")]
        model.export(folder, verbose=False, input_signature=signature)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantise:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content: bytes = converter.convert()
    return content


def restore_weights(file: Path, model: keras.Model) -> None:
    """Gives `model` the averaged weights in the `best.npz` of a run."""
    with np.load(file) as best:
        model.set_weights([best[f"average_{i}"] for i in range(len(model.get_weights()))])
