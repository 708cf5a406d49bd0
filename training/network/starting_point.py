"""A finished network to start a run from, instead of random weights."""

import json
from pathlib import Path
from typing import Any

import keras


class StartingPoint:
    """A `model.keras` and the `model.json` beside it, as `train` and `restore` write them."""

    def __init__(self, path: Path) -> None:
        self._path, card = path, path.with_suffix(".json")
        self._about: dict[str, Any] = json.loads(card.read_text())
        if "train_seconds" not in self._about:
            raise ValueError(f"{card} does not tell how long the network was trained")
        self.train_seconds = int(self._about["train_seconds"])

    def copy_weights_to(self, model: keras.Model) -> None:
        """Its weights; ValueError unless `model` has the same layers."""
        trained = keras.saving.load_model(self._path, compile=False)
        if [w.shape for w in trained.weights] != [w.shape for w in model.weights]:
            raise ValueError(f"{self._path} is {trained.name}, which has other layers than {model.name}")
        model.set_weights(trained.get_weights())

    def as_json(self) -> dict[str, Any]:
        """Its folder, and the version and checksum of the serving file that it was restored from, if any."""
        version = {name: value for name, value in self._about.items() if name in {"version", "sha256"}}
        return {"folder": self._path.parent.name, **version}
