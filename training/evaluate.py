"""Measure a model on a split of a user's fer2013.csv or on a folder of labelled faces.

    python -m training evaluate --model services/inference/model/emotion.tflite \
        --csv fer2013.csv.gz --ferplus fer2013new.csv --split PublicTest --json out.json
    python -m training evaluate --model services/inference/model/emotion.tflite --images DIR [--detect]

`--images` takes a folder of face crops, laid out as DIR/<label>/* (CK+ in 48×48 is), as JAFFE or as KDEF;
with `--detect`, of whole photos, which go through the serving pipeline. Prints what is left out. Names each
file that cannot be read or understood on a line of its own, and ends with status 1.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from services.inference.classify import ANSWER
from training import dataset
from training.files import write_json
from training.measure import folders, metrics
from training.measure.face_databases import LAYOUTS, find_pictures
from training.measure.predictors import load_face_model
from training.measure.summary import describe_head, format_figures, measure_split


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help=".tflite or .keras")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--csv", type=Path, help="fer2013.csv, plain or .gz")
    source.add_argument("--images", type=Path, help="folder of labelled faces or photos")
    parser.add_argument("--layout", choices=LAYOUTS, default="auto", help="of that folder")
    parser.add_argument("--ferplus", type=Path, help="FER+'s fer2013new.csv, for the second label set")
    parser.add_argument("--split", choices=dataset.SPLITS, default="PublicTest")
    parser.add_argument("--detect", action="store_true", help="whole photos: find the face first")
    parser.add_argument("--json", type=Path, help="write every figure here")


def main(args: argparse.Namespace) -> None:
    result = _measure(args)
    print(format_figures(result))
    if args.json:
        write_json(args.json, result)
    if unreadable := result.get("photos", {}).get("unreadable"):
        raise dataset.DataError(f"photos that could not be read: {unreadable}")


def _measure(args: argparse.Namespace) -> dict[str, Any]:
    if args.csv:
        model = load_face_model(args.model)
        return measure_split(model, dataset.read(args.csv, args.ferplus), args.split)
    pictures = find_pictures(args.images, args.layout)
    if args.detect:
        return folders.measure_photos(args.model, pictures)
    model, crops = load_face_model(args.model), folders.read_crops(pictures)
    labels = np.array([picture.label for picture in pictures], np.int8)
    heads = model.answers(crops)
    result = metrics.describe(heads.pop(ANSWER), labels)
    if heads:
        result["heads"] = {name: {"labels": describe_head(p, labels)} for name, p in heads.items()}
    return result
