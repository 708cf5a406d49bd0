"""Every method that `python -m training compare` compares, each fitted and ready to answer."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.inference.classify import Classifier, load_model
from services.inference.model import MODEL_FILE
from services.inference.runtime import Model
from training.dataset import SIDE, Faces, Images
from training.methods import classical
from training.methods.landmarks import face_mesh, landmark_shape

SHIPPED: Final = "as shipped"
LANDMARK_SHAPE: Final = "landmark shape + PCA + SVM"
SIMPLE3: Final[dict[str, Any]] = {
    "model": "simple3",
    "epochs": 14,
    "rate": 0.02,
    "decay": 0.5,
    "average": 0.99,
}
"""The usual average of 0.999 is longer than half of such a short run."""
BASELINE4: Final[dict[str, Any]] = SIMPLE3 | {"model": "baseline4", "epochs": 8, "rate": 0.05, "decay": 0.7}
SIGMOID: Final[dict[str, Any]] = {"output": "sigmoid", "weight_decay": 5e-3 / 6}
"""Its loss is a mean over six outputs, its gradient a sixth: six times the rate makes the steps alike."""
NETWORK_RUNS: Final[dict[str, dict[str, Any]]] = {
    "simple3": SIMPLE3,
    "simple3-sigmoid": SIMPLE3 | SIGMOID | {"rate": 6 * SIMPLE3["rate"]},
    "baseline4": BASELINE4,
    "baseline4-sigmoid": BASELINE4 | SIGMOID | {"rate": 6 * BASELINE4["rate"]},
    "vgg9": {"model": "vgg9", "epochs": 14, "rate": 0.05, "decay": 0.7},
    "emonet": {"model": "emonet", "epochs": 40, "rate": 0.1, "decay": 0.5},
}
"""Name → the options of `python -m training train`, as in training/LOG.md."""
METHODS: Final = (LANDMARK_SHAPE, *classical.METHODS, *NETWORK_RUNS, SHIPPED)


class NotRunError(Exception):
    """The method cannot be run here; the message, which goes into the table, says why."""


@dataclass(frozen=True)
class Fitted:
    scores: Callable[[Images], NDArray[np.float32]]
    """(n, 48, 48) grey → (n, 6), higher is likelier."""
    parameters: int
    seconds: float
    """Of training: processor time of a classical method, wall-clock time of a network's epochs."""
    about: str


@dataclass(frozen=True)
class Setting:
    """Where and how methods are fitted."""

    out: Path
    """A network that is trained here keeps its state in a folder below."""
    runs: Path | None = None
    """Finished networks, RUNS/<name>/model.keras, are taken from here."""
    landmarks: Path | None = None
    """MediaPipe's face_landmark.tflite."""
    epochs: int | None = None
    """For the networks trained here, instead of each one's own."""
    seed: int = 1

    def result_file(self, method: str) -> Path:
        return self.out / f"{method.replace(' ', '-')}.json"


def identity(name: str, setting: Setting) -> str:
    """What a result of a method depends on, apart from the faces."""
    if name == SHIPPED:
        return MODEL_FILE.with_suffix(".json").read_text()
    if card := _finished_run(name, setting):
        return card.read_text()
    return f"seed {setting.seed}, epochs {setting.epochs if name in NETWORK_RUNS else None}"


def fit(name: str, faces: Faces, setting: Setting) -> Fitted:
    """Trains on the Training rows of `faces`; NotRunError where something that it needs is missing."""
    if name == SHIPPED:
        model = load_model(MODEL_FILE)
        about = f"version {model.version}: as served, {model.card['precision']}"
        card = model.card
        return Fitted(Classifier(model).classify, card["parameters"], card["train_seconds"], about)
    if name in NETWORK_RUNS:
        return _network(name, faces, setting)
    training = faces.only("Training")
    if name == LANDMARK_SHAPE:
        if setting.landmarks is None:
            raise NotRunError("needs `--landmarks face_landmark.tflite`, see training/methods/landmarks.py")
        pipeline = landmark_shape(face_mesh(setting.landmarks), setting.seed, len(training.labels))
        about = "468 points of MediaPipe's mesh, 40 components, RBF kernel, C 3"
    else:
        make, about = classical.METHODS[name]
        pipeline = make(setting.seed, len(training.labels))
    started = time.process_time()
    pipeline.fit(training.images, training.labels)
    seconds = time.process_time() - started
    return Fitted(partial(classical.scores, pipeline), classical.parameters(pipeline), seconds, about)


def _finished_run(name: str, setting: Setting) -> Path | None:
    """The JSON of a finished run under `setting.runs`."""
    card = setting.runs / name / "model.json" if setting.runs and name in NETWORK_RUNS else None
    return card if card and card.is_file() and card.with_suffix(".keras").is_file() else None


def _network(name: str, faces: Faces, setting: Setting) -> Fitted:
    import keras  # noqa: PLC0415  # the classical methods are compared without TensorFlow installed

    from training.network.batches import Recipe  # noqa: PLC0415  # as above
    from training.network.tflite import to_tflite  # noqa: PLC0415  # as above
    from training.network.trainer import Run, train  # noqa: PLC0415  # as above
    from training.registered import plain  # noqa: PLC0415  # as above

    card = _finished_run(name, setting)
    if card is None:
        rows = len(faces.only("Training").labels)
        recipe = Recipe(batch=min(128, max(4, rows // 8)))  # a small database still gives eight steps
        options = NETWORK_RUNS[name] | {"seed": setting.seed, "recipe": recipe}
        if setting.epochs:
            options["epochs"] = setting.epochs
        card = train(Run(out=setting.out / name, **options), plain(faces)).with_suffix(".json")
    card_fields = json.loads(card.read_text())
    run = card_fields["run"]
    about = f"{run['epochs']} epochs, peak rate {run['rate']:g}, {run.get('output', 'softmax')}"
    network = keras.saving.load_model(card.with_suffix(".keras"), compile=False)
    face = keras.Input((SIDE, SIDE, 1), batch_size=1)
    content = to_tflite(keras.Model(face, network(face)["label"]))  # timed as it would be served, in float32
    scores = Classifier(Model(content, {})).classify
    return Fitted(scores, card_fields["parameters"], card_fields["train_seconds"], about)
