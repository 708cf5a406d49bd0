"""Grey pixels → faces, with one of OpenCV's Haar cascades: sparse looks find places, a dense one judges."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Windows = NDArray[np.float64]
"""(n, 4): left, top, side and the last stage's weight of every place where the cascade fires."""

FLAT: Final = 128
"""A picture whose greys span less than this is stretched; less than an eighth of it is blank."""
CASCADE: Final = "haarcascade_frontalface_alt2.xml"
WINDOW: Final = 20
"""Side of the smallest face that it can see, in pixels."""
PASSES: Final = 55.0
"""About the least weight with which a window passes the cascade's last stage."""


@dataclass(frozen=True)
class Look:
    """One sparse search of the whole picture.

    OpenCV moves the window by two pixels up to twice its size, by one beyond: an octave per look is cheapest.
    """

    side: int
    """The picture's long side is brought down to this many pixels; smaller pictures stay as they are."""
    most: int | None = round(2.25 * WINDOW)
    """Largest face looked for, in pixels of the smaller picture; None for no bound."""
    step: float = 1.2
    """Ratio between the sizes tried."""
    tilt: float = 0.0
    """Degrees by which the picture is turned first, anticlockwise."""


LARGE: Final = Look(160, None, step=1.15)
MEDIUM: Final = Look(320)
SMALL: Final = Look(640)
TINY: Final = Look(1280)
TILTED: Final = (Look(160, None, 1.15, tilt=25), Look(160, None, 1.15, tilt=-25))

FACE: Final = 54
"""For the dense look a face is brought to about this many pixels: every pixel is then tried."""
ROOM: Final = 0.4
"""How far a face's middle may lie from where it was supposed, in sides of its box."""
DENSE_STEP: Final = 1.12

PORTRAIT: Final = 0.12
"""Beside a face of this fraction of the long side nobody smaller is looked for."""
CROWD: Final = 0.06
"""Faces all smaller than this come in groups: a closer look finds the rest."""

PER_WINDOWS, PER_WEIGHT, CONSTANT = 1.82, 2.78, -3.69
"""The logistic curve from what the dense look sees to log-odds; from `python -m bench.calibrate`."""
SURE: Final = 1.0
"""Log-odds from which a place counts as a face: a probability of 0.73."""


@dataclass(frozen=True)
class Face:
    """A square in the pixels of the array that was searched; upright even where the face is not."""

    x: float
    y: float
    side: float
    score: float
    """Log-odds of being a face, as calibrated on made scenes."""
    tilt: float = 0.0
    """Degrees by which the picture is to be turned anticlockwise for the face to stand upright."""

    @property
    def probability(self) -> float:
        """`score` as a probability, 0 to 1."""
        return 1 / (1 + math.exp(-self.score))


@dataclass(frozen=True)
class Sight:
    """What the dense look sees at one place."""

    x: float
    y: float
    side: float
    windows: int
    """How many places and sizes of the window fire."""
    weight: float
    """The heaviest one's."""

    @property
    def evidence(self) -> tuple[float, float]:
        """What the curve takes."""
        return math.log1p(self.windows), self.weight - PASSES

    @property
    def score(self) -> float:
        """Log-odds of being a face."""
        windows, weight = self.evidence
        return PER_WINDOWS * windows + PER_WEIGHT * weight + CONSTANT


