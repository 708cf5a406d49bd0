"""Reads faces without a server: photos, a folder of them, or a video.

python -m services.inference photo.jpg other.png          a line per photo
python -m services.inference photo.jpg --json             the service's answer, one JSON line per photo
python -m services.inference photo.jpg --draw OUT.jpg     the photo with its faces outlined
python -m services.inference --folder DIR --csv OUT.csv   a row per face
python -m services.inference --video FILE --csv OUT.csv   a row per face and frame, faces with ids

Millions of them, on all cores or a cluster: python -m bulk --help
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from tqdm import tqdm

from services.common.cells import guarded
from services.common.prediction import FacePrediction, Prediction, StreamPrediction
from services.common.problems import ServiceError
from services.emotions import EMOTIONS
from services.inference.answers import to_prediction, to_stream_prediction
from services.inference.classify import load_model
from services.inference.decode import Photo
from services.inference.errors import ModelFileError
from services.inference.folders import about_skipped, find_pictures, printable
from services.inference.pipeline import Limits, Pipeline, Stream
from services.inference.settings import Settings, read_settings

COLUMNS: Final = (
    "source",
    "frame",
    "face",
    "x",
    "y",
    "width",
    "height",
    "emotion",
    "confidence",
    "uncertain",
)
NO_FACE: Final = "no face"
STOPPED: Final = 130
GREEN: Final = (80, 220, 80)
"""Blue, green, red."""


def main(arguments: list[str]) -> int:
    """0 done, 1 a failure, 2 wrong arguments, 130 stopped."""
    args = parse(arguments)
    try:
        settings = read_settings()
        reader = Reader(settings, detect=not args.whole)
        if args.video:
            return write_rows(args.csv, read_video(reader, args.video))
        if args.folder:
            return write_rows(args.csv, read_folder(reader, args.folder))
        return print_photos(reader, args.photos, as_json=args.json, draw=args.draw)
    except (OSError, ModelFileError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED


class Reader:
    """Pictures → the service's answers."""

    def __init__(self, settings: Settings, *, detect: bool) -> None:
        """Without `detect` each picture is taken as one upright face. ModelFileError."""
        self._model, self._detect = load_model(settings.model_file), detect
        limits = Limits(settings.max_pixels, settings.max_faces, settings.max_decode_bytes)
        self._pipeline = Pipeline(self._model, limits, settings.detector)

    def photo(self, data: bytes) -> Prediction:
        return to_prediction(self._pipeline.predict(data, detect=self._detect), self._model)

    def frame(self, photo: Photo, stream: Stream, number: int) -> StreamPrediction:
        reading = self._pipeline.next_photo(photo, stream, time.perf_counter(), detect=self._detect)
        return to_stream_prediction(reading, self._model, number)


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m services.inference",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON line per photo")
    parser.add_argument("--draw", type=Path, help="write the one photo with its faces outlined")
    parser.add_argument("--folder", type=Path, help="every picture below")
    parser.add_argument("--video", type=Path)
    parser.add_argument(
        "--whole", action="store_true", help="take each picture as one upright face, as crops are"
    )
    parser.add_argument("--csv", type=Path, help="where --folder and --video write")
    args = parser.parse_args(words)
    if sum(map(bool, (args.photos, args.folder, args.video))) != 1:
        parser.error("give photos, or --folder, or --video")
    if bool(args.csv) != bool(args.folder or args.video):
        parser.error("--folder and --video need --csv, and only they")
    if args.draw and len(args.photos) != 1:
        parser.error("--draw takes one photo")
    return args


def print_photos(reader: Reader, photos: list[Path], *, as_json: bool, draw: Path | None) -> int:
    """A line per photo; status 1 if one could not be read."""
    status = 0
    for path in photos:
        try:
            prediction = reader.photo(path.read_bytes())
        except (ServiceError, OSError) as error:
            print(printable(f"{path}: {error}"), file=sys.stderr)
            status = 1
            continue
        print(prediction.model_dump_json() if as_json else printable(f"{path}: {sentence(prediction)}"))
        if draw:
            outline(path, prediction, draw)
    return status


