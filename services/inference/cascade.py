"""OpenCV's Haar cascades: a quick look for places worth a closer one, and the report's detector alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

from services.inference.errors import ModelFileError
from services.inference.face import Face

Grey = NDArray[np.uint8]

QUICK_SIDE: Final = 80
"""Long side, in pixels, at which the quick look is taken: it costs about a millisecond."""
PLAIN_SIDE: Final = 640
LARGE: Final = 22
"""Side of the smallest face in the quick look, in pixels: the finder needs no help with smaller ones."""
FRAMING: Final = 1.02
"""FER2013's own crop in sides of a cascade's box."""
PER_WEIGHT, CONSTANT = 0.56, -0.56
"""The logistic curve from the last stage's weight to log-odds of being a face, fitted on 171 photos."""


def _cascade(name: str) -> cv2.CascadeClassifier:
    """ModelFileError where OpenCV's file is missing or broken."""
    path = Path(cv2.data.haarcascades) / f"haarcascade_frontalface_{name}.xml"
    try:
        cascade = cv2.CascadeClassifier(str(path))
    except (cv2.error, SystemError) as error:
        raise ModelFileError(
            f"OpenCV's {path.name} cannot be read: install opencv-python-headless anew"
        ) from error
    if cascade.empty():
        raise ModelFileError(f"OpenCV's {path.name} cannot be read: install opencv-python-headless anew")
    return cascade


class Cascade:
    """Not thread-safe, as cv2.CascadeClassifier is not: one per thread."""

    def __init__(self) -> None:
        self._quick, self._plain = _cascade("alt2"), _cascade("default")

    def quick(self, grey: Grey) -> list[Face]:
        """Places where large faces may be, strongest first; no scores."""
        small, scale = _shrunk(grey, QUICK_SIDE)
        boxes = self._quick.detectMultiScale(small, 1.25, 1, minSize=(LARGE, LARGE))
        return [_square(box, scale, None) for box in boxes]

    def plain(self, grey: Grey) -> list[Face]:
        """The faces that the cascade alone finds, as the report's detector does, with log-odds."""
        small, scale = _shrunk(grey, PLAIN_SIDE)
        boxes, _, weights = self._plain.detectMultiScale3(small, 1.1, 5, outputRejectLevels=True)
        scores = PER_WEIGHT * np.ravel(weights) + CONSTANT
        return [_square(box, scale, float(score)) for box, score in zip(boxes, scores, strict=True)]


def _shrunk(grey: Grey, long_side: int) -> tuple[Grey, float]:
    height, width = grey.shape
    scale = min(1.0, long_side / max(height, width))
    if scale == 1.0:
        return grey, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False), scale


def _square(box: Sequence[int], scale: float, score: float | None) -> Face:
    x, y, side = (float(value) / scale for value in box[:3])
    grow = side * (FRAMING - 1) / 2
    return Face(x - grow, y - grow, side * FRAMING, score)
