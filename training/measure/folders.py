"""Labelled pictures on disk as faces: crops as they are, or whole photos through the serving stages."""

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
from training.data import DataError
from training.measure.face_databases import Picture, listed
from training.measure.metrics import describe

LIMITS: Final = Limits(pixels=50_000_000, faces=64)


def read_crops(pictures: list[Picture]) -> NDArray[np.uint8]:
    """(n, 48, 48) grey; each picture is one face and is resized as it is."""
    images, unread = np.zeros((len(pictures), SIDE, SIDE), np.uint8), []
    for image, picture in zip(images, tqdm(pictures, unit="face"), strict=True):
        grey = cv2.imread(str(picture.path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            unread.append(f"{picture.path} cannot be decoded")
            continue
        how = cv2.INTER_AREA if max(grey.shape) > SIDE else cv2.INTER_LINEAR
        image[:] = cv2.resize(grey, (SIDE, SIDE), interpolation=how)
    if unread:
        raise DataError(listed(unread))
    return images


def find_faces(pictures: list[Picture]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The largest face of each photo, (n, 48, 48) grey as the service crops it, and in which there is one."""
    detector, unread = Detector(), []
    images, seen = np.zeros((len(pictures), SIDE, SIDE), np.uint8), np.zeros(len(pictures), np.bool_)
    for i, picture in enumerate(tqdm(pictures, unit="photo")):
        try:
            photo = decode(picture.path.read_bytes(), LIMITS.pixels)
        except ServiceError as error:
            unread.append(f"{picture.path}: {error}")
            continue
        faces = detector.detect(photo.grey)[:1]
        if faces:
            images[i], seen[i] = align(photo, faces)[0], True
    if unread:
        raise DataError(listed(unread))
    return images, seen


def through_the_pipeline(model: Path, pictures: list[Picture]) -> dict[str, Any]:
    """Whole photos as the service answers them; the largest face counts, and a photo without one is wrong."""
    try:
        pipeline = Pipeline(load_model(model), LIMITS)
    except ModelFileError as error:
        raise DataError(str(error)) from error
    rows, labels, missed, unread = [], [], 0, 0
    for picture in tqdm(pictures, unit="photo"):
        try:
            faces = pipeline.predict(picture.path.read_bytes()).faces
        except ServiceError as error:
            print(f"{picture.path}: {error}", file=sys.stderr)
            unread += 1
            continue
        if not faces:
            missed += 1
            continue
        rows.append(faces[0].probabilities)
        labels.append(picture.label)
    if not rows:
        raise DataError("no face was found in any photo")
    result = describe(np.array(rows, np.float32), np.array(labels, np.int8))
    photos = len(rows) + missed
    result["photos"] = {"read": photos, "unreadable": unread, "without_face": missed}
    result["accuracy_all_photos"] = round(result["accuracy"] * len(rows) / photos, 4)
    return result
