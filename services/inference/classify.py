"""Crops → probabilities: the only file that knows the runtime (LiteRT)."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from services.inference.errors import ModelFileError

MODEL_FILE: Final = Path(__file__).parent / "model" / "emotion.tflite"
"""The one that is shipped."""


@dataclass(frozen=True)
class Model:
    """The exported network and what its JSON card says of it."""

    content: bytes
    card: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.card["name"])

    @property
    def version(self) -> str:
        return str(self.card["version"])

    @property
    def uncertain_below(self) -> float:
        """Confidence under which an answer is called uncertain; chosen by a risk–coverage curve."""
        return float(self.card["uncertain_below"])


def load_model(path: Path) -> Model:
    """ModelFileError unless the file, its checksum and its labels are what the card beside it says."""
    try:
        content = path.read_bytes()
        card = json.loads(path.with_suffix(".json").read_text())
    except (OSError, ValueError) as error:
        raise ModelFileError(f"cannot read the model {path.name} and its card: {error}") from error
    if hashlib.sha256(content).hexdigest() != card.get("sha256"):
        raise ModelFileError(f"{path.name} is not the file that its card describes (sha256 differs)")
    if card.get("labels") != list(EMOTIONS):
        raise ModelFileError(f"{path.name} has labels {card.get('labels')}, not {list(EMOTIONS)}")
    return Model(content, card)


class Classifier:
    """Not thread-safe, as the interpreter is not: one per thread."""

    def __init__(self, model: Model) -> None:
        self._interpreter = Interpreter(model_content=model.content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def classify(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, 48, 48) grey 0–255 → (n, 6) probabilities in the order of EMOTIONS, each row summing to 1."""
        rows = np.empty((len(crops), len(EMOTIONS)), np.float32)
        for i, crop in enumerate(crops.astype(np.float32)):
            self._interpreter.set_tensor(self._input, crop[None, :, :, None])
            self._interpreter.invoke()
            rows[i] = self._interpreter.get_tensor(self._output)[0]
        return rows
