"""Faces with the finder's landmarks, from FER2013 and from outside, to cut registered crops from."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

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
            return Registered(**{field.name: file[field.name] for field in fields(Registered)})
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not an array file that `python -m training register` wrote") from error


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
