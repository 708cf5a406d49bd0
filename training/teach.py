"""Write the probabilities that finished networks give each Training face, for another network to learn from.

    python -m training teach --run runs/one --run runs/two --data runs/fer2013.npz --out runs/teacher.npz
    python -m training train --model emonet --teacher runs/teacher.npz …

The mean over the runs, and over two views of each face, for both heads. Distillation: Hinton, Vinyals & Dean
2015, "Distilling the knowledge in a neural network"; a teacher of the student's own shape helps too:
Furlanello et al. 2018, "Born-again neural networks".
"""

import argparse
from pathlib import Path

import keras
import numpy as np

from training import dataset
from training.network.targets import HEADS
from training.network.views import predict_heads
from training.options import add_data


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run", type=Path, action="append", required=True, help="folder with model.keras; may be repeated"
    )
    add_data(parser)
    parser.add_argument("--out", type=Path, default=Path("runs/teacher.npz"))


def main(args: argparse.Namespace) -> None:
    faces = dataset.load(args.data).only("Training")
    answers = []
    for run in args.run:
        model = keras.saving.load_model(run / "model.keras", compile=False)
        if missing := set(HEADS) - set(model.output_names):
            raise ValueError(f"{run} has no head for {', '.join(sorted(missing))}")
        answers.append(predict_heads(model, faces.images))
        right = answers[-1]["label"].argmax(axis=1) == faces.labels
        print(f"{run}: right on {right.mean():.1%} of Training")
    means = {name: np.mean([heads[name] for heads in answers], axis=0, dtype=np.float32) for name in HEADS}
    np.savez(args.out, **means)  # type: ignore[arg-type]  # numpy's stub
    print(f"wrote {args.out}")
