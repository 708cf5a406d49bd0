r"""Recover a run's folder from a serving file, so that its network can be trained further, or teach.

    python -m training restore --model services/inference/model/emotion.tflite \
        --data runs/fer2013.npz --out runs/shipped
    python -m training train --model emonet --start runs/shipped/model.keras …

The serving file holds int8 kernels with batch normalisation folded into them. Kernels become floats again,
and each normalisation takes the mean and variance that its input has on Training faces, with the scale and
offset that leave the answers as they are. Reads what `python -m training export` wrote of an `emonet`;
mixture and temperature are not restored.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
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
from training import dataset
from training.dataset import DataError, Images
from training.files import write_json
from training.network.models import NETWORKS
from training.options import add_data

RESTORED: Final = ("emonet", "emonet_lite")
STATISTICS_FACES: Final = 512
"""On which the mean and variance of each normalisation's input are measured."""
FILTER_NORM: Final = np.sqrt(2)
"""Of each kernel's filters, as when they are initialised: how far a step moves one depends on it."""
KERNEL_NAME: Final = re.compile(
    r"(/(?:conv2d_?(?P<number>\d*)|(?P<head>label|votes))_\d+/)(?:convolution|MatMul)$"
)
"""Of an exported kernel, by layer; the layer's name is part of its bias's name."""
Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    kernel: Weights
    """As Keras has it: (height, width, in, out), or (in, out)."""
    bias: Weights
    """(out,)"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="the .tflite, with its JSON card beside it")
    add_data(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder for model.keras and model.json")


def main(args: argparse.Namespace) -> None:
    try:
        file = load_model(args.model)
    except ModelFileError as error:
        raise DataError(str(error)) from error
    if file.name not in RESTORED:
        raise DataError(f"{args.model} is {file.name}; only {' and '.join(RESTORED)} can be restored")
    faces = dataset.load(args.data).only("Training").images[:STATISTICS_FACES]
    model = _restore(NETWORKS[file.name]("softmax"), file.content, faces)
    args.out.mkdir(parents=True, exist_ok=True)
    model.save(args.out / "model.keras")
    (network,) = file.card["networks"]
    write_json(
        args.out / "model.json", network | {name: file.card[name] for name in ("version", "sha256", "labels")}
    )
    print(f"wrote {args.out / 'model.keras'}")


def _restore(model: keras.Model, content: bytes, faces: Images) -> keras.Model:
    """Gives `model` the weights in `content`; `faces` (n, 48, 48) give the normalisations' statistics."""
    stored, heads = _read_layers(content)
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    if len(stored) != len(convolutions) or heads.keys() != set(model.output_names):
        raise DataError("the file does not hold the layers of this version's network")
    for layer, weights in zip(convolutions, stored, strict=True):
        layer.set_weights([weights.kernel, weights.bias] if layer.use_bias else [weights.kernel])
    for name, weights in heads.items():
        model.get_layer(name).set_weights([weights.kernel, weights.bias])
    normalisations = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    folded = [pair for pair in zip(convolutions, stored, strict=True) if not pair[0].use_bias]
    restore_normalisations(model, folded, normalisations, faces[..., None].astype(np.float32))
    return model


def restore_normalisations(
    model: keras.Model,
    folded: Sequence[tuple[layers.Conv2D, Layer]],
    normalisations: Sequence[layers.BatchNormalization],
    pixels: Weights,
) -> None:
    """Gives the normalisation after each convolution the statistics that its input has on `pixels`.

    `folded` are the convolutions with the weights that the file holds for them; the answers stay as they are.
    """
    for (_, weights), normalisation in zip(folded, normalisations, strict=True):
        ones = np.ones_like(weights.bias)  # with these statistics it adds the bias and no more
        normalisation.set_weights([ones, weights.bias, 0 * ones, ones - np.float32(normalisation.epsilon)])
    convolved = keras.Model(model.input, [layer.output for layer, _ in folded])
    outputs = convolved.predict(pixels, batch_size=128, verbose=0)
    for (layer, weights), normalisation, output in zip(folded, normalisations, outputs, strict=True):
        _unfold(layer, weights, normalisation, output)


def _unfold(
    layer: layers.Conv2D, weights: Layer, normalisation: layers.BatchNormalization, output: Weights
) -> None:
    """Scales the filters to FILTER_NORM, and back in the normalisation, which gets `output`'s statistics."""
    norm = np.maximum(np.sqrt(np.square(weights.kernel).sum(axis=(0, 1, 2))) / FILTER_NORM, 1e-6)
    mean = output.mean(axis=(0, 1, 2), dtype=np.float64)
    variance = output.var(axis=(0, 1, 2), dtype=np.float64)
    scale = norm * np.sqrt(variance / norm**2 + normalisation.epsilon)
    layer.set_weights([weights.kernel / norm])
    normalisation.set_weights([scale, weights.bias + mean, mean / norm, variance / norm**2])


def _read_layers(content: bytes) -> tuple[list[Layer], dict[str, Layer]]:
    """Convolutions in the order of the network, and heads by name."""
    convolutions: dict[int, Layer] = {}
    heads: dict[str, Layer] = {}
    for match, layer in read_kernels(content, KERNEL_NAME):
        if head := match["head"]:
            heads[head] = layer
        else:
            convolutions[int(match["number"] or 0)] = layer
    return [convolutions[number] for number in sorted(convolutions)], heads


def read_kernels(content: bytes, name: re.Pattern[str]) -> Iterator[tuple[re.Match[str], Layer]]:
    """Layers of a serving file whose kernels have such a name; group 1 of it is in their bias's name too."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    tensors = interpreter.get_tensor_details()
    biases = [tensor for tensor in tensors if len(tensor["shape"]) == 1]
    for tensor in tensors:
        match = name.search(tensor["name"])
        if not match:
            continue
        bias = next((one for one in biases if match[1] in one["name"]), None)
        if bias is None:
            raise DataError(f"the file has no bias for {match[1]}")
        kernel = np.moveaxis(_read_tensor(interpreter, tensor), 0, -1)  # stored with the outputs first
        yield match, Layer(kernel, _read_tensor(interpreter, bias))


def _read_tensor(interpreter: Interpreter, tensor: dict[str, Any]) -> Weights:
    values: Weights = interpreter.get_tensor(tensor["index"]).astype(np.float32)
    scales = tensor["quantization_parameters"]["scales"]  # one per output, or none
    return values * scales.reshape(-1, *[1] * (values.ndim - 1)) if scales.size else values
