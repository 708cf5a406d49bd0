r"""Compare every network and every classical method on the same faces, in one table.

    python -m training compare --csv fer2013.csv.gz --runs runs --out runs/compare
    python -m training compare --csv fer2013.csv.gz --quick

Trains on Training, measures on PublicTest. `--runs` takes finished networks (RUNS/<name>/model.keras) instead
of training them, which takes hours. Writes `<method>.json`, `comparison.md` and `comparison.json` after each
method; the same command goes on where it was stopped. `--quick` takes five minutes and shows only that all of
it runs: every tenth face of Training, every third of PublicTest, two epochs a network.
"""

import argparse
import hashlib
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.dataset import SPLITS, DataError, Faces, Images
from training.files import write_json, write_text
from training.measure import metrics
from training.methods.registry import METHODS, Fitted, NotRunError, Setting, fit, identity
from training.methods.table import format_comparison, machine
from training.options import add_faces, read_faces

QUICK_STEPS: Final = {"Training": 10, "PublicTest": 3}
"""`--quick` takes every n-th row of each split."""
QUICK_EPOCHS: Final = 2
TIMED_FACES: Final = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_faces(parser)
    parser.add_argument("--out", type=Path, help="folder of the results; runs/compare or runs/compare-quick")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--runs", type=Path, help="folder of finished networks, as runs/vgg9/model.keras")
    size.add_argument("--quick", action="store_true", help="five minutes on a part of the faces")
    parser.add_argument("--landmarks", type=Path, help="MediaPipe's face_landmark.tflite")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, metavar="METHOD")
    parser.add_argument("--epochs", type=int, help="of each network trained here, instead of its own number")
    parser.add_argument("--seed", type=int, default=1)


def main(args: argparse.Namespace) -> None:
    for path in (args.runs, args.landmarks):
        if path and not path.exists():
            raise DataError(f"{path} does not exist")
    faces = read_faces(args)
    if args.quick:
        rows = [np.flatnonzero(faces.split == SPLITS.index(s))[::step] for s, step in QUICK_STEPS.items()]
        faces = faces.rows(np.concatenate(rows))
    out = args.out or Path("runs/compare-quick" if args.quick else "runs/compare")
    epochs = args.epochs or (QUICK_EPOCHS if args.quick else None)
    _compare(faces, Setting(out, args.runs, args.landmarks, epochs, args.seed), args.methods)
    print((out / "comparison.md").read_text())


def _compare(faces: Faces, setting: Setting, methods: tuple[str, ...]) -> None:
    """Runs the methods that `setting.out` has no result of, and writes the table after each."""
    for split in QUICK_STEPS:
        if not len(faces.only(split).labels):
            raise DataError(f"the file has no {split} rows")
    fingerprint = faces.fingerprint()
    results: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(METHODS, 1):
        path = setting.result_file(name)
        key = hashlib.sha256(f"{fingerprint} {identity(name, setting)}".encode()).hexdigest()
        result = json.loads(path.read_text()) if path.exists() else {}
        if result.get("key") != key and name in methods:
            print(f"{number} of {len(METHODS)}: {name} …", flush=True)
            result = {"key": key, **_run(name, faces, setting)}
            if "accuracy" in result:
                write_json(path, result)
        results[name] = result if result.get("key") == key else {"missing": "not run"}
        write_json(setting.out / "comparison.json", results)
        write_text(setting.out / "comparison.md", format_comparison(results, faces))


def _run(name: str, faces: Faces, setting: Setting) -> dict[str, Any]:
    try:
        fitted = fit(name, faces, setting)
    except NotRunError as reason:
        print(f"  not run: {reason}", flush=True)
        return {"missing": str(reason)}
    valid = faces.only("PublicTest")
    scores = fitted.scores(valid.images)
    new = ~metrics.twins(valid.images, faces.only("Training").images)
    result = metrics.describe_scores(scores, valid.labels)
    print(f"  {result['accuracy']:.1%}, trained for {fitted.seconds:.0f} s", flush=True)
    return {
        **result,
        "without_twins": metrics.describe_scores(scores[new], valid.labels[new]),
        "ms_per_face": round(_milliseconds(fitted, valid.images), 3),
        "parameters": fitted.parameters,
        "train_seconds": round(fitted.seconds, 1),
        "about": fitted.about,
        "seed": setting.seed,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "load": round(os.getloadavg()[0], 1),
    }


def _milliseconds(fitted: Fitted, images: Images) -> float:
    """Median processor time of one face classified alone: other work on the machine does not count."""
    times = []
    for image in images[:TIMED_FACES]:
        started = time.process_time()
        fitted.scores(image[None])
        times.append(time.process_time() - started)
    return 1000 * float(np.median(times))
