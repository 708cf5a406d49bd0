r"""A run's folder out of a serving file, so that its network can be trained on, teach, be exported anew.

    python -m training restore --model services/inference/model/emotion.tflite \
        --data runs/fer2013.npz --out runs/shipped
    python -m training train --model emonet --start runs/shipped/model.keras …

The serving file holds int8 kernels with batch normalisation folded into them. Kernels become floats again,
and each normalisation takes the mean and variance that its input has on Training faces, with the scale and
offset that leave the answer as it is: the network answers as the file does, and can be trained.
Reads what `python -m training export` wrote of an `emonet`; mixture and temperature stay behind.
"""

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from keras import layers
from numpy.typing import NDArray

from services.inference.classify import load_model
from services.inference.errors import ModelFileError
from training import data
from training.network.models import NETWORKS

FACES: Final = 512
"""On which the normalisations' statistics are taken."""
FILTER_NORM: Final = np.sqrt(2)
"""Of each kernel's filters, as when they are initialised: how far a step moves one depends on it."""
KERNEL: Final = re.compile(r"(/(?:conv2d_?(?P<number>\d*)|(?P<head>label|votes))_1/)(?:convolution|MatMul)$")
"""How the exported kernels are called, by layer; a bias has the layer's name within its own."""

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    kernel: Weights
    """As Keras has it: (height, width, in, out), or (in, out)."""
    bias: Weights
    """(out,)"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="the .tflite, with its JSON card beside it")
    parser.add_argument("--data", type=Path, required=True, help="the .npz of `python -m training data`")
    parser.add_argument("--out", type=Path, required=True, help="folder for model.keras and model.json")


def main(args: argparse.Namespace) -> None:
    try:
        file = load_model(args.model)
    except ModelFileError as error:
        raise data.DataError(str(error)) from error
    if file.name != "emonet":
        raise data.DataError(f"{args.model} is {file.name}; only emonet can be restored")
    model = restore(file.content, data.load(args.data).only("Training").images[:FACES])
    args.out.mkdir(parents=True, exist_ok=True)
    model.save(args.out / "model.keras")
    about = {
        name: file.card[name]
        for name in ("name", "version", "sha256", "labels", "parameters", "run", "commit", "train_seconds")
    }
    (args.out / "model.json").write_text(json.dumps(about, indent=2) + "\n")
    print(f"wrote {args.out / 'model.keras'}")


def restore(content: bytes, faces: NDArray[np.uint8]) -> keras.Model:
    """The network in `content`; `faces` (n, 48, 48) show what its normalisations see."""
    model = NETWORKS["emonet"]("softmax")
    stored, heads = _read(content)
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    if len(stored) != len(convolutions) or heads.keys() != set(model.output_names):
        raise data.DataError("the file does not hold the layers of this version's emonet")
    for layer, weights in zip(convolutions, stored, strict=True):
        layer.set_weights([weights.kernel, weights.bias] if layer.use_bias else [weights.kernel])
    for name, weights in heads.items():
        model.get_layer(name).set_weights([weights.kernel, weights.bias])
    folded = [pair for pair in zip(convolutions, stored, strict=True) if not pair[0].use_bias]
    normalisations = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    for (_, weights), normalisation in zip(folded, normalisations, strict=True):
        size = len(weights.bias)
        one = np.full(size, 1 - normalisation.epsilon, np.float32)  # makes it add the bias and no more
        normalisation.set_weights([np.ones(size), weights.bias, np.zeros(size), one])
    seen = keras.Model(model.input, [layer.output for layer, _ in folded])
    outputs = seen.predict(faces[..., None].astype(np.float32), batch_size=128, verbose=0)
    for (layer, weights), normalisation, output in zip(folded, normalisations, outputs, strict=True):
        _unfold(layer, weights, normalisation, output)
    return model


def _unfold(
    layer: layers.Conv2D, weights: Layer, normalisation: layers.BatchNormalization, output: Weights
) -> None:
    """Gives a convolution's filters their usual norm; its normalisation undoes it and has seen `output`."""
    norm = np.maximum(np.sqrt(np.square(weights.kernel).sum(axis=(0, 1, 2))) / FILTER_NORM, 1e-6)
    mean, variance = (
        output.mean(axis=(0, 1, 2), dtype=np.float64),
        output.var(axis=(0, 1, 2), dtype=np.float64),
    )
    scale = norm * np.sqrt(variance / norm**2 + normalisation.epsilon)
    layer.set_weights([weights.kernel / norm])
    normalisation.set_weights([scale, weights.bias + mean, mean / norm, variance / norm**2])


def _read(content: bytes) -> tuple[list[Layer], dict[str, Layer]]:
    """Convolutions in the order of the network, and heads by name."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    tensors = interpreter.get_tensor_details()
    biases = [tensor for tensor in tensors if len(tensor["shape"]) == 1]
    convolutions: dict[int, Layer] = {}
    heads: dict[str, Layer] = {}
    for tensor in tensors:
        found = KERNEL.search(tensor["name"])
        if not found:
            continue
        bias = next((one for one in biases if found[1] in one["name"]), None)
        if bias is None:
            raise data.DataError(f"the file has no bias for {found[1]}")
        kernel = np.moveaxis(_floats(interpreter, tensor), 0, -1)  # stored with the outputs first
        layer = Layer(kernel, _floats(interpreter, bias))
        if head := found["head"]:
            heads[head] = layer
        else:
            convolutions[int(found["number"] or 0)] = layer
    return [convolutions[number] for number in sorted(convolutions)], heads


def _floats(interpreter: Interpreter, tensor: dict[str, Any]) -> Weights:
    values: Weights = interpreter.get_tensor(tensor["index"]).astype(np.float32)
    scales = tensor["quantization_parameters"]["scales"]  # one per output, or none
    return values * scales.reshape(-1, *[1] * (values.ndim - 1)) if scales.size else values
