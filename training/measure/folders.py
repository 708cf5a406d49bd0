"""Read labelled pictures from disk as faces: crops, or whole photos through the serving stages."""

import sys
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from services.common.problems import ServiceError
from services.inference.align import SIDE
from services.inference.classify import load_model
from services.inference.decode import decode
from services.inference.detect import Detector
from services.inference.errors import ModelFileError
from services.inference.pipeline import Limits, Pipeline, align
from training.dataset import DataError, Images
from training.measure.face_databases import Picture, format_problems
from training.measure.metrics import describe

LIMITS: Final = Limits(pixels=50_000_000, faces=64)


def read_crops(pictures: list[Picture]) -> Images:
    """(n, 48, 48) grey; each whole picture is taken as one face."""
    crops = {picture.path: _read_crop(picture.path) for picture in tqdm(pictures, unit="face")}
    if unreadable := [f"{path} cannot be decoded" for path, crop in crops.items() if crop is None]:
        raise DataError(format_problems(unreadable))
    return np.stack([crop for crop in crops.values() if crop is not None])


def _read_crop(path: Path) -> Images | None:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return None
    interpolation = cv2.INTER_AREA if max(grey.shape) > SIDE else cv2.INTER_LINEAR
    return cv2.resize(grey, (SIDE, SIDE), interpolation=interpolation).astype(np.uint8, copy=False)


def find_faces(pictures: list[Picture]) -> tuple[Images, NDArray[np.bool_]]:
    """The largest face of each photo, (n, 48, 48) grey as the service crops it, and which photos have one."""
    detector, unreadable = Detector(), []
    images, has_face = np.zeros((len(pictures), SIDE, SIDE), np.uint8), np.zeros(len(pictures), np.bool_)
    for i, picture in enumerate(tqdm(pictures, unit="photo")):
        try:
            photo = decode(picture.path.read_bytes(), LIMITS.pixels)
        except ServiceError as error:
            unreadable.append(f"{picture.path}: {error}")
            continue
        faces = detector.detect(photo.grey)[:1]
        if faces:
            images[i], has_face[i] = align(photo, faces)[0], True
    if unreadable:
        raise DataError(format_problems(unreadable))
    return images, has_face


def measure_photos(model: Path, pictures: list[Picture]) -> dict[str, Any]:
    """Figures of the service's answers for the main faces; `accuracy_all_photos` counts no face as wrong."""
    try:
        pipeline = Pipeline(load_model(model), LIMITS)
    except ModelFileError as error:
        raise DataError(str(error)) from error
    rows, labels, without_face, unreadable = [], [], 0, 0
    for picture in tqdm(pictures, unit="photo"):
        try:
            faces = pipeline.predict(picture.path.read_bytes()).faces
        except ServiceError as error:
            print(f"{picture.path}: {error}", file=sys.stderr)
            unreadable += 1
            continue
        if not faces:
            without_face += 1
            continue
        rows.append(faces[0].probabilities)
        labels.append(picture.label)
    if not rows:
        raise DataError("no face was found in any photo")
    result = describe(np.array(rows, np.float32), np.array(labels, np.int8))
    photos = len(rows) + without_face
    result["photos"] = {"read": photos, "unreadable": unreadable, "without_face": without_face}
    result["accuracy_all_photos"] = round(result["accuracy"] * len(rows) / photos, 4)
    return result
