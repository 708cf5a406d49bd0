"""Recover the finder's network from its serving file, so that it can be trained further.

    python -m training finder restore --model services/inference/model/finder.tflite --photos DIR \
        --out runs/finder/model.keras
    python -m training finder train --start runs/finder/model.keras …

The serving file holds kernels with batch normalisation folded into them. Each normalisation gets the mean and
variance that its input has on training crops, with the scale and offset that leave the answers as they are.
"""

import argparse
import re
from pathlib import Path
from typing import Final

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from keras import layers
from numpy.typing import NDArray

from training.dataset import DataError
from training.finder.crops import Cropper
from training.finder.network import finder
from training.finder.photos import load_photos
from training.restore import Layer, read_tensor, restore_normalisations

CROPS: Final = 64
"""On which the mean and variance of each normalisation's input are measured."""
SIDE: Final = 224
"""Of a crop, in pixels."""
KERNEL: Final = re.compile(r"/conv2d(?:_(\d+))?(_\d+)/convolution$")
"""Of an exported kernel: the number of its convolution, and the export's own suffix."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="the finder's .tflite")
    parser.add_argument("--photos", type=Path, required=True, help="folder with labels.csv and the photos")
    parser.add_argument("--out", type=Path, required=True, help="the model.keras to write")


def main(args: argparse.Namespace) -> None:
    rng, cropper = np.random.default_rng(1), Cropper(load_photos(args.photos, "train"))
    crops = np.stack([cropper.draw(rng, SIDE).pixels for _ in range(CROPS)])
    args.out.parent.mkdir(parents=True, exist_ok=True)
    restore(args.model.read_bytes(), crops).save(args.out)
    print(f"wrote {args.out}")


def restore(content: bytes, crops: NDArray[np.uint8]) -> keras.Model:
    """The network in the serving file `content`; `crops` (n, h, w) give the normalisations' statistics."""
    model, stored = finder(), _read(content)
    convolutions = _by_number(model, layers.Conv2D)
    if len(stored) != len(convolutions):
        raise DataError("the file does not hold the layers of this version's finder")
    for layer, weights in zip(convolutions, stored, strict=True):
        layer.set_weights([weights.kernel, weights.bias] if layer.use_bias else [weights.kernel])
    folded = [pair for pair in zip(convolutions, stored, strict=True) if not pair[0].use_bias]
    normalisations = _by_number(model, layers.BatchNormalization)
    restore_normalisations(model, folded, normalisations, crops[..., None].astype(np.float32))
    return model


def _by_number(model: keras.Model, kind: type) -> list[keras.layers.Layer]:
    """The model's layers of a kind, in the order in which they were made."""
    found = [layer for layer in model.layers if isinstance(layer, kind)]
    return sorted(found, key=lambda layer: int((re.findall(r"_(\d+)$", layer.name) or ["0"])[0]))


def _read(content: bytes) -> list[Layer]:
    """The convolutions of a serving file, in the order of the network."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    tensors = interpreter.get_tensor_details()
    biases = [tensor for tensor in tensors if len(tensor["shape"]) == 1]
    found: dict[int, Layer] = {}
    for tensor in tensors:
        match = KERNEL.search(tensor["name"])
        if not match:
            continue
        bias = next((one for one in biases if match[0] in one["name"]), None)
        if bias is None:
            raise DataError(f"the file has no bias for {match[0]}")
        kernel = np.moveaxis(read_tensor(interpreter, tensor), 0, -1)  # stored with the outputs first
        found[int(match[1] or 0)] = Layer(kernel, read_tensor(interpreter, bias))
    return [found[number] for number in sorted(found)]
