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

ANSWER: Final = "probabilities"
"""The output that is served, where a file has several; the others are its heads alone."""


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
        outputs = self._interpreter.get_signature_runner().get_output_details()
        self._heads = {name: detail["index"] for name, detail in outputs.items()}
        only = next(iter(self._heads))
        self._answer = self._heads.pop(ANSWER if ANSWER in self._heads else only)

    def classify(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, 48, 48) grey 0–255 → (n, 6) probabilities in the order of EMOTIONS, each row summing to 1."""
        return self._run(crops, {ANSWER: self._answer})[ANSWER]

    def heads(self, crops: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The same of each head alone, calibrated to its own labels; empty where the file has none."""
        return self._run(crops, self._heads)

    def _run(self, crops: NDArray[np.uint8], outputs: dict[str, int]) -> dict[str, NDArray[np.float32]]:
        rows = {name: np.empty((len(crops), len(EMOTIONS)), np.float32) for name in outputs}
        for i, crop in enumerate(crops.astype(np.float32)):
            self._interpreter.set_tensor(self._input, crop[None, :, :, None])
            self._interpreter.invoke()
            for name, index in outputs.items():
                rows[name][i] = self._interpreter.get_tensor(index)[0]
        return rows
