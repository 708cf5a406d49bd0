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
from keras import layers
from numpy.typing import NDArray

from training.dataset import DataError
from training.finder.crops import Cropper
from training.finder.network import finder
from training.finder.photos import load_photos
from training.restore import read_kernels, restore_normalisations

CROPS: Final = 64
"""On which the mean and variance of each normalisation's input are measured."""
SIDE: Final = 224
"""Of a crop, in pixels."""
KERNEL: Final = re.compile(r"(/conv2d(?:_(?P<number>\d+))?_\d+/)convolution$")
"""Of an exported kernel, by convolution; the export adds a number of its own."""


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
    model = finder()
    found = {int(match["number"] or 0): layer for match, layer in read_kernels(content, KERNEL)}
    stored = [found[number] for number in sorted(found)]
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
