"""What finished networks say of every Training face, for another network to learn from (distillation).

    python -m training teach --run runs/one --run runs/two --data runs/fer2013.npz --out runs/teacher.npz
    python -m training train --model emonet --teacher runs/teacher.npz …

The mean over the runs, and over two views of each face, of the probabilities of both heads. Hinton,
Vinyals & Dean 2015, "Distilling the knowledge in a neural network"; a teacher of the student's own shape
helps too: Furlanello et al. 2018, "Born-again neural networks".
"""

import argparse
from pathlib import Path

import keras
import numpy as np

from training import data
from training.network.targets import HEADS
from training.network.views import predict_heads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run", type=Path, action="append", required=True, help="folder with model.keras; may be repeated"
    )
    parser.add_argument("--data", type=Path, required=True, help="the .npz of `python -m training data`")
    parser.add_argument("--out", type=Path, default=Path("runs/teacher.npz"))


def main(args: argparse.Namespace) -> None:
    faces = data.load(args.data).only("Training")
    said = []
    for run in args.run:
        model = keras.saving.load_model(run / "model.keras", compile=False)
        if missing := set(HEADS) - set(model.output_names):
            raise ValueError(f"{run} has no head for {', '.join(sorted(missing))}")
        said.append(predict_heads(model, faces.images))
        print(f"{run}: right on {(said[-1]['label'].argmax(axis=1) == faces.labels).mean():.1%} of Training")
    heads = {name: np.mean([one[name] for one in said], axis=0, dtype=np.float32) for name in HEADS}
    np.savez(args.out, **heads)  # type: ignore[arg-type]  # numpy's stub
    print(f"wrote {args.out}")
