r"""Every network and every classical method on the same faces, in one table.

    python -m training compare --csv fer2013.csv.gz --runs runs --out runs/compare
    python -m training compare --csv fer2013.csv.gz --quick

Taught on Training, measured on PublicTest. `--runs` takes finished networks (RUNS/<name>/model.keras)
instead of training them anew, which takes hours. Writes `<method>.json` as each is done, so that the same
command goes on where it was stopped, and `comparison.md` and `comparison.json` after each. `--quick`
takes five minutes: every tenth face of Training, every third of PublicTest, two epochs a network. It
shows that all of it runs, not what the methods are worth.
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
from numpy.typing import NDArray

from training import data
from training.measure import metrics
from training.methods.registry import METHODS, Fitted, NotRunError, Setting, fit, identity
from training.methods.table import machine, markdown

QUICK: Final = {"Training": 10, "PublicTest": 3}
"""Every n-th row of each split."""
QUICK_EPOCHS: Final = 2
TIMED: Final = 100
"""Faces that are read one by one for the time of one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--csv", type=Path, help="fer2013.csv, plain or .gz")
    source.add_argument("--data", type=Path, help="the .npz of `python -m training data`")
    parser.add_argument("--out", type=Path, help="folder of the results; runs/compare or runs/compare-quick")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--runs", type=Path, help="folder of finished networks, as runs/vgg9/model.keras")
    size.add_argument("--quick", action="store_true", help="five minutes on a part of the faces")
    parser.add_argument(
        "--landmarks", type=Path, help="MediaPipe's face_landmark.tflite, for landmark shapes"
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, metavar="METHOD")
    parser.add_argument("--epochs", type=int, help="of each network trained here, instead of its own number")
    parser.add_argument("--seed", type=int, default=1)


def main(args: argparse.Namespace) -> None:
    for path in (args.runs, args.landmarks):
        if path and not path.exists():
            raise data.DataError(f"{path} does not exist")
    faces = data.read(args.csv, progress=True) if args.csv else data.load(args.data)
    faces = thin(faces) if args.quick else faces
    out = args.out or Path("runs/compare-quick" if args.quick else "runs/compare")
    epochs = args.epochs or (QUICK_EPOCHS if args.quick else None)
    setting = Setting(out, args.runs, args.landmarks, epochs, args.seed)
    compare(faces, setting, args.methods)
    print((out / "comparison.md").read_text())


def thin(faces: data.Faces) -> data.Faces:
    """The part of the faces that `--quick` takes."""
    rows = [np.flatnonzero(faces.split == data.SPLITS.index(s))[::step] for s, step in QUICK.items()]
    return faces.rows(np.concatenate(rows))


def compare(faces: data.Faces, setting: Setting, methods: tuple[str, ...]) -> None:
    """Runs what `setting.out` has no result of yet, and writes the table after each."""
    for split in QUICK:
        if not len(faces.only(split).labels):
            raise data.DataError(f"the file has no {split} rows")
    setting.out.mkdir(parents=True, exist_ok=True)
    same = fingerprint(faces)
    results: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(METHODS, 1):
        path = setting.out / f"{name.replace(' ', '-')}.json"
        key = hashlib.sha256(f"{same} {identity(name, setting)}".encode()).hexdigest()
        result = json.loads(path.read_text()) if path.exists() else {}
        if result.get("key") != key and name in methods:
            print(f"{number} of {len(METHODS)}: {name} …", flush=True)
            result = {"key": key, **_run(name, faces, setting)}
            if "accuracy" in result:
                write(path, json.dumps(result, indent=1))
        results[name] = result if result.get("key") == key else {"missing": "not run"}
        write(setting.out / "comparison.json", json.dumps(results, indent=1))
        write(setting.out / "comparison.md", markdown(results, faces))


def fingerprint(faces: data.Faces) -> str:
    """Of which faces a result is."""
    content = faces.images.tobytes() + faces.labels.tobytes() + faces.split.tobytes()
    return hashlib.sha256(content).hexdigest()


def _run(name: str, faces: data.Faces, setting: Setting) -> dict[str, Any]:
    try:
        fitted = fit(name, faces, setting)
    except NotRunError as reason:
        print(f"  not run: {reason}", flush=True)
        return {"missing": str(reason)}
    result = _measure(fitted, faces)
    print(f"  {result['accuracy']:.1%}, trained for {fitted.seconds:.0f} s", flush=True)
    return {
        **result,
        "parameters": fitted.parameters,
        "train_seconds": round(fitted.seconds, 1),
        "about": fitted.about,
        "seed": setting.seed,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "load": round(os.getloadavg()[0], 1),
    }


def _measure(fitted: Fitted, faces: data.Faces) -> dict[str, Any]:
    valid = faces.only("PublicTest")
    scores = fitted.scores(valid.images)
    new = ~metrics.twins(valid.images, faces.only("Training").images)
    result = metrics.of_scores(scores, valid.labels)
    result["without_twins"] = metrics.of_scores(scores[new], valid.labels[new])
    result["ms_per_face"] = round(_milliseconds(fitted, valid.images), 3)
    return result


def _milliseconds(fitted: Fitted, images: NDArray[np.uint8]) -> float:
    """Median processor time of one face read on its own: other work on the machine does not count."""
    times = []
    for image in images[:TIMED]:
        started = time.process_time()
        fitted.scores(image[None])
        times.append(time.process_time() - started)
    return 1000 * float(np.median(times))


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text + "\n")
    part.replace(path)
