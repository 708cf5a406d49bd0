r"""Find the landmarks of every training face, as serving does, so that training can cut registered crops.

    python -m training register --data runs/fer2013.npz --expressions DIR --photos DIR \
        --out runs/registered.npz

`--expressions` is a folder of labelled face crops, <train|dev>/<label>/*.jpg; `--photos` one of photos as
`python -m training finder` takes them, whose faces are used without labels. Both may be left out.
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from services.inference.detect import Detector
from training import dataset, finding, registered
from training.dataset import Faces
from training.options import add_data
from training.registered import DEV, TRAIN, Registered

CHUNK = 2000
"""Faces that a worker takes at a time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("--expressions", type=Path, help="folder of labelled crops")
    parser.add_argument("--photos", type=Path, help="folder of photos with faces")
    parser.add_argument("--out", type=Path, default=Path("runs/registered.npz"))
    parser.add_argument("--small", type=Path, help="write it here too with lossy pictures, a third as large")


def main(args: argparse.Namespace) -> None:
    faces = dataset.load(args.data)
    fresh = multiprocessing.get_context("spawn")  # a copy of a process with threads may hang
    with ProcessPoolExecutor(mp_context=fresh, initializer=cv2.setNumThreads, initargs=(1,)) as workers:
        jobs = []
        for name, split in (("Training", TRAIN), ("PublicTest", DEV)):
            rows = faces.only(name)
            starts = range(0, len(rows.labels), CHUNK)
            jobs += [workers.submit(_fer2013, rows.rows(slice(s, s + CHUNK)), split) for s in starts]
        if args.expressions:
            jobs += [workers.submit(_expressions, args.expressions, split) for split in ("train", "dev")]
        if args.photos:
            jobs.append(workers.submit(_photos, args.photos))
        everything = registered.join(job.result() for job in jobs)
    everything.save(args.out)
    if args.small:
        everything.save_small(args.small)
    for source, name in enumerate(registered.SOURCES):
        points = everything.points[everything.source == source]
        sure = ~np.isnan(points).any(axis=(1, 2))
        print(f"{name}: {len(points)} faces, {np.count_nonzero(sure)} registered")
    print(f"wrote {args.out}")


def _fer2013(faces: Faces, split: int) -> Registered:
    return finding.from_fer2013(faces, split, Detector())


def _expressions(folder: Path, split: str) -> Registered:
    return finding.from_expressions(folder, split, Detector())


def _photos(folder: Path) -> Registered:
    return finding.from_photos(folder, Detector())
