"""Measure the report's preprocessing steps before the network, on clean and on degraded PublicTest faces.

    python -m training preprocess --model services/inference/model/emotion.tflite --csv fer2013.csv.gz

Prints accuracy by condition (rows) and step (columns) as Markdown. The network was trained without these
steps: one that helps here deserves a training run of its own.
"""

import argparse
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training import dataset
from training.dataset import Images
from training.measure.degrade import DEGRADATIONS, Change, each_image
from training.measure.markdown import markdown_row, markdown_table
from training.measure.predictors import load_face_model
from training.options import add_csv


def _stretch(image: Images) -> np.ndarray:
    """Scales brightness so that the 2nd and 98th percentile become 0 and 255."""
    low, high = np.percentile(image, (2, 98))
    return np.asarray((image - low) * (255 / max(1.0, high - low)))


STEPS: Final[dict[str, Change]] = {
    "none": lambda images: images,
    "stretch": each_image(_stretch),
    "equalise": each_image(cv2.equalizeHist),
    "CLAHE": each_image(cv2.createCLAHE(2.0, (4, 4)).apply),
    "median 3": each_image(lambda image: cv2.medianBlur(image, 3)),
    "bilateral": each_image(lambda image: cv2.bilateralFilter(image, 5, 40, 2)),
    "non-local means": each_image(lambda image: cv2.fastNlMeansDenoising(image, None, 12, 5, 11)),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help=".tflite or .keras")
    add_csv(parser)


def main(args: argparse.Namespace) -> None:
    faces = dataset.read(args.csv).only("PublicTest")
    model = load_face_model(args.model)
    print(markdown_table(["condition", *STEPS], []))
    for condition, degrade in DEGRADATIONS.items():
        degraded = degrade(faces.images)
        answers = [model.classify(step(degraded)).argmax(axis=1) for step in STEPS.values()]
        shares = [f"{(answer == faces.labels).mean():.1%}" for answer in answers]
        print(markdown_row([condition, *shares]), flush=True)
