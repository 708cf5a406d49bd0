"""Write the finder's serving file and its JSON card.

    python -m training finder export --run runs/finder --photos DIR --out runs/finder/finder.tflite

The score is fitted to log-odds on one half of the split `dev` and checked on the other; the threshold is
chosen on the photos of `train` that were set aside. Needs TensorFlow, whichever backend trained.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from services.inference.detect import CERTAIN, Detector
from services.inference.finder import TALL, WIDE, Calibration, Finder, relative_size, shrunk
from services.inference.runtime import Model
from training.finder.measure import measure
from training.finder.network import finder
from training.finder.photos import LabelledPhoto, load_photos
from training.finder.scoring import score_photo
from training.finder.serving import restore_weights, to_tflite

LOWEST: Final = 0.0
"""Log-odds below which no threshold is tried."""
FALSE_PHOTOS: Final = 50
"""The threshold lets through at most one false box in so many of the photos set aside."""
BARE: Final = 0.03
"""Share of bare faces, at most, that may be called covered when that threshold is chosen."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, help="folder of a finder's run")
    parser.add_argument("--photos", type=Path, required=True, help="folder with labels.csv and the photos")
    parser.add_argument("--out", type=Path, required=True, help="the .tflite to write")
    parser.add_argument("--version", default="1.0.0")


def main(args: argparse.Namespace) -> None:
    cv2.setNumThreads(1)
    about = json.loads((args.run / "run.json").read_text())
    network = finder(3 if about["run"]["colour"] else 1)
    restore_weights(args.run / "best.npz", network)
    content = to_tflite(network)
    dev, held_out = load_photos(args.photos, "dev"), load_photos(args.photos, "held_out")
    calibration = calibrate(content, dev[::2], held_out)
    model = _model(content, calibration)
    card = make_card(model, about, args.version, dev, held_out)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(content)
    args.out.with_suffix(".json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(card["metrics"]["dev"], indent=1))
    print(f"{args.out}: {len(content) / 1e3:.0f} kB")


def calibrate(
    content: bytes, half: Sequence[LabelledPhoto], held_out: Sequence[LabelledPhoto]
) -> Calibration:
    """Log-odds fitted on `half`; thresholds chosen on `held_out`."""
    fitted = _fit_score(Finder(Model(content, {"calibration": {}})), half)
    fitted = replace(fitted, closer=_fit_closer(Detector("auto", _model(content, fitted)), half))
    detector = Detector("auto", _model(content, replace(fitted, threshold=LOWEST)))
    false, bare = [], []
    for photo in held_out:
        found = detector.find(photo.pixels)
        scored = score_photo(found.boxes, found.scores, _corners(photo.boxes), photo.ignored)
        false += scored.scores[~scored.hits].tolist()
        known = photo.covered[~photo.ignored] == 0
        bare += found.covered[scored.owner[known & (scored.owner >= 0)]].tolist()
    worst = sorted(false, reverse=True)[len(held_out) // FALSE_PHOTOS :]
    threshold = max([LOWEST, *worst[:1]]) + 0.01
    covered_from = float(np.quantile(bare or [0.0], 1 - BARE))
    return replace(fitted, threshold=round(threshold, 3), covered_from=round(covered_from, 3))


def _fit_score(bare: Finder, photos: Sequence[LabelledPhoto]) -> Calibration:
    """The logistic curve of hit or miss by logit and size, over every box of a look at the whole picture."""
    rows, hits = [], []
    for photo in photos:
        shape = WIDE if photo.pixels.shape[1] >= photo.pixels.shape[0] else TALL
        small, scale = shrunk(photo.pixels, shape)
        found = bare.look(small, shape)
        scored = score_photo(found.boxes, found.scores, _corners(photo.boxes * scale), photo.ignored)
        sizes = dict(zip(found.scores.tolist(), relative_size(found.sizes).tolist(), strict=True))
        rows += [(score, sizes[score]) for score in scored.scores.tolist()]
        hits += scored.hits.tolist()
    if len(set(hits)) < 2:
        return Calibration()  # an early network that finds nothing: its logit as it is
    curve = LogisticRegression(C=100.0).fit(np.array(rows), hits)
    (per_logit, per_size), (constant,) = curve.coef_[0], curve.intercept_
    return Calibration(float(constant), float(per_logit), float(per_size))


def _fit_closer(detector: Detector, photos: Sequence[LabelledPhoto]) -> tuple[float, float, float, float]:
    """The logistic curve of hit or miss for boxes that get a look of their own (`Calibration.closer`)."""
    rows, hits = [], []
    for photo in photos:
        found = detector.candidates(photo.pixels)
        scored = score_photo(found.boxes, found.scores, _corners(photo.boxes), photo.ignored)
        sizes = relative_size(found.sizes).tolist()
        numbers = {score: i for i, score in enumerate(found.scores.tolist())}
        for score, hit in zip(scored.scores.tolist(), scored.hits.tolist(), strict=True):
            if score < CERTAIN:
                i = numbers[score]
                closer = detector.look_closer(photo.pixels, found, i)
                rows.append((score, closer, sizes[i]))
                hits.append(hit)
    if len(set(hits)) < 2:
        return Calibration().closer
    curve = LogisticRegression(C=100.0).fit(np.array(rows), hits)
    constant, per_score, per_look, per_size = (float(v) for v in (*curve.intercept_, *curve.coef_[0]))
    return constant, per_score, per_look, per_size


def _model(content: bytes, calibration: Calibration) -> Model:
    return Model(content, {"calibration": asdict(calibration)})


def _corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def make_card(
    model: Model,
    about: dict[str, Any],
    version: str,
    dev: Sequence[LabelledPhoto],
    held_out: Sequence[LabelledPhoto],
) -> dict[str, Any]:
    """What a user must know of the file; the figures are measured here on its own bytes."""
    detect = Detector("auto", model).detect
    return {
        "name": "finder",
        "version": version,
        "sha256": hashlib.sha256(model.content).hexdigest(),
        "input": {
            "shape": [1, None, None, 1],
            "dtype": "float32",
            "range": [0, 255],
            "colour": "grey",
            "sides": "multiples of 32",
        },
        "output": "16 numbers for each place; services/inference/finder.py says what they mean",
        "parameters": about["parameters"],
        "licence": "MIT",
        "training_data": "3,074 photos with machine-labelled faces or without any, for research; not shipped",
        "calibration": model.card["calibration"],
        "run": about["run"],
        "commit": about["commit"],
        "train_seconds": about["train_seconds"],
        "metrics": {
            "dev": measure(detect, dev).summary(),
            "dev_half_not_calibrated_on": measure(detect, dev[1::2]).summary(),
            "held_out": measure(detect, held_out).summary(),
        },
    }
