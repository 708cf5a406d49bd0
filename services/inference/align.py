"""A face in a picture → the crop that the network takes. Training uses this too."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.inference.detect import Face

SIDE: Final = 48
MARGIN: Final = 1.02
"""The cascade's box is 0.98 of FER2013's own crop, centred within 1% (median over FER2013)."""


def crop(grey: NDArray[np.uint8], face: Face, margin: float = MARGIN) -> NDArray[np.uint8]:
    """(h, w) grey → (48, 48) grey: the face's square times `margin`; what lies outside repeats the edge."""
    if face.tilt:
        return _turned(_square(grey, face, 1.5 * margin), face.tilt, 1.5)
    return _shrunk(_square(grey, face, margin))


def _square(grey: NDArray[np.uint8], face: Face, margin: float) -> NDArray[np.uint8]:
    half = face.side * margin / 2
    left, top = round(face.x + face.side / 2 - half), round(face.y + face.side / 2 - half)
    side = max(1, round(2 * half))
    height, width = grey.shape
    inside = grey[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    beyond = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
    if any(beyond):
        inside = cv2.copyMakeBorder(inside, *beyond, borderType=cv2.BORDER_REPLICATE).astype(np.uint8)
    return inside


def _turned(square: NDArray[np.uint8], degrees: float, wider: float) -> NDArray[np.uint8]:
    """The middle of a square that is `wider` than the crop, turned anticlockwise."""
    side = square.shape[0]
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), degrees, 1.0)
    turned = cv2.warpAffine(square, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    edge = round(side * (1 - 1 / wider) / 2)
    return _shrunk(turned[edge : side - edge, edge : side - edge].astype(np.uint8, copy=False))


def _shrunk(square: NDArray[np.uint8]) -> NDArray[np.uint8]:
    how = cv2.INTER_AREA if square.shape[0] > SIDE else cv2.INTER_LINEAR
    return cv2.resize(square, (SIDE, SIDE), interpolation=how).astype(np.uint8, copy=False)