class Detector:
    """Not thread-safe, as cv2.CascadeClassifier is not: one per thread."""

    def __init__(self) -> None:
        self._cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))

    def detect(self, grey: Grey) -> list[Face]:
        """(h, w) grey → faces, largest first; [] where there is none."""
        grey = stretched(grey)
        faces = self._look(grey, LARGE, [])
        faces = self._closer(grey, MEDIUM, faces, PORTRAIT)
        for look in TILTED:
            faces = faces or self._look(grey, look, faces)
        faces = self._closer(grey, SMALL, faces, PORTRAIT)
        faces = self._closer(grey, TINY, faces, CROWD)
        return sorted(faces, key=lambda face: face.side, reverse=True)

    def _closer(self, grey: Grey, look: Look, faces: list[Face], enough: float) -> list[Face]:
        """`faces` and those that a finer look adds, unless one of them is `enough` of the long side."""
        long_side = max(grey.shape)
        has_more_to_see = long_side > look.side / 2  # else the look before saw every pixel
        if not has_more_to_see or any(face.side >= enough * long_side for face in faces):
            return faces
        return self._look(grey, look, faces)

    def follow(self, grey: Grey, before: Face) -> Face | None:
        """The face that was at `before` a moment ago, looked for there only; None where it is gone."""
        return self._judge(stretched(grey), before)

    def sight(self, grey: Grey, place: Face) -> Sight | None:
        """The likeliest face about `place`, exactly placed; None where no window fires."""
        part, scale, left, top = _cut(grey, place)
        groups = _groups(self._fire(part, DENSE_STEP, round(0.78 * FACE), round(1.3 * FACE)))
        best = max((_summed_up(group) for group in groups), key=lambda sight: sight.score, default=None)
        if best is None:
            return None
        x, y = _back(part, place.tilt) @ np.array([best.x + best.side / 2, best.y + best.side / 2, 1.0])
        side = best.side / scale
        x, y = left + float(x) / scale - side / 2, top + float(y) / scale - side / 2
        return Sight(x, y, side, best.windows, best.weight)

    def places(self, grey: Grey, look: Look) -> list[Face]:
        """Where faces may be, by a sparse look; their scores mean nothing yet."""
        scale = min(1.0, look.side / max(grey.shape))
        small = _turned(_resized(grey, scale), look.tilt)
        found = []
        for group in _groups(self._fire(small, look.step, WINDOW, look.most or min(small.shape))):
            side = float(group[:, 2].mean())
            middle = group[:, :2].mean(axis=0) + side / 2
            x, y = _back(small, look.tilt) @ np.array([*middle, 1.0]) - side / 2
            found.append(Face(float(x) / scale, float(y) / scale, side / scale, 0.0, look.tilt))
        return found

    def _look(self, grey: Grey, look: Look, known: list[Face]) -> list[Face]:
        """`known` and the faces that this look adds to them."""
        places = [place for place in self.places(grey, look) if not _among(place, known)]
        judged = [self._judge(grey, place) for place in places]
        return _merge(known, [face for face in judged if face])

    def _judge(self, grey: Grey, place: Face) -> Face | None:
        seen = self.sight(grey, place)
        if seen is None or seen.score < SURE:
            return None
        return Face(seen.x, seen.y, seen.side, seen.score, place.tilt)

    def _fire(self, grey: Grey, step: float, least: int, most: int) -> Windows:
        if min(grey.shape) < least:
            return np.empty((0, 4))
        boxes, _, weights = self._cascade.detectMultiScale3(
            grey,
            scaleFactor=step,
            minNeighbors=0,  # every window that fires: their number says much
            minSize=(least, least),
            maxSize=(most, most),
            outputRejectLevels=True,
        )
        if len(boxes) == 0:
            return np.empty((0, 4))
        return np.column_stack([np.asarray(boxes, np.float64)[:, :3], np.ravel(weights)])


def _groups(windows: Windows) -> list[Windows]:
    """The windows about the heaviest one, then those about the heaviest that is left, and so on."""
    left, groups = windows[np.argsort(-windows[:, 3], kind="stable")], []
    while len(left):
        x, y, side, _ = left[0]
        apart = np.abs(left[:, :2] + left[:, 2:3] / 2 - (x + side / 2, y + side / 2)).max(axis=1)
        near = (apart < 0.3 * side) & (np.abs(np.log(left[:, 2] / side)) < 0.35)
        groups.append(left[near])
        left = left[~near]
    return groups


def _summed_up(group: Windows) -> Sight:
    x, y, side, _ = group.mean(axis=0)
    return Sight(float(x), float(y), float(side), len(group), float(group[:, 3].max()))


def _cut(grey: Grey, place: Face) -> tuple[Grey, float, int, int]:
    """The square about a face, turned upright, its face FACE pixels wide; its scale, left and top."""
    half = place.side * (0.5 + ROOM)
    left, top = round(place.x + place.side / 2 - half), round(place.y + place.side / 2 - half)
    side = max(2, round(2 * half))
    height, width = grey.shape
    inside = grey[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    beyond = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
    if any(beyond):
        inside = cv2.copyMakeBorder(inside, *beyond, borderType=cv2.BORDER_REPLICATE).astype(np.uint8)
    scale = round(FACE * (1 + 2 * ROOM)) / side
    return _turned(_resized(inside, scale), place.tilt), scale, left, top


def _merge(faces: list[Face], more: list[Face]) -> list[Face]:
    """`faces` and those of `more`, likeliest first, that are not among them."""
    merged = list(faces)
    for other in sorted(more, key=lambda face: face.score, reverse=True):
        if not _among(other, merged):
            merged.append(other)
    return merged


def _among(place: Face, faces: list[Face]) -> bool:
    """Whether the middle of `place` lies in one of `faces`."""
    x, y = place.x + place.side / 2, place.y + place.side / 2
    return any(0 <= x - face.x <= face.side and 0 <= y - face.y <= face.side for face in faces)


def _resized(grey: Grey, scale: float) -> Grey:
    if scale == 1.0:
        return grey
    height, width = grey.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, size, interpolation=how).astype(np.uint8, copy=False)


def stretched(grey: Grey) -> Grey:
    """Dark and dull pictures with their greys spread out: the cascade's arithmetic is coarse for them."""
    counts = np.cumsum(cv2.calcHist([grey], [0], None, [256], [0, 256]))
    low, high = np.searchsorted(counts, [0.01 * grey.size, 0.99 * grey.size])
    if not FLAT / 8 <= high - low < FLAT:
        return grey
    levels = np.clip((np.arange(256) - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
    return cv2.LUT(grey, levels).astype(np.uint8, copy=False)


def _turned(grey: Grey, degrees: float) -> Grey:
    """The picture turned anticlockwise about its middle."""
    if not degrees:
        return grey
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    result = cv2.warpAffine(grey, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return result.astype(np.uint8, copy=False)


def _back(grey: Grey, degrees: float) -> NDArray[np.float64]:
    """(2, 3): leads points of a picture that was turned by `degrees` back to where they were."""
    height, width = grey.shape
    return np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0), np.float64)
