r"""Train on one face database and test on the others, in one table.

    python -m training cross --crops fer2013=fer2013.csv.gz --crops ckplus=CK+48 --photos jaffe=jaffedbase \
        --photos kdef=KDEF --methods vgg9 --models services/inference/model/emotion.tflite --out runs/cross

`--crops` takes a fer2013.csv, an .npz of `python -m training data`, or a folder of face crops; `--photos` a
folder of whole photos, in which the serving stages find the face. Trains each method on every database in
turn, and tests it on the people of that database that it was not trained on and on all of every other
database (of FER2013: PublicTest). `--models` are finished files, tested on all. Goes on where it was stopped.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training import dataset
from training.dataset import SPLITS, VOTE_COLUMNS, DataError, Faces, Images
from training.files import write_json, write_text
from training.measure import metrics
from training.measure.face_databases import Picture, find_pictures
from training.measure.folders import find_faces, read_crops
from training.measure.markdown import accuracy_with_interval, markdown_table
from training.measure.predictors import load_face_model
from training.methods.registry import METHODS, SHIPPED, NotRunError, Setting, fit, identity

TEST_EVERY: Final = 5
"""Every fifth person of a database is kept for the test."""
Scores = Callable[[Images], NDArray[np.float32]]


class Database(NamedTuple):
    faces: Faces
    has_splits: bool
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
        raise DataError("nothing to test: name --methods, --models or both")
    databases = {name: _read_crops(path) for name, path in map(_parse_named, args.crops)}
    databases |= {name: _read_photos(path) for name, path in map(_parse_named, args.photos)}
    if not databases:
        raise DataError("no database: name --crops, --photos or both")
    models = {f"{path.stem}, finished": load_face_model(path) for path in args.models}
    rows = {name: _test(model.classify, databases, None) for name, model in models.items()}
    _write(args.out, rows, databases)
    for method in args.methods:
        for name in databases:
            setting = Setting(args.out / name, None, args.landmarks, args.epochs, args.seed)
            rows[f"{method}, taught on {name}"] = _train_and_test(method, name, databases, setting)
            _write(args.out, rows, databases)
    print((args.out / "cross.md").read_text())


def _parse_named(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals or not name or "/" in name:
        raise DataError(f"{text} is not NAME=PATH, as jaffe=jaffedbase")
    return name, Path(path)


def _read_crops(path: Path) -> Database:
    if path.is_dir():
        pictures = find_pictures(path)
        return Database(_split_by_person(read_crops(pictures), pictures), has_splits=False)
    faces = dataset.load(path) if path.suffix == ".npz" else dataset.read(path)
    return Database(faces, has_splits=True)


def _read_photos(path: Path) -> Database:
    pictures = find_pictures(path)
    images, has_face = find_faces(pictures)
    if not has_face.any():
        raise DataError(f"no face was found in any photo of {path}")
    print(f"{path}: no face in {int((~has_face).sum())} of {len(has_face)} photos, which are left out")
    used = [picture for picture, found in zip(pictures, has_face, strict=True) if found]
    return Database(_split_by_person(images[has_face], used), has_splits=False)


def _split_by_person(images: Images, pictures: list[Picture]) -> Faces:
    """Training and PublicTest, with nobody in both."""
    people = sorted({picture.person for picture in pictures})
    tested = set(people[TEST_EVERY - 1 :: TEST_EVERY] or people[-1:])
    split = [SPLITS.index("PublicTest" if p.person in tested else "Training") for p in pictures]
    labels = [picture.label for picture in pictures]
    votes = np.zeros((len(pictures), len(VOTE_COLUMNS)), np.uint8)
    return Faces(images, np.array(labels, np.int8), np.array(split, np.int8), votes)


def _train_and_test(
    method: str, name: str, databases: dict[str, Database], setting: Setting
) -> dict[str, Any]:
    """The row of one method trained on one database; from `setting.out` where it is there already."""
    fingerprints = {other: database.faces.fingerprint() for other, database in databases.items()}
    key = hashlib.sha256(f"{fingerprints} {name} {identity(method, setting)}".encode()).hexdigest()
    path = setting.result_file(method)
    kept = json.loads(path.read_text()) if path.exists() else {}
    if kept.get("key") == key:
        return dict(kept["row"])
    print(f"{method}, taught on {name} …", flush=True)
    faces = databases[name].faces
    if len(np.unique(faces.only("Training").labels)) < 2 or not len(faces.only("PublicTest").labels):
        raise DataError(f"{name} has too few people or labels to be taught on")
    try:
        fitted = fit(method, faces, setting)
    except NotRunError as reason:
        raise DataError(f"{method} {reason}") from reason
    row = _test(fitted.scores, databases, name)
    write_json(path, {"key": key, "row": row})
    return row


def _test(scores: Scores, databases: dict[str, Database], trained_on: str | None) -> dict[str, Any]:
    row = {}
    for name, database in databases.items():
        whole = name != trained_on and not database.has_splits
        faces = database.faces if whole else database.faces.only("PublicTest")
        if len(faces.labels):
            row[name] = metrics.describe_scores(scores(faces.images), faces.labels)
    return row


def _write(out: Path, rows: dict[str, dict[str, Any]], databases: dict[str, Database]) -> None:
    write_json(out / "cross.json", rows)
    texts = {
        name: {base: f"{accuracy_with_interval(figures)}, n {figures['n']}" for base, figures in row.items()}
        for name, row in rows.items()
    }
    cells = [[name, *(row.get(base, "–") for base in databases)] for name, row in texts.items()]
    write_text(out / "cross.md", markdown_table(["", *databases], cells))
