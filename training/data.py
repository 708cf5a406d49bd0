"""Convert FER2013 (and FER+ votes) into one compressed array file.

    python -m training data --csv fer2013.csv.gz --ferplus fer2013new.csv --out runs/fer2013.npz

Reads the public `fer2013.csv`, plain or gzipped: columns `emotion` (0 angry, 1 disgust, 2 fear, 3 happy,
4 sad, 5 surprise, 6 neutral), `pixels` (2,304 grey values, row by row) and `Usage`. Disgust is merged into
angry. FER+'s `fer2013new.csv` is joined by row position, as its authors publish it.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from services.emotions import EMOTIONS
from training import dataset
from training.dataset import SPLITS, Faces
from training.options import add_csv


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_csv(parser)
    parser.add_argument("--ferplus", type=Path, help="FER+'s fer2013new.csv, joined by row position")
    parser.add_argument("--out", type=Path, default=Path("runs/fer2013.npz"))


def main(args: argparse.Namespace) -> None:
    faces = dataset.read(args.csv, args.ferplus)
    dataset.save(faces, args.out)
    print(class_table(faces))


def class_table(faces: Faces) -> str:
    """Number of faces by emotion and split."""
    present = [SPLITS[i] for i in np.unique(faces.split)]
    counts = {s: np.bincount(faces.only(s).labels, minlength=len(EMOTIONS)) for s in present}
    table = pd.DataFrame(counts, [name.capitalize() for name in EMOTIONS])
    table.loc["total"] = table.sum()
    return table.to_string()
