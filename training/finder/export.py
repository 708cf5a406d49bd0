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
from sklearn.linear_model import LogisticRegression

from services.inference.detect import Detector
from services.inference.finder import TALL, WIDE, Calibration, Finder, shrunk
from services.inference.runtime import Model
from training.finder.measure import Measured, measure
from training.finder.network import finder
from training.finder.photos import LabelledPhoto, load_photos
from training.finder.scoring import score_photo
from training.finder.serving import restore_best, to_tflite

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
    restore_best(args.run, network)
    content = to_tflite(network)
    dev, held_out = load_photos(args.photos, "dev"), load_photos(args.photos, "held_out")
    calibration = calibrate(content, dev[::2], held_out)
    model = Model(content, {"calibration": asdict(calibration)})
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

    def found_at(threshold: float) -> Measured:
        calibration = asdict(replace(fitted, threshold=threshold))
        return measure(Detector("network", Model(content, {"calibration": calibration})).detect, held_out)

    threshold = _choose_threshold(found_at)
    fitted = replace(fitted, threshold=threshold)
    return replace(fitted, covered_from=_choose_cover(content, fitted, held_out))


def _fit_score(bare: Finder, photos: Sequence[LabelledPhoto]) -> Calibration:
    """The logistic curve of hit or miss by logit and size, over every box of looks at two scales."""
    rows, hits = [], []
    for photo in photos:
        shape = WIDE if photo.pixels.shape[1] >= photo.pixels.shape[0] else TALL
        small, scale = shrunk(photo.pixels, shape)
        found = bare.look(small, shape)
        truth = photo.boxes * scale
        truth[:, 2:] += truth[:, :2]
        scored = score_photo(found.boxes, found.scores, truth, photo.ignored)
        order = np.argsort(-found.scores, kind="stable")
        sizes = {float(found.scores[i]): float(found.sizes[i]) for i in order}
        rows += [(score, np.log(np.clip(sizes[float(score)], 8, 128) / 32)) for score in scored.scores]
        hits += scored.hits.tolist()
    if len(set(hits)) < 2:
        return Calibration()  # an early network that finds nothing: its logit as it is
    curve = LogisticRegression(C=100.0).fit(np.array(rows), hits)
    (per_logit, per_size), (constant,) = curve.coef_[0], curve.intercept_
    return Calibration(float(constant), float(per_logit), float(per_size))


def _choose_threshold(found_at: Any) -> float:  # noqa: ANN401  # a function from the threshold to what is found
    """The lowest log-odds, in tenths, that keep false boxes rare."""
    for threshold in np.arange(-1.0, 4.0, 0.2):
        measured = found_at(float(threshold))
        if (~measured.boxes["hit"]).sum() <= len(measured.photos) / FALSE_PHOTOS:
            return round(float(threshold), 2)
    raise ValueError("no threshold keeps false boxes rare")


def _choose_cover(content: bytes, calibration: Calibration, photos: Sequence[LabelledPhoto]) -> float:
    """The lowest log-odds of a covered lower half that keep bare faces from being called so."""
    for least in np.arange(-4.0, 4.0, 0.25):
        card = {"calibration": asdict(replace(calibration, covered_from=float(least)))}
        faces = measure(Detector("network", Model(content, card)).detect, photos).faces
        bare = faces[(faces["covered"] == 0) & faces["found"]]
        if not len(bare) or bare["says_covered"].mean() <= BARE:
            return float(least)
    raise ValueError("bare faces cannot be told from covered ones")


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
