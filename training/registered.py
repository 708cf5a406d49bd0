"""Faces with the finder's landmarks, from FER2013 and from outside, to cut registered crops from."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from services.inference.align import SURE, cut, register
from services.inference.detect import Detector
from services.inference.face import Face
from training.dataset import SIDE, DataError, Faces, Images
from training.files import replaced_whole
from training.finder.photos import load_photos

FRAME: Final = 64
"""Side of a stored frame: the crop of 48 pixels in its middle, and what lies around it."""
BORDER: Final = (FRAME - SIDE) // 2
SOURCES: Final = ("FER2013", "expressions", "photos")
FER2013, EXPRESSIONS, PHOTOS = range(len(SOURCES))
TRAIN, DEV = range(2)
UNLABELLED: Final = -1
ENLARGED: Final = 4
"""FER2013's faces are enlarged this many times for the finder."""
LEGIBLE: Final = 32.0
"""Side in pixels below which a face of a photo is too small to learn from."""


@dataclass(frozen=True)
class Registered:
    """n faces; one array each, so that it can be stored."""

    images: Images
    """(n, FRAME, FRAME), grey; the face's square is the middle SIDE pixels, its surroundings around it."""
    points: NDArray[np.float32]
    """(n, 5, 2): the finder's landmarks in pixels of the frame; NaN where they are unsure or not found."""
    labels: NDArray[np.int8]
    """(n,): index into EMOTIONS, or UNLABELLED."""
    votes: NDArray[np.uint8]
    """(n, 10): FER+'s, zero where there are none."""
    source: NDArray[np.int8]
    """(n,): FER2013, EXPRESSIONS or PHOTOS."""
    split: NDArray[np.int8]
    """(n,): TRAIN or DEV."""

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Registered":
        return Registered(**{field.name: getattr(self, field.name)[which] for field in fields(self)})

    def crops(self) -> Images:
        """(n, SIDE, SIDE): the faces as their sources frame them."""
        return self.images[:, BORDER:-BORDER, BORDER:-BORDER]

    def cut(self) -> Images:
        """(n, SIDE, SIDE): the faces cut by their landmarks, as serving does; without them, as framed."""
        crops = self.crops().copy()
        for i in np.flatnonzero(~np.isnan(self.points).any(axis=(1, 2))):
            x, y, side, tilt, _ = register(self.points[i])
            crops[i] = cut(self.images[i], (x, y), side, tilt)
        return crops

    def save(self, path: Path) -> None:
        with replaced_whole(path) as file:
            np.savez_compressed(file, **vars(self))


def plain(faces: Faces) -> Registered:
    """FER2013's Training and PublicTest faces, without landmarks."""
    parts = []
    for name, split in (("Training", TRAIN), ("PublicTest", DEV)):
        rows = faces.only(name)
        parts.append(_of_fer2013(rows, np.full((len(rows.labels), 5, 2), np.nan, np.float32), split))
    return join(parts)


def load(path: Path) -> Registered:
    try:
        with np.load(path) as file:
            return Registered(**{field.name: file[field.name] for field in fields(Registered)})
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not an array file that `python -m training register` wrote") from error


def join(parts: Iterable[Registered]) -> Registered:
    some = list(parts)
    return Registered(
        **{f.name: np.concatenate([getattr(p, f.name) for p in some]) for f in fields(Registered)}
    )


def from_fer2013(faces: Faces, split: int, detector: Detector) -> Registered:
    """Every face as it is, with the landmarks that the detector finds in it."""
    n = len(faces.labels)
    points = np.full((n, 5, 2), np.nan, np.float32)
    for i, image in enumerate(faces.images):
        if (face := find_in_crop(image, detector)) and face.landmarks:
            points[i] = np.array(face.landmarks, np.float32) + BORDER
    return _of_fer2013(faces, points, split)


def _of_fer2013(faces: Faces, points: NDArray[np.float32], split: int) -> Registered:
    n = len(faces.labels)
    images = np.pad(faces.images, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)), mode="reflect")
    labels = faces.labels.astype(np.int8)
    return Registered(images, points, labels, faces.votes, _filled(n, FER2013), _filled(n, split))


def cut_as_served(images: Images) -> Images:
    """(n, 48, 48) cut by the landmarks that are found in each, as in serving; as they are without."""
    detector, crops = Detector(), images.copy()
    for i, image in enumerate(images):
        if face := find_in_crop(image, detector):
            middle = (face.x + face.side / 2, face.y + face.side / 2)
            crops[i] = cut(image, middle, face.side, face.tilt)
    return crops


def find_in_crop(image: NDArray[np.uint8], detector: Detector) -> Face | None:
    """The face that fills a small square crop, in its pixels; None where no sure landmarks are found.

    The detector gets the crop enlarged, in a frame of its mean grey.
    """
    large = cv2.resize(image, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    side = large.shape[0]
    border = side // 2
    frame = np.full((2 * side, 2 * side), int(image.mean()), np.uint8)
    frame[border : border + side, border : border + side] = large
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
    which = _filled(n, TRAIN if split == "train" else DEV)
    votes = np.zeros((n, 10), np.uint8)
    return Registered(
        np.array(images), np.array(points), np.array(labels, np.int8), votes, _filled(n, source), which
    )


def _filled(n: int, value: int) -> NDArray[np.int8]:
    return np.full(n, value, np.int8)
