"""Faces with the finder's landmarks, from FER2013 and from outside, to cut registered crops from."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.inference.align import cut, register
from training.dataset import SIDE, DataError, Faces, Images
from training.files import replaced_whole

FRAME: Final = 64
"""Side of a stored frame: the crop of 48 pixels in its middle, and what lies around it."""
BORDER: Final = (FRAME - SIDE) // 2
SOURCES: Final = ("FER2013", "expressions", "photos")
FER2013, EXPRESSIONS, PHOTOS = range(len(SOURCES))
TRAIN, DEV = range(2)
QUALITY: Final = 90
"""Of lossy pictures, 0 to 100."""
UNLABELLED: Final = -1


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

    def save_small(self, path: Path) -> None:
        """With lossy pictures, a third of the size; of FER2013's the face's square alone."""
        encoded = [
            cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1]
            for image in (
                image[BORDER:-BORDER, BORDER:-BORDER] if source == FER2013 else image
                for image, source in zip(self.images, self.source, strict=True)
            )
        ]
        others = {name: values for name, values in vars(self).items() if name != "images"}
        lengths = [len(one) for one in encoded]
        with replaced_whole(path) as file:
            np.savez_compressed(file, webp=np.concatenate(encoded), lengths=lengths, **others)


def plain(faces: Faces) -> Registered:
    """FER2013's Training and PublicTest faces, without landmarks."""
    parts = []
    for name, split in (("Training", TRAIN), ("PublicTest", DEV)):
        rows = faces.only(name)
        parts.append(of_fer2013(rows, np.full((len(rows.labels), 5, 2), np.nan, np.float32), split))
    return join(parts)


def load(path: Path) -> Registered:
    try:
        with np.load(path) as file:
            if "webp" not in file:
                return Registered(**{field.name: file[field.name] for field in fields(Registered)})
            others = {field.name: file[field.name] for field in fields(Registered)[1:]}
            return Registered(_decoded(file["webp"], file["lengths"]), **others)
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not an array file that `python -m training register` wrote") from error


def _decoded(webp: NDArray[np.uint8], lengths: NDArray[np.int64]) -> Images:
    ends = np.cumsum(lengths)
    images = np.empty((len(lengths), FRAME, FRAME), np.uint8)
    for i, (start, end) in enumerate(zip(ends - lengths, ends, strict=True)):
        image = np.asarray(cv2.imdecode(webp[start:end], cv2.IMREAD_GRAYSCALE), np.uint8)
        missing = (FRAME - image.shape[0]) // 2
        images[i] = np.pad(image, ((missing, missing), (missing, missing)), mode="reflect")
    return images


def join(parts: Iterable[Registered]) -> Registered:
    some = list(parts)
    return Registered(
        **{f.name: np.concatenate([getattr(p, f.name) for p in some]) for f in fields(Registered)}
    )


def of_fer2013(faces: Faces, points: NDArray[np.float32], split: int) -> Registered:
    """Faces as FER2013 frames them; `points` (n, 5, 2) are landmarks in pixels of the frame."""
    n = len(faces.labels)
    images = np.pad(faces.images, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)), mode="reflect")
    labels = faces.labels.astype(np.int8)
    return Registered(images, points, labels, faces.votes, filled(n, FER2013), filled(n, split))


def filled(n: int, value: int) -> NDArray[np.int8]:
    """(n,) of one value."""
    return np.full(n, value, np.int8)
