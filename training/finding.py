"""Finds the landmarks of training faces, of FER2013 and from outside, with the service's own detector."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from services.inference.align import SURE, cut, register
from services.inference.detect import Detector
from services.inference.face import Face
from training.dataset import SIDE, DataError, Faces
from training.finder.photos import load_photos
from training.measure.degrade import ENLARGED, in_grey_frame
from training.registered import (
    BORDER,
    DEV,
    EXPRESSIONS,
    FRAME,
    PHOTOS,
    TRAIN,
    UNLABELLED,
    Registered,
    filled,
    of_fer2013,
)

LEGIBLE: Final = 32.0
"""Side in pixels below which a face of a photo is too small to learn from."""


def from_fer2013(faces: Faces, split: int, detector: Detector) -> Registered:
    """Every face as it is, with the landmarks that the detector finds in it."""
    n = len(faces.labels)
    points = np.full((n, 5, 2), np.nan, np.float32)
    for i, image in enumerate(faces.images):
        if (face := find_in_crop(image, detector)) and face.landmarks:
            points[i] = np.array(face.landmarks, np.float32) + BORDER
    return of_fer2013(faces, points, split)


def find_in_crop(image: NDArray[np.uint8], detector: Detector) -> Face | None:
    """The face that fills a small square crop, in its pixels; None where no sure landmarks are found.

    The detector gets the crop enlarged, in a frame of its mean grey.
    """
    frame = in_grey_frame(image)
    side, border = len(frame) // 2, len(frame) // 4
    found = detector.detect(frame)
    if not found:
        return None
    face = found[0]
    middle = np.array([face.x, face.y]) + face.side / 2
    if np.abs(middle - side).max() > 0.2 * side or not 0.6 < face.side / side < 1.6 or not _sure(face):
        return None
    points = (np.array(face.landmarks) - border) / ENLARGED
    landmarks = tuple((float(x), float(y)) for x, y in points)
    corner = (np.array([face.x, face.y]) - border) / ENLARGED
    return Face(float(corner[0]), float(corner[1]), face.side / ENLARGED, face.score, face.tilt, landmarks)


def from_expressions(folder: Path, split: str, detector: Detector) -> Registered:
    """Crops in folders, <split>/<label>/*.jpg; a face that is not found stays as its crop shows it."""
    labels = [(path, label) for label in EMOTIONS for path in sorted((folder / split / label).glob("*.jpg"))]
    if not labels:
        raise DataError(f"{folder / split} holds no folders of labelled crops")
    images, points = [], []
    for path, _ in labels:
        grey = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        edge = grey.shape[0] // 2
        padded = cv2.copyMakeBorder(grey, edge, edge, edge, edge, cv2.BORDER_REPLICATE).astype(np.uint8)
        found = [face for face in detector.detect(padded) if _sure(face)][:1]
        face = found[0] if found else Face(edge, edge, grey.shape[0], None)
        image, landmarks = _framed(padded, face)
        images.append(image)
        points.append(landmarks)
    return _outside(images, points, [EMOTIONS.index(label) for _, label in labels], EXPRESSIONS, split)


def from_photos(folder: Path, detector: Detector) -> Registered:
    """Every face of the training photos that the detector finds with sure landmarks, unlabelled."""
    images, points = [], []
    for photo in load_photos(folder, "train"):
        if not len(photo.boxes):
            continue
        for face in detector.detect(photo.pixels):
            if face.side >= LEGIBLE and _sure(face) and not face.covered:
                image, landmarks = _framed(photo.pixels, face)
                images.append(image)
                points.append(landmarks)
    return _outside(images, points, [UNLABELLED] * len(images), PHOTOS, "train")


def _sure(face: Face) -> bool:
    return face.landmarks is not None and register(np.array(face.landmarks, np.float32))[4] <= SURE


def _framed(grey: NDArray[np.uint8], face: Face) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The face, upright, with its surroundings, and its landmarks there."""
    middle, side = (face.x + face.side / 2, face.y + face.side / 2), face.side * FRAME / SIDE
    image = cut(grey, middle, side, face.tilt, FRAME)
    if face.landmarks is None:
        return image, np.full((5, 2), np.nan, np.float32)
    turn = np.deg2rad(-face.tilt)
    back = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = (np.array(face.landmarks) - middle) @ back.T * (FRAME / side) + FRAME / 2
    return image, points.astype(np.float32)


def _outside(
    images: list[NDArray[np.uint8]],
    points: list[NDArray[np.float32]],
    labels: list[int],
    source: int,
    split: str,
) -> Registered:
    n = len(images)
    which = filled(n, TRAIN if split == "train" else DEV)
    votes = np.zeros((n, 10), np.uint8)
    return Registered(
        np.array(images), np.array(points), np.array(labels, np.int8), votes, filled(n, source), which
    )
