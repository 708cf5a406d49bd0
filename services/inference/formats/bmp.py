"""BMP: its header through Pillow, its pixels through OpenCV."""

from functools import partial
from typing import Final

import cv2

from services.inference.formats import pillow
from services.inference.formats.picture import Grey, Picture, factor, opencv, reduced

START: Final = b"BM"


def look(data: bytes) -> Picture:
    with pillow.opened(data, "BMP") as image:
        width, height = image.size
    pixels = partial(_pixels, data, factor(width, height))
    return Picture("BMP", width, height, 3 * width * height, pixels)


def _pixels(data: bytes, by: int) -> Grey:
    return reduced(opencv(data, cv2.IMREAD_GRAYSCALE), by)
