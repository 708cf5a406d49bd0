"""Train a network; a run that was killed goes on after its last whole epoch."""

import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.files import replaced_whole
from training.network.batches import Batches, Recipe
from training.network.finished import accuracies, write_finished
from training.network.models import LOSSES, NETWORKS
from training.network.normalisation import use_fused
from training.network.schedule import sgd
from training.network.starting_point import StartingPoint
from training.network.targets import targets
from training.network.teacher import LiveTeacher
from training.registered import DEV, TRAIN, Registered

AVERAGE_EVERY: Final = 8
"""Steps between updates of the averaged weights: as good as every step, and free on an accelerator."""


@dataclass(frozen=True)
class Run:
    """One training run; the fields are the command's options."""

    model: str
    out: Path
    epochs: int = 60
    rate: float = 0.1
    """Peak learning rate at batch 128; scaled with the batch."""
    decay: float = 0.6
    """Fraction of the run, at its end, over which the rate falls to zero."""
    weight_decay: float = 5e-3
    """Decoupled, per unit of rate: 5e-4 of classic L2 under momentum 0.9."""
    average: float = 0.999
    """Per-step decay of the averaged weights."""
    seed: int = 1
    precision: str = "mixed_bfloat16"
    output: str = "softmax"
    """Or sigmoid, with binary cross-entropy, as in the report's appendix."""
    start: Path | None = None
    teacher: tuple[Path, ...] = ()
    recipe: Recipe = field(default_factory=Recipe)


def train(run: Run, faces: Registered) -> Path:
    """Trains to the end, resuming where `run.out` holds a state; the path of the finished model."""
    run.out.mkdir(parents=True, exist_ok=True)
    use_fused()
    keras.utils.set_random_seed(run.seed)
    keras.mixed_precision.set_global_policy(run.precision)
    model = NETWORKS[run.model](run.output)
    training = faces.rows(faces.split == TRAIN)
    start = StartingPoint(run.start) if run.start else None
    if start:
        start.copy_weights_to(model)
    by_head = targets(training, run.recipe.smoothing, run.recipe.expressions_weight)
    wanted = {name: by_head[name] for name in model.output_names}
    batches = Batches(training, wanted, run.recipe, run.seed, run.epochs)
    batches.teacher = LiveTeacher(run.teacher) if run.teacher else None
    _compile(model, run, len(batches))
    progress = Progress(run, batches, faces.rows(faces.split == DEV))
    progress.set_model(model)
    done = progress.restore()
    verbose = 1 if sys.stdout.isatty() else 2  # a progress bar for people, a line per epoch for log files
    for end in (min(run.recipe.small_epochs, run.epochs), run.epochs):  # one `fit` has one size of faces
        if done < end:
            batches.epoch = done
            model.fit(
                batches, epochs=end, initial_epoch=done, shuffle=False, callbacks=[progress], verbose=verbose
            )
            done = end
    return _finish(run, progress, start, faces)


def _compile(model: keras.Model, run: Run, steps: int) -> None:
    optimizer = sgd(run.rate * run.recipe.batch / 128, run.decay, run.weight_decay, steps, run.epochs)
    optimizer.build(model.trainable_variables)
    model.compile(
        optimizer=optimizer,
        loss=dict.fromkeys(model.output_names, LOSSES[run.output]),
        loss_weights={n: run.recipe.votes_weight if n == "votes" else 1.0 for n in model.output_names},
        jit_compile="auto",
    )


class Progress(keras.callbacks.Callback):  # type: ignore[misc]  # keras ships no type information
    """Averages the weights, validates the average each epoch, and saves all that resuming needs."""

    def __init__(self, run: Run, batches: Batches, valid: Registered) -> None:
        super().__init__()
        self.run, self.batches, self.valid = run, batches, valid
        self.averaged: list[NDArray[np.float32]] = []
        self.history: list[dict[str, float]] = []
        self._epoch_started = 0.0
        self._start = str(run.start.resolve()) if run.start else ""

    def restore(self) -> int:
        """Loads the state in `run.out`, if any; the number of whole epochs done."""
        self.averaged = [np.array(w) for w in self.model.get_weights()]
        path = self.run.out / "state.npz"
        if not path.exists():
            return 0
        with np.load(path) as state:
            if str(state["model"]) != self.run.model:
                raise ValueError(f"{self.run.out} holds a run of {state['model']}; give another --out")
            if "start" in state and str(state["start"]) != self._start:
                raise ValueError(f"{self.run.out} holds a run with another --start; give another --out")
            self.model.set_weights([state[f"weight_{i}"] for i in range(len(self.averaged))])
            self.averaged = [state[f"average_{i}"] for i in range(len(self.averaged))]
            for i, variable in enumerate(self.model.optimizer.variables):
                variable.assign(state[f"optimizer_{i}"])
            self.history = json.loads(str(state["history"]))
        return len(self.history)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002  # Keras' form
        self.batches.epoch = epoch
        self._epoch_started = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002  # as above
        if batch % AVERAGE_EVERY:
            return
        step = int(self.model.optimizer.iterations)
        keep = min(self.run.average**AVERAGE_EVERY, (1 + step) / (10 + step))
        now = self.model.get_weights()
        self.averaged = [keep * a + (1 - keep) * w for a, w in zip(self.averaged, now, strict=True)]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        seconds = round(time.monotonic() - self._epoch_started, 1)
        current = self.model.get_weights()
        self.model.set_weights(self.averaged)
        accuracy = {f"valid_{k}": v for k, v in accuracies(self.model, self.valid).items()}
        self.model.set_weights(current)
        losses = {k: float(v) for k, v in (logs or {}).items()}
        self.history.append({"epoch": epoch + 1, "seconds": seconds, **losses, **accuracy})
        self._save(current)
        print(f"epoch {epoch + 1}: " + " ".join(f"{k} {v:.4f}" for k, v in accuracy.items()), flush=True)

    def _save(self, weights: list[NDArray[np.float32]]) -> None:
        optimizer = [keras.ops.convert_to_numpy(v) for v in self.model.optimizer.variables]
        lists = {"weight": weights, "average": self.averaged, "optimizer": optimizer}
        arrays = {f"{name}_{i}": array for name, some in lists.items() for i, array in enumerate(some)}
        texts = {"model": self.run.model, "start": self._start, "history": json.dumps(self.history)}
        with replaced_whole(self.run.out / "state.npz") as file:
            np.savez(file, **{k: np.array(v) for k, v in texts.items()}, **arrays)  # type: ignore[arg-type]  # stub
        pd.DataFrame(self.history).to_csv(self.run.out / "history.csv", index=False)


def _finish(run: Run, progress: Progress, start: StartingPoint | None, faces: Registered) -> Path:
    """Writes the averaged network in float32, and its JSON."""
    keras.mixed_precision.set_global_policy("float32")
    model = NETWORKS[run.model](run.output)
    model.set_weights(progress.averaged)
    names = {"out": run.out.name, "teacher": [file.name for file in run.teacher]}
    settings = {**asdict(run), **names, "start": start and start.as_json()}
    seconds = sum(row["seconds"] for row in progress.history) + (start.train_seconds if start else 0)
    return write_finished(model, run.out, settings, faces, seconds)