def sentence(prediction: Prediction) -> str:
    if not prediction.faces:
        return "no face"
    return "; ".join(
        f"{face.emotion} {face.confidence:.0%}{' (uncertain)' if face.uncertain else ''}"
        for face in prediction.faces
    )


def outline(path: Path, prediction: Prediction, out: Path) -> None:
    """OSError where `out` cannot be written."""
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise OSError(f"cannot draw on {path}")
    thick = max(1, max(picture.shape) // 400)
    for face in prediction.faces:
        box = face.box
        cv2.rectangle(picture, (box.x, box.y), (box.x + box.width, box.y + box.height), GREEN, thick)
        for point in face.landmarks or ():
            cv2.circle(picture, (point[1].x, point[1].y), 2 * thick, GREEN, -1, cv2.LINE_AA)
        text, below = f"{face.emotion} {face.confidence:.0%}", (box.x, box.y + box.height + 18 * thick)
        cv2.putText(picture, text, below, cv2.FONT_HERSHEY_SIMPLEX, 0.6 * thick, GREEN, thick, cv2.LINE_AA)
    try:
        _, data = cv2.imencode(out.suffix, picture)
    except cv2.error as error:
        raise OSError(f"cannot write a picture of the kind {out.name}") from error
    out.write_bytes(data.tobytes())


def read_folder(reader: Reader, folder: Path) -> Iterator[dict[str, Any]]:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    found = find_pictures(folder)
    if found.skipped:
        print(about_skipped(found.skipped), file=sys.stderr)
    if not found.pictures:
        raise FileNotFoundError(f"{folder} holds no pictures")
    for name in tqdm(found.pictures, unit="photo", disable=None):
        source = printable(name)
        try:
            prediction = reader.photo((folder / name).read_bytes())
        except (ServiceError, OSError) as error:
            yield {"source": source, "error": printable(str(error))}
            continue
        yield from (row(source, 0, number, face) for number, face in enumerate(prediction.faces))
        if not prediction.faces:
            yield {"source": source, "error": NO_FACE}


def read_video(reader: Reader, path: Path) -> Iterator[dict[str, Any]]:
    video = cv2.VideoCapture(str(path))
    if not video.isOpened():
        raise FileNotFoundError(f"{path} is no video that can be read")
    stream, frames = Stream(), int(video.get(cv2.CAP_PROP_FRAME_COUNT))  # 0 or less where it is not known
    for number in tqdm(count(), total=max(0, frames) or None, unit="frame", disable=None):
        good, frame = video.read()
        if not good:
            return
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
        photo = Photo(grey, grey.shape[1], grey.shape[0])
        prediction = reader.frame(photo, stream, number)
        yield from (row(path.name, number, face.id, face) for face in prediction.faces)


def row(source: str, frame: int, number: int, face: FacePrediction) -> dict[str, Any]:
    values = (source, frame, number, *face.box.model_dump().values(), face.emotion, face.confidence)
    return dict(zip(COLUMNS, (*values, face.uncertain), strict=True)) | dict(face.probabilities)


def write_rows(out: Path, rows: Iterator[dict[str, Any]]) -> int:
    """A line per row; status 1 if one tells of a picture that could not be read."""
    first = list(islice(rows, 1))  # what cannot be read at all fails here, before `out` is touched
    failed = 0
    with out.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [*COLUMNS, *EMOTIONS, "error"], restval="")
        table.writeheader()
        for one in chain(first, rows):
            table.writerow({**one, "source": guarded(one["source"])})
            failed += one.get("error", NO_FACE) != NO_FACE
    if failed:
        print(f"{failed:,} pictures could not be read; the column `error` says why", file=sys.stderr)
    return int(failed > 0)
