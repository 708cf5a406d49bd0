r"""Train on one database, test on the others: the table of what carries over.

    python -m training cross --crops fer2013=fer2013.csv.gz --crops ckplus=CK+48 --photos jaffe=jaffedbase \
        --photos kdef=KDEF --methods vgg9 --models services/inference/model/emotion.tflite --out runs/cross

`--crops` takes a fer2013.csv, an .npz of `python -m training data`, or a folder of face crops; `--photos`
a folder of whole photos, in which the serving stages find the face. Each method is taught on every
database in turn, and tested on the people of it that it was not taught on, and on all of every other
database (of FER2013: PublicTest). `--models` are finished files, tested on all. Goes on where it was
stopped.
"""

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training import data
from training.compare import fingerprint, write
from training.measure import metrics
from training.measure.face_databases import Picture, find
from training.measure.folders import find_faces, read_crops
from training.measure.predictors import Predictor, load_predictor
from training.methods.registry import METHODS, SHIPPED, NotRunError, Setting, fit, identity

TESTED: Final = 5
"""Every fifth person of a database is kept for the test."""


@dataclass(frozen=True)
class Base:
    """One database."""

    faces: data.Faces
    come_split: bool
    """Whether Training and PublicTest are its own, so that only PublicTest is ever tested on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for option, what in (("--crops", "faces"), ("--photos", "whole photos")):
        parser.add_argument(
            option, action="append", default=[], metavar="NAME=PATH", help=f"a database of {what}"
        )
    names = [name for name in METHODS if name != SHIPPED]
    parser.add_argument("--methods", nargs="+", choices=names, default=[], metavar="METHOD")
    parser.add_argument("--models", nargs="+", type=Path, default=[], help="finished .tflite or .keras files")
    parser.add_argument("--landmarks", type=Path, help="MediaPipe's face_landmark.tflite")
    parser.add_argument("--epochs", type=int, help="of each network, instead of its own number")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("runs/cross"))


def main(args: argparse.Namespace) -> None:
    if not args.methods and not args.models:
        raise data.DataError("nothing to test: name --methods, --models or both")
    bases = {name: crops(path) for name, path in map(_named, args.crops)}
    bases |= {name: photos(path) for name, path in map(_named, args.photos)}
    if not bases:
        raise data.DataError("no database: name --crops, --photos or both")
    args.out.mkdir(parents=True, exist_ok=True)
    rows = {f"{path.stem}, finished": _tested(load_predictor(path), bases, None) for path in args.models}
    for method in args.methods:
        for name in bases:
            setting = Setting(args.out / name, None, args.landmarks, args.epochs, args.seed)
            rows[f"{method}, taught on {name}"] = taught(method, name, bases, setting)
            write(args.out / "cross.json", json.dumps(rows, indent=1))
            write(args.out / "cross.md", markdown(rows, bases))
    write(args.out / "cross.json", json.dumps(rows, indent=1))
    write(args.out / "cross.md", markdown(rows, bases))
    print(markdown(rows, bases))


def _named(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals or not name or "/" in name:
        raise data.DataError(f"{text} is not NAME=PATH, as jaffe=jaffedbase")
    return name, Path(path)


def crops(path: Path) -> Base:
    if path.is_dir():
        pictures = find(path)
        return Base(_split(read_crops(pictures), pictures), come_split=False)
    faces = data.load(path) if path.suffix == ".npz" else data.read(path, progress=True)
    return Base(faces, come_split=True)


def photos(path: Path) -> Base:
    pictures = find(path)
    images, seen = find_faces(pictures)
    if not seen.any():
        raise data.DataError(f"no face was found in any photo of {path}")
    print(f"{path}: no face in {int((~seen).sum())} of {len(seen)} photos, which are left out")
    shown = [picture for picture, one in zip(pictures, seen, strict=True) if one]
    return Base(_split(images[seen], shown), come_split=False)


def _split(images: NDArray[np.uint8], pictures: list[Picture]) -> data.Faces:
    """Training and PublicTest by person, so that nobody is in both."""
    people = sorted({picture.person for picture in pictures})
    tested = set(people[TESTED - 1 :: TESTED] or people[-1:])
    split = [data.SPLITS.index("PublicTest" if p.person in tested else "Training") for p in pictures]
    labels = [picture.label for picture in pictures]
    votes = np.zeros((len(pictures), len(data.VOTE_COLUMNS)), np.uint8)
    return data.Faces(images, np.array(labels, np.int8), np.array(split, np.int8), votes)


def taught(method: str, name: str, bases: dict[str, Base], setting: Setting) -> dict[str, Any]:
    """The row of one method taught on one database, from `setting.out` where it is there already."""
    what = {base: fingerprint(one.faces) for base, one in bases.items()}
    key = hashlib.sha256(f"{what} {name} {identity(method, setting)}".encode()).hexdigest()
    path = setting.out / f"{method.replace(' ', '-')}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    if kept.get("key") == key:
        return dict(kept["row"])
    print(f"{method}, taught on {name} …", flush=True)
    faces = bases[name].faces
    if len(np.unique(faces.only("Training").labels)) < 2 or not len(faces.only("PublicTest").labels):
        raise data.DataError(f"{name} has too few people or labels to be taught on")
    setting.out.mkdir(parents=True, exist_ok=True)
    try:
        fitted = fit(method, faces, setting)
    except NotRunError as reason:
        raise data.DataError(f"{method} {reason}") from reason
    row = _tested(fitted.scores, bases, name)
    write(path, json.dumps({"key": key, "row": row}, indent=1))
    return row


def _tested(scores: Predictor, bases: dict[str, Base], own: str | None) -> dict[str, Any]:
    row = {}
    for name, base in bases.items():
        whole = name != own and not base.come_split
        rows = base.faces if whole else base.faces.only("PublicTest")
        if len(rows.labels):
            row[name] = metrics.of_scores(scores(rows.images), rows.labels)
    return row


def markdown(rows: dict[str, dict[str, Any]], bases: dict[str, Base]) -> str:
    lines = [f"| | {' | '.join(bases)} |", "|---" * (1 + len(bases)) + "|"]
    for name, row in rows.items():
        cells = [_cell(row[base]) if base in row else "–" for base in bases]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(figures: dict[str, Any]) -> str:
    low, high = figures["interval_95"]
    return f"{figures['accuracy']:.1%} ({low:.1%} to {high:.1%}), n {figures['n']}"
