"""A network's file with its JSON card, and LiteRT, which runs it. The only file that knows LiteRT."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from services.inference.errors import ModelFileError


@dataclass(frozen=True)
class Model:
    """An exported network's bytes, and its card."""

    content: bytes
    card: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.card["name"])

    @property
    def version(self) -> str:
        return str(self.card["version"])


def load_network(path: Path) -> Model:
    """ModelFileError unless the file can be read and has the checksum that its card gives."""
    try:
        content = path.read_bytes()
        card = json.loads(path.with_suffix(".json").read_text())
    except (OSError, ValueError) as error:
        raise ModelFileError(f"cannot read the model {path.name} and its card: {error}") from error
    if hashlib.sha256(content).hexdigest() != card.get("sha256"):
        raise ModelFileError(f"{path.name} is not the file that its card describes (sha256 differs)")
    return Model(content, card)


class Network:
    """One interpreter of a network, on one thread. Not thread-safe: each worker has its own."""

    def __init__(self, model: Model, shape: tuple[int, ...] | None = None) -> None:
        """`shape` fixes the input of a network of open size: (1, h, w, channels). ModelFileError."""
        try:
            self._interpreter = Interpreter(model_content=model.content, num_threads=1)
        except (ValueError, RuntimeError) as error:
            raise ModelFileError(f"{model.name} is no network that LiteRT runs") from error
        self._input = self._interpreter.get_input_details()[0]["index"]
        if shape:
            self._interpreter.resize_tensor_input(self._input, shape)
        self._interpreter.allocate_tensors()
        outputs = self._interpreter.get_signature_runner().get_output_details()
        self.outputs: dict[str, int] = {name: detail["index"] for name, detail in outputs.items()}

    def run(self, values: NDArray[np.float32]) -> None:
        self._interpreter.set_tensor(self._input, values)
        self._interpreter.invoke()

    def result(self, output: int) -> NDArray[np.float32]:
        """A copy of what the last run gave for one of `outputs`."""
        values: NDArray[np.float32] = self._interpreter.get_tensor(output)
        return values
