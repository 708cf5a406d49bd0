"""Conversion of a Keras network to a TensorFlow Lite file. Works under Keras' TensorFlow backend only."""

import tempfile

import keras
import tensorflow as tf


def to_tflite(model: keras.Model, *, quantise: bool = False) -> bytes:
    """In float32, or with dynamic-range int8 weights."""
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantise:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content: bytes = converter.convert()
    return content
