"""Train the face finder.

    python -m training finder train --photos DIR --out runs/finder --epochs 120

Can be killed at any moment: the same command goes on after the last whole epoch. Writes into `--out`:
`state.npz` (all that resuming needs), `history.csv` (a line per epoch), `best.npz` (the averaged weights of
the epoch that finds most held-out faces) and `run.json`; at the end `model.keras` from `best.npz`. Runs under
Keras' TensorFlow, JAX and PyTorch backends. `--start` goes on from another run's `model.keras`.
"""

import argparse
import csv
import json
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import cv2
import keras
import numpy as np
from tqdm import tqdm

from training.files import git_commit
from training.finder.batches import Batches
from training.finder.held_out import held_out_recall
from training.finder.loss import FinderLoss
from training.finder.network import finder
from training.finder.photos import LabelledPhoto, load_photos
from training.finder.serving import restore_weights
from training.network.normalisation import use_fused
from training.network.schedule import WarmupStableDecay

AVERAGE_EVERY: Final = 8
"""Steps between updates of the averaged weights."""


@dataclass(frozen=True)
class Run:
    """One training run; the fields are the command's options."""

    out: Path
    epochs: int = 120
    steps: int = 250
    """Of one epoch."""
    batch: int = 32
    side: int = 256
    """Of a crop, in pixels."""
    small_side: int = 160
    small_epochs: int = 40
    """First epochs on crops of `small_side`: two and a half times as fast."""
    rate: float = 0.003
    """Peak learning rate of AdamW."""
    decay: float = 0.6
    """Fraction of the run, at its end, over which the rate falls to zero."""
    weight_decay: float = 0.01
    average: float = 0.9985
    """Per-step decay of the averaged weights."""
    validate_every: int = 4
    """Epochs between two looks at the held-out photos."""
    seed: int = 1
    colour: bool = False
    precision: str = "mixed_bfloat16"
    start: Path | None = None
    """The `model.keras` of another run, to begin from instead of chance."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photos", type=Path, required=True, help="folder with labels.csv and the photos")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    for option in fields(Run):
        name = f"--{option.name.replace('_', '-')}"
        if option.name == "colour":
            parser.add_argument(name, action="store_true", help="train on colour photos instead of grey ones")
        elif option.name == "start":
            parser.add_argument(name, type=Path, help="a model.keras to begin from")
        elif option.name != "out":
            parser.add_argument(name, type=type(option.default), default=option.default)


def main(args: argparse.Namespace) -> None:
    run = Run(**{f.name: getattr(args, f.name) for f in fields(Run)})
    print(f"wrote {train(run, args.photos)}")


def train(run: Run, folder: Path) -> Path:
    """Trains to the end, resuming where `run.out` holds a state; returns the best epoch's network."""
    run.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    use_fused()
    keras.utils.set_random_seed(run.seed)
    keras.mixed_precision.set_global_policy(run.precision)
    model = finder(3 if run.colour else 1)
    if run.start:
        model.set_weights(keras.saving.load_model(run.start, compile=False).get_weights())
    optimizer = _optimizer(run, model)
    keeper = Keeper(run, model, optimizer, load_photos(folder, "held_out", colour=run.colour))
    batches, side = Batches(folder, run.batch, run.steps, run.seed, run.colour), 0
    for epoch in range(keeper.restore(), run.epochs):
        wanted = run.small_side if epoch < run.small_epochs else run.side
        if side != wanted:
            side = wanted
            _compile(model, optimizer, side)
        keeper.begin()
        bar = tqdm(
            batches.epoch(epoch, side), f"epoch {epoch + 1}", run.steps, disable=not sys.stdout.isatty()
        )
        for pixels, labels in bar:
            loss = model.train_on_batch(pixels.astype(np.float32), labels)
            keeper.after_step()
        keeper.end(epoch, float(loss))
    batches.close()
    return _save_best(run)


def _save_best(run: Run) -> Path:
    keras.mixed_precision.set_global_policy("float32")
    model = finder(3 if run.colour else 1)
    restore_weights(run.out / "best.npz", model)
    model.save(run.out / "model.keras")
    return run.out / "model.keras"


