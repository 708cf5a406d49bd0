"""How good a model is, on any split of a user's fer2013.csv or on any folder of labelled faces.

    python -m training evaluate --model services/inference/model/emotion.tflite \
        --csv fer2013.csv.gz --ferplus fer2013new.csv --split PublicTest --json out.json
    python -m training evaluate --model services/inference/model/emotion.tflite --images DIR [--detect]

`--images` takes a folder of face crops, laid out as DIR/<label>/* (CK+ in 48×48 is), as JAFFE or as KDEF;
with `--detect`, of whole photos, which go through the serving pipeline. What is left out is said; what
cannot be read or understood is named, a line each, and ends with status 1.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from services.emotions import EMOTIONS
from training import data
from training.measure import folders, metrics
from training.measure.face_databases import LAYOUTS, find
from training.measure.predictors import Heads, Predictor, load_heads, load_predictor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help=".tflite or .keras")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--csv", type=Path, help="fer2013.csv, plain or .gz")
    source.add_argument("--images", type=Path, help="folder of labelled faces or photos")
    parser.add_argument("--layout", choices=LAYOUTS, default="auto", help="of that folder")
    parser.add_argument("--ferplus", type=Path, help="FER+'s fer2013new.csv, for the second label set")
    parser.add_argument("--split", choices=data.SPLITS, default="PublicTest")
    parser.add_argument("--detect", action="store_true", help="whole photos: find the face first")
    parser.add_argument("--json", type=Path, help="write every figure here")


def main(args: argparse.Namespace) -> None:
    if args.csv:
        faces = data.read(args.csv, args.ferplus, progress=True)
        result = on_split(load_predictor(args.model), load_heads(args.model), faces, args.split)
    elif args.detect:
        result = folders.through_the_pipeline(args.model, find(args.images, args.layout))
    else:
        pictures = find(args.images, args.layout)
        labels = np.array([picture.label for picture in pictures], np.int8)
        predict, alone = load_predictor(args.model), load_heads(args.model)
        crops = folders.read_crops(pictures)
        result = metrics.describe(predict(crops), labels)
        if heads := alone(crops):
            result["heads"] = {name: {"labels": _brief(said, labels)} for name, said in heads.items()}
    print(table(result))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    if unread := result.get("photos", {}).get("unreadable"):
        raise data.DataError(f"photos that could not be read: {unread}")


def on_split(predict: Predictor, heads: Heads, faces: data.Faces, split: str) -> dict[str, Any]:
    """By FER2013's labels; in it without Training's twins, by FER+'s majority, and of each head alone."""
    rows = faces.only(split)
    if not len(rows.labels):
        raise data.DataError(f"the file has no {split} rows")
    probabilities = predict(rows.images)
    result = metrics.describe(probabilities, rows.labels)
    if split != "Training":
        new = ~metrics.twins(rows.images, faces.only("Training").images)
        result["without_twins"] = metrics.describe(probabilities[new], rows.labels[new])
    votes = rows.six_votes()
    clear, crowd = metrics.majority(votes)
    if clear.any():
        result["ferplus"] = metrics.describe(probabilities[clear], crowd[clear])
        shares = votes[clear] / votes[clear].sum(axis=1, keepdims=True)
        result["ferplus"]["kl_to_votes"] = round(metrics.kl_to_votes(probabilities[clear], shares), 4)
    if alone := heads(rows.images):
        result["heads"] = {name: {"labels": _brief(said, rows.labels)} for name, said in alone.items()}
        if clear.any():
            for name, said in alone.items():
                result["heads"][name]["ferplus"] = _brief(said[clear], crowd[clear])
    return result


def _brief(probabilities: metrics.Probabilities, labels: metrics.Labels) -> dict[str, Any]:
    whole = metrics.describe(probabilities, labels)
    return {name: whole[name] for name in ("n", "accuracy", "interval_95", "ece")}


def table(result: dict[str, Any]) -> str:
    """The figures for people."""
    lines = []
    for title, part in (
        ("labels", result),
        ("labels, without the twins of Training", result.get("without_twins")),
        ("FER+ majority", result.get("ferplus")),
    ):
        if not part:
            continue
        low, high = part["interval_95"]
        ranks = " ".join(f"top-{k} {share:.1%}" for k, share in enumerate(part["rank_of_truth"][:3], 1))
        lines.append(f"{title}: accuracy {part['accuracy']:.1%} (95% {low:.1%} to {high:.1%}), n {part['n']}")
        lines.append(f"  {ranks}, ECE {part['ece']:.3f}, Brier {part['brier']:.3f}, NLL {part['nll']:.3f}")
    titles = {"labels": "labels", "ferplus": "FER+ majority"}
    for name, by in result.get("heads", {}).items():
        told = [f"{titles[key]} {part['accuracy']:.1%}, ECE {part['ece']:.3f}" for key, part in by.items()]
        lines.append(f"the {name} head alone: {'; '.join(told)}")
    lines += _classes(result)
    return "\n".join(lines)


def _classes(result: dict[str, Any]) -> list[str]:
    lines = [
        f"{'truth':10}{'n':>6}{'recall':>8}{'precis.':>8}   answered " + " ".join(f"{e:>8}" for e in EMOTIONS)
    ]
    for name, counts in zip(EMOTIONS, result["confusion"], strict=True):
        one = result["per_class"][name]
        cells = " ".join(f"{count:8d}" for count in counts)
        lines.append(f"{name:10}{one['n']:6d}{one['recall']:8.1%}{one['precision']:8.1%}            {cells}")
    return lines
