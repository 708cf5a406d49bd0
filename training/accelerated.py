r"""Train teachers, and then a student of them, on an accelerator: faces, changes and teachers all lie on it.

    export KERAS_BACKEND=jax
    python -m training accelerated teachers --registered runs/small.npz --out runs/teachers
    python -m training accelerated student --registered runs/small.npz --out runs/student \
        --teachers runs/teachers

Each goes on after its last whole epoch when it is started again. Every teacher is one file of weights in half
precision; the student's `model.keras` and `model.json` are what `python -m training export` takes. Needs
neither TensorFlow nor LiteRT; on a processor the same commands run, slowly.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import keras
import numpy as np

from training import registered
from training.dataset import DataError
from training.files import replaced_whole
from training.network.augment import GENTLE, Augmentation
from training.network.batches import Recipe, draw
from training.network.finished import accuracies, write_finished
from training.network.models import NETWORKS
from training.network.normalisation import use_fused
from training.network.on_device import OnDevice
from training.network.schedule import sgd
from training.options import add_fields, field_values
from training.registered import DEV, TRAIN, Registered

TEACHERS: Final = (("emonet_wide", 1), ("emonet_wide", 2), ("emonet", 3), ("emonet_wide", 4))
"""Network and seed of each."""
SEED: Final = 1
"""Of the student."""
WEIGHT_DECAY: Final = 5e-3
ALONE: Final = Recipe(gentle_from=0.65)
"""What a teacher learns: labels and votes, as nobody teaches it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=("teachers", "student"))
    parser.add_argument("--registered", type=Path, required=True, help="what `register --small` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--teachers", type=Path, help="the folder of the first command")
    parser.add_argument("--model", choices=sorted(NETWORKS), default="emonet_lite", help="of the student")
    parser.add_argument("--epochs", type=int, default=60, help="of each network")
    parser.add_argument("--rate", type=float, default=0.1, help="peak learning rate at batch 128")
    parser.add_argument("--decay", type=float, default=0.7, help="share of the run over which it falls to 0")
    parser.add_argument("--precision", default="mixed_bfloat16")
    add_fields(parser, Recipe)


def main(args: argparse.Namespace) -> None:
    keras.mixed_precision.set_global_policy(args.precision)
    args.out.mkdir(parents=True, exist_ok=True)
    faces = registered.load(args.registered)
    if args.role == "teachers":
        for network, seed in TEACHERS:
            _train(network, seed, [], faces, args)
        return
    names = sorted(args.teachers.glob("*.npz")) if args.teachers else []
    if not names:
        raise DataError("a student needs --teachers, the folder that the first command wrote")
    teachers = [_restored(path) for path in names]
    seconds, student = _train(args.model, SEED, teachers, faces, args)
    settings = {name: getattr(args, name) for name in ("model", "epochs", "rate", "decay", "precision")}
    settings |= {"out": args.out.name, "seed": SEED, "teacher": [path.name for path in names]}
    settings["recipe"] = asdict(Recipe(**field_values(args, Recipe)))
    keras.mixed_precision.set_global_policy("float32")
    exact = NETWORKS[args.model]("softmax")
    exact.set_weights(student.get_weights())
    print(f"wrote {write_finished(exact, args.out, settings, faces, seconds)}")


def _train(
    network: str, seed: int, teachers: Sequence[keras.Model], faces: Registered, args: argparse.Namespace
) -> tuple[float, keras.Model]:
    """Seconds and the trained network; a line per epoch."""
    use_fused()
    keras.utils.set_random_seed(seed)
    recipe = Recipe(**field_values(args, Recipe)) if teachers else ALONE
    taught, valid = faces.rows(faces.split == TRAIN), faces.rows(faces.split == DEV)
    student = NETWORKS[network]("softmax")
    path = args.out / f"{network}-{seed}.npz"
    done, seconds = _load(student, path)
    training = OnDevice(student, teachers, taught, recipe, seed)
    rng = np.random.default_rng([seed, 0])
    steps = len(draw(taught, recipe, rng, unlabelled=bool(teachers))) // recipe.batch
    optimizer = sgd(args.rate * recipe.batch / 128, args.decay, WEIGHT_DECAY, steps, args.epochs)
    training.compile(optimizer=optimizer, jit_compile=keras.backend.backend() == "jax")
    optimizer.build(student.trainable_variables)
    optimizer.iterations.assign(done * steps)
    for epoch in range(done, args.epochs):
        gentle = epoch >= recipe.gentle_from * args.epochs
        _change(training, GENTLE if gentle else recipe.augmentation)
        started = time.monotonic()
        rows = draw(taught, recipe, np.random.default_rng([seed, epoch]), unlabelled=bool(teachers))
        rows = rows[: steps * recipe.batch].astype(np.int32)
        history = training.fit(rows, rows, batch_size=recipe.batch, epochs=1, shuffle=False, verbose=0)
        seconds += time.monotonic() - started
        _save(student, path, epoch + 1, seconds)
        last = f"loss {history.history['loss'][0]:.4f}"
        if epoch % 5 == 4 or epoch + 1 == args.epochs:
            last += "".join(f" {name} {share:.4f}" for name, share in accuracies(student, valid).items())
        print(f"{path.stem} epoch {epoch + 1}: {seconds:.0f} s {last}", flush=True)
    return seconds, student


def _change(training: OnDevice, augmentation: Augmentation) -> None:
    """Traces the step anew with other changes of the faces."""
    if training.augmentation != augmentation:
        training.augmentation = augmentation
        training.make_train_function(force=True)


def _save(model: keras.Model, path: Path, epochs: int, seconds: float) -> None:
    arrays = {f"weight_{i}": w.astype(np.float16) for i, w in enumerate(model.get_weights())}
    with replaced_whole(path) as file:
        np.savez(file, epochs=np.array(epochs), seconds=np.array(seconds), **arrays)


def _load(model: keras.Model, path: Path) -> tuple[int, float]:
    """Epochs done and seconds, and the weights into `model`, if there are any."""
    if not path.exists():
        return 0, 0.0
    with np.load(path) as state:
        model.set_weights([state[f"weight_{i}"].astype(np.float32) for i in range(len(model.weights))])
        return int(state["epochs"]), float(state["seconds"])


def _restored(path: Path) -> keras.Model:
    model = NETWORKS[path.stem.rsplit("-", 1)[0]]("softmax")
    _load(model, path)
    return model
