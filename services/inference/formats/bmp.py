"""BMP: its header through Pillow, its pixels through OpenCV, or with alpha through Pillow too."""

from functools import partial
from typing import Final

import cv2

from services.inference.formats import pillow
from services.inference.formats.picture import Grey, Picture, factor, opencv, reduced

START: Final = b"BM"


def look(data: bytes) -> Picture:
    with pillow.opened(data, "BMP") as image:
        (width, height), alpha = image.size, image.mode == "RGBA"
    by = factor(width, height)
    if alpha:
        cost = 4 * width * height + pillow.BANDS
        return Picture("BMP", width, height, cost, partial(pillow.pixels, data, "BMP", by))
    return Picture("BMP", width, height, 3 * width * height, partial(_pixels, data, by))


def _pixels(data: bytes, by: int) -> Grey:
    return reduced(opencv(data, cv2.IMREAD_GRAYSCALE), by)
