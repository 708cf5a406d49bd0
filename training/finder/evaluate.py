"""Measure a finder's serving file on labelled photos, by all of detection as it is served.

python -m training finder evaluate --model services/inference/model/finder.tflite --photos DIR --split dev
"""

import argparse
import json
from pathlib import Path

import cv2

from services.inference.detect import Detector
from services.inference.runtime import load_network
from training.finder.measure import measure
from training.finder.photos import load_photos


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="the .tflite, its JSON card beside it")
    parser.add_argument("--photos", type=Path, required=True, help="folder with labels.csv and the photos")
    parser.add_argument("--split", default="dev", help="train, held_out or another that labels.csv names")
    parser.add_argument("--mode", choices=["auto", "haar", "network"], default="auto")
    parser.add_argument("--json", type=Path, help="where the figures are written too")


def main(args: argparse.Namespace) -> None:
    cv2.setNumThreads(1)
    detector = Detector(args.mode, load_network(args.model))
    figures = measure(detector.detect, load_photos(args.photos, args.split), quiet=False).summary()
    print(json.dumps(figures, indent=1))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
