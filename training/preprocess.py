"""The report's preprocessing, each step before the network, on clean and on worsened PublicTest faces.

    python -m training preprocess --model services/inference/model/emotion.tflite --csv fer2013.csv.gz

Prints accuracy by condition (rows) and step (columns) as Markdown. The network is as it was trained, without
any of them: a step that helps here deserves a training run of its own.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training import data
from training.measure.degrade import DEGRADATIONS, Images
from training.measure.predictors import load_predictor


def _each(change: Callable[[Images], np.ndarray]) -> Callable[[Images], Images]:
    return lambda images: np.array([change(image) for image in images]).astype(np.uint8)


def _stretch(image: Images) -> np.ndarray:
    """Brightness: the 2nd and 98th percentile become 0 and 255."""
    low, high = np.percentile(image, (2, 98))
    return np.asarray(np.clip((image - low) * (255 / max(1.0, high - low)), 0, 255))


STEPS: Final[dict[str, Callable[[Images], Images]]] = {
    "none": lambda images: images,
    "stretch": _each(_stretch),
    "equalise": _each(cv2.equalizeHist),
    "CLAHE": _each(cv2.createCLAHE(2.0, (4, 4)).apply),
    "median 3": _each(lambda image: cv2.medianBlur(image, 3)),
    "bilateral": _each(lambda image: cv2.bilateralFilter(image, 5, 40, 2)),
    "non-local means": _each(lambda image: cv2.fastNlMeansDenoising(image, None, 12, 5, 11)),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help=".tflite or .keras")
    parser.add_argument("--csv", type=Path, required=True, help="fer2013.csv, plain or .gz")


def main(args: argparse.Namespace) -> None:
    faces = data.read(args.csv, progress=True).only("PublicTest")
    predict = load_predictor(args.model)
    print(f"| condition | {' | '.join(STEPS)} |")
    print("|---" * (1 + len(STEPS)) + "|")
    for condition, worsen in DEGRADATIONS.items():
        worse = worsen(faces.images)
        hits = [(predict(step(worse)).argmax(axis=1) == faces.labels).mean() for step in STEPS.values()]
        print(f"| {condition} | {' | '.join(f'{share:.1%}' for share in hits)} |", flush=True)
