"""Grey pixels → faces, with OpenCV's Haar cascades: a quick look first, closer ones only where it pays."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class Cascade:
    file: str
    window: int
    """Side of the smallest face that it can see, in pixels."""
    sure: float
    """Weight of the last stage from which a hit counts: measured on scenes with and without faces."""


DEFAULT: Final = Cascade("haarcascade_frontalface_default.xml", 24, 0.0)
ALT2: Final = Cascade("haarcascade_frontalface_alt2.xml", 20, 55.4)
ALT2_CLOSE: Final = Cascade("haarcascade_frontalface_alt2.xml", 20, 55.8)


@dataclass(frozen=True)
class Look:
    """One search of the whole picture."""

    cascade: Cascade
    side: int
    """The picture's long side is brought to this many pixels."""
    smallest: float
    """Smallest face looked for, as a fraction of the long side."""
    step: float
    """Ratio between the sizes looked for."""
    neighbours: int
    """Overlapping hits that make a face."""
    tilt: float = 0.0
    """Degrees by which the picture is turned first, anticlockwise."""
    enlarge: float = 1.0
    """How far a small picture may be blown up."""


COARSE: Final = Look(DEFAULT, 320, 0.12, 1.15, 5)
FINE: Final = Look(ALT2, 640, 0.04, 1.1, 4)
TILTED: Final = (Look(ALT2, 320, 0.12, 1.15, 4, tilt=25), Look(ALT2, 320, 0.12, 1.15, 4, tilt=-25))
CLOSE: Final = Look(ALT2_CLOSE, 1280, 0.018, 1.12, 4, enlarge=1.5)

LARGE: Final = 0.15
"""A face of this fraction of the long side is a portrait: nobody smaller is looked for beside it."""
CROWD: Final = 0.06
"""Faces all smaller than this come in groups: a closer look finds the rest."""
ROOM: Final = 0.4
"""How far a followed face may have moved, in sides of its box."""
FOLLOWED_SIDE: Final = 60
"""A followed face is brought down to about this many pixels."""


@dataclass(frozen=True)
class Face:
    """A square in the pixels of the array that was searched; upright even where the face is not."""

    x: float
    y: float
    side: float
    score: float
    """Weight of the cascade's last stage above the weight from which it is sure."""
    tilt: float = 0.0
    """Degrees by which the picture is to be turned anticlockwise for the face to stand upright."""


class Detector:
    """Not thread-safe, as cv2.CascadeClassifier is not: one per thread."""

    def __init__(self) -> None:
        folder = Path(cv2.data.haarcascades)
        self._classifiers = {
            cascade.file: cv2.CascadeClassifier(str(folder / cascade.file)) for cascade in (DEFAULT, ALT2)
        }

    def detect(self, grey: Grey) -> list[Face]:
        """(h, w) grey → faces, largest first; [] where there is none."""
        faces = self._look(grey, COARSE)
        long_side = max(grey.shape)
        if not any(face.side >= LARGE * long_side for face in faces):
            faces = _merge(faces, self._look(grey, FINE))
        for look in TILTED:
            faces = faces or self._look(grey, look)
        if all(face.side < CROWD * long_side for face in faces):
            faces = _merge(faces, self._look(grey, CLOSE))
        return sorted(faces, key=lambda face: face.side, reverse=True)

    def follow(self, grey: Grey, before: Face) -> Face | None:
        """The face that was at `before` a moment ago, looked for there only; None where it is gone."""
        reach = round(before.side * (1 + 2 * ROOM))
        left, top = max(0, round(before.x - before.side * ROOM)), max(0, round(before.y - before.side * ROOM))
        part = grey[top : top + reach, left : left + reach]
        if min(part.shape) < DEFAULT.window:
            return None
        scale = min(1.0, FOLLOWED_SIDE / before.side)
        side = before.side * scale
        look = Look(DEFAULT, 0, 0, 1.1, 3)
        found = self._search(_resize(part, scale), look, round(0.75 * side), round(1.3 * side))
        best = max(found, key=lambda face: face.score, default=None)
        return best and _placed(best, 1 / scale, left, top)

    def _look(self, grey: Grey, look: Look) -> list[Face]:
        scale = min(look.enlarge, look.side / max(grey.shape))
        small = _resize(grey, scale)
        least = round(look.smallest * max(small.shape))
        if max(least, look.cascade.window) > min(small.shape):
            return []
        back = None
        if look.tilt:
            small, back = _turn(small, look.tilt)
        found = self._search(small, look, least, max(small.shape))
        if back is not None:
            found = [_turned_back(face, back, look.tilt) for face in found]
        return [_placed(face, 1 / scale, 0, 0) for face in found]

    def _search(self, small: Grey, look: Look, least: int, most: int) -> list[Face]:
        """Faces of `least` to `most` pixels in the coordinates of `small`."""
        least = max(least, look.cascade.window)
        boxes, _, weights = self._classifiers[look.cascade.file].detectMultiScale3(
            small,
            scaleFactor=look.step,
            minNeighbors=look.neighbours,
            minSize=(least, least),
            maxSize=(most, most),
            outputRejectLevels=True,
        )
        return [
            Face(float(x), float(y), float(side), float(weight) - look.cascade.sure)
            for (x, y, side, _), weight in zip(boxes, weights, strict=True)
            if weight >= look.cascade.sure
        ]


def _resize(grey: Grey, scale: float) -> Grey:
    if scale == 1.0:
        return grey
    height, width = grey.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, size, interpolation=how).astype(np.uint8, copy=False)


def _turn(grey: Grey, degrees: float) -> tuple[Grey, NDArray[np.float64]]:
    """The picture turned anticlockwise about its middle, and the matrix that leads points back."""
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(grey, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return turned.astype(np.uint8, copy=False), np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def _turned_back(face: Face, back: NDArray[np.float64], tilt: float) -> Face:
    x, y = back @ np.array([face.x + face.side / 2, face.y + face.side / 2, 1.0])
    return Face(float(x) - face.side / 2, float(y) - face.side / 2, face.side, face.score, tilt)


def _placed(face: Face, scale: float, left: float, top: float) -> Face:
    return Face(left + face.x * scale, top + face.y * scale, face.side * scale, face.score, face.tilt)


def _merge(faces: list[Face], more: list[Face]) -> list[Face]:
    """`faces` and those of `more` whose middle lies in none of them."""

    def is_new(other: Face) -> bool:
        x, y = other.x + other.side / 2, other.y + other.side / 2
        return not any(0 <= x - f.x <= f.side and 0 <= y - f.y <= f.side for f in faces)

    return faces + [face for face in more if is_new(face)]