def _optimizer(run: Run, model: keras.Model) -> keras.optimizers.Optimizer:
    total = run.epochs * run.steps
    schedule = WarmupStableDecay(run.rate, min(500, total // 10), round(total * (1 - run.decay)), total)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=run.weight_decay, global_clipnorm=10.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(model.trainable_variables)
    return optimizer


def _compile(model: keras.Model, optimizer: keras.optimizers.Optimizer, side: int) -> None:
    jit = keras.backend.backend() == "jax"  # XLA makes these layers ten times slower on TensorFlow
    model.compile(optimizer=optimizer, loss=FinderLoss(side), jit_compile=jit)


class Keeper:
    """Averages the weights, looks at held-out photos, and saves all that resuming needs after each epoch."""

    def __init__(
        self,
        run: Run,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        held_out: list[LabelledPhoto],
    ) -> None:
        self.run, self.model, self.optimizer, self.held_out = run, model, optimizer, held_out
        self.averaged = [np.array(w) for w in model.get_weights()]
        self.history: list[dict[str, float]] = []
        self.started = 0.0
        self.steps = 0

    def restore(self) -> int:
        """Number of whole epochs done."""
        path = self.run.out / "state.npz"
        if not path.exists():
            return 0
        with np.load(path) as state:
            self.model.set_weights([state[f"weight_{i}"] for i in range(len(self.averaged))])
            self.averaged = [state[f"average_{i}"] for i in range(len(self.averaged))]
            for i, variable in enumerate(self.optimizer.variables):
                variable.assign(state[f"optimizer_{i}"])
            self.history = json.loads(str(state["history"]))
        self.steps = len(self.history) * self.run.steps
        return len(self.history)

    def begin(self) -> None:
        self.model.reset_metrics()
        self.started = time.monotonic()

    def after_step(self) -> None:
        self.steps += 1
        if self.steps % AVERAGE_EVERY:
            return
        keep = min(self.run.average**AVERAGE_EVERY, (1 + self.steps) / (10 + self.steps))
        now = self.model.get_weights()
        self.averaged = [keep * a + (1 - keep) * w for a, w in zip(self.averaged, now, strict=True)]

    def end(self, epoch: int, loss: float) -> None:
        row = {"epoch": epoch + 1, "seconds": round(time.monotonic() - self.started, 1), "loss": loss}
        last = epoch + 1 == self.run.epochs
        row["found"] = (
            self._validate() if last or (epoch + 1) % self.run.validate_every == 0 else float("nan")
        )
        self.history.append(row)
        self._save()
        print(" ".join(f"{k} {v:.4g}" for k, v in row.items()), flush=True)

    def _validate(self) -> float:
        current = self.model.get_weights()
        self.model.set_weights(self.averaged)
        found = held_out_recall(self.model, self.held_out)
        self.model.set_weights(current)
        best = max((row["found"] for row in self.history if row["found"] == row["found"]), default=0.0)
        if found >= best:
            _write(self.run.out / "best.npz", {f"average_{i}": w for i, w in enumerate(self.averaged)})
        return found

    def _save(self) -> None:
        arrays = {f"weight_{i}": w for i, w in enumerate(self.model.get_weights())}
        arrays |= {f"average_{i}": w for i, w in enumerate(self.averaged)}
        variables = enumerate(self.optimizer.variables)
        arrays |= {f"optimizer_{i}": keras.ops.convert_to_numpy(v) for i, v in variables}
        _write(self.run.out / "state.npz", {**arrays, "history": np.array(json.dumps(self.history))})
        _describe(self.run, self, self.model.count_params())
        with (self.run.out / "history.csv").open("w", newline="") as file:
            rows = csv.DictWriter(file, list(self.history[-1]))
            rows.writeheader()
            rows.writerows(self.history)


def _write(path: Path, arrays: dict[str, Any]) -> None:
    """Replaced whole, so that a kill leaves the old file or the new one."""
    part = path.with_suffix(".part.npz")
    np.savez(part, **arrays)
    part.replace(path)


def _describe(run: Run, keeper: Keeper, parameters: int) -> None:
    about = {
        "name": "finder",
        "parameters": parameters,
        "run": {f.name: getattr(run, f.name) for f in fields(run) if f.name not in {"out", "start"}}
        | {"start": run.start and run.start.name},
        "commit": git_commit(),
        "train_seconds": round(sum(row["seconds"] for row in keeper.history)),
    }
    (run.out / "run.json").write_text(json.dumps(about, indent=2) + "\n")
