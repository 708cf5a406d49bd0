"""A finished network that a run begins from, instead of from chance."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras


@dataclass(frozen=True)
class Start:
    """A `model.keras` and what the `model.json` beside it says."""

    path: Path
    about: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Start":
        """ValueError where the JSON beside `path` is not one of `train` or `restore`."""
        about = json.loads(path.with_suffix(".json").read_text())
        if "train_seconds" not in about:
            raise ValueError(f"{path.with_suffix('.json')} does not tell how long the network was trained")
        return cls(path, about)

    @property
    def seconds(self) -> int:
        """Of training that went before."""
        return int(self.about["train_seconds"])

    def give(self, model: keras.Model) -> None:
        trained = keras.saving.load_model(self.path, compile=False)
        if trained.name != model.name:
            raise ValueError(f"{self.path} is {trained.name}, not {model.name}")
        model.set_weights(trained.get_weights())

    def as_json(self) -> dict[str, Any]:
        """Its folder; of one that was restored, the version and checksum of the serving file too."""
        told = {name: value for name, value in self.about.items() if name in {"version", "sha256"}}
        return {"folder": self.path.parent.name, **told}
