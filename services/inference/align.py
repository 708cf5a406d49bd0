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
    half = face.side * margin / 2
    left, top = round(face.x + face.side / 2 - half), round(face.y + face.side / 2 - half)
    side = max(1, round(2 * half))
    height, width = grey.shape
    inside = grey[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    beyond = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
    if any(beyond):
        inside = cv2.copyMakeBorder(inside, *beyond, borderType=cv2.BORDER_REPLICATE).astype(np.uint8)
    how = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    return cv2.resize(inside, (SIDE, SIDE), interpolation=how).astype(np.uint8, copy=False)
