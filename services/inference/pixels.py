"""What is done to grey pixels before a cascade sees them. Pure; (h, w) uint8 in and out."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

FLAT: Final = 128
"""A picture whose greys span less than this is stretched; less than an eighth of it is blank."""


def resized(grey: Grey, scale: float) -> Grey:
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


def turned(grey: Grey, degrees: float) -> Grey:
    """The picture turned anticlockwise about its middle."""
    if not degrees:
        return grey
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    result = cv2.warpAffine(grey, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return result.astype(np.uint8, copy=False)


def back(grey: Grey, degrees: float) -> NDArray[np.float64]:
    """(2, 3): leads points of a picture that was turned by `degrees` back to where they were."""
    height, width = grey.shape
    return np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0), np.float64)
