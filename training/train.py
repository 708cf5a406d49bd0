"""Train a network on FER2013, and on FER+ votes where it has a head for them.

    python -m training train --model emonet --data runs/fer2013.npz --out runs/emonet --epochs 80

Can be killed at any moment: the same command goes on after the last whole epoch. Writes into `--out`:
`state.npz` (everything that resuming needs, replaced whole), `history.csv` (a line per epoch), and at the end
`model.keras` (float32, averaged weights) with `model.json` beside it. Runs under Keras' TensorFlow, JAX and
PyTorch backends alike (`KERAS_BACKEND=jax`).
"""

import argparse
from pathlib import Path

from training import dataset, registered
from training.network.batches import Recipe
from training.network.models import NETWORKS
from training.network.trainer import Run, train
from training.options import add_fields, field_values


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=sorted(NETWORKS), required=True)
    faces = parser.add_mutually_exclusive_group(required=True)
    faces.add_argument("--data", type=Path, help="the .npz of `python -m training data`")
    faces.add_argument("--registered", type=Path, help="the .npz of `python -m training register`")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--start", type=Path, help="a model.keras with its JSON to begin from")
    parser.add_argument(
        "--teacher", type=Path, action="append", default=[], help="a serving file to distil from; repeatable"
    )
    add_fields(parser, Run)
    add_fields(parser, Recipe)


def main(args: argparse.Namespace) -> None:
    paths = {name: getattr(args, name) for name in ("model", "out", "start")}
    paths["teacher"] = tuple(args.teacher)
    run = Run(**paths, **field_values(args, Run), recipe=Recipe(**field_values(args, Recipe)))
    faces = registered.load(args.registered) if args.registered else registered.plain(dataset.load(args.data))
    print(f"wrote {train(run, faces)}")
