"""Image bytes → grey pixels, within limits that are checked before anything is decoded."""

import io
import os
from dataclasses import dataclass
from typing import Final

HARD_LIMIT: Final = 100_000_000
"""Pixels at which OpenCV itself refuses, whatever the settings say."""
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(HARD_LIMIT))  # OpenCV reads it once, when imported

import cv2  # noqa: E402  # after its limit is set
import numpy as np  # noqa: E402  # stays below the line above with cv2
from numpy.typing import NDArray  # noqa: E402  # likewise
from PIL import Image, UnidentifiedImageError  # noqa: E402  # likewise

from services.common.problems import TooLargeError  # noqa: E402  # likewise
from services.inference.errors import BadRequestError, UnreadableImageError, UnsupportedImageError  # noqa: E402  # likewise

# Of a damaged picture it tells line by line, on a log that has one JSON object a line.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
PICTURES: Final = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
"""How files of these formats end."""
ENOUGH: Final = 960
"""A JPEG is decoded at 1/2, 1/4 or 1/8 of its size as long as its long side stays at least this."""
REDUCED: Final = {
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    1: cv2.IMREAD_GRAYSCALE,
}


@dataclass(frozen=True)
class Photo:
    """One decoded image, upright as a person sees it (EXIF rotation applied; not for TIFF)."""

    grey: NDArray[np.uint8]
    """(h, w), 0–255; large JPEGs come smaller than they are."""
    width: int
    """Of the upright original, in pixels."""
    height: int

    @property
    def scale(self) -> float:
        """Original pixels per pixel of `grey`."""
        return self.width / int(self.grey.shape[1])


def decode(data: bytes, max_pixels: int) -> Photo:
    """BadRequestError for no bytes, UnsupportedImageError, TooLargeError, UnreadableImageError."""
    kind, width, height = _header(data)
    if width * height > max_pixels:
        raise TooLargeError(f"{width}×{height} pixels; at most {max_pixels:,} are read")
    if kind == "PNG" and not _png_is_whole(data):
        raise UnreadableImageError("the PNG image cannot be decoded: it is damaged or cut off")
    factor = _reduction(kind, max(width, height))
    try:
        grey = cv2.imdecode(np.frombuffer(data, np.uint8), REDUCED[factor])
    except cv2.error as error:
        raise UnreadableImageError(f"the {kind} image cannot be decoded") from error
    if grey is None or grey.size == 0:
        raise UnreadableImageError(f"the {kind} image cannot be decoded: it is damaged or cut off")
    if factor == 1:
        height, width = grey.shape
    elif _turned(grey.shape, width // factor, height // factor):
        width, height = height, width
    return Photo(grey.astype(np.uint8, copy=False), width, height)


def _header(data: bytes) -> tuple[str, int, int]:
    """Format, width and height as stored, without decoding."""
    if not data:
        raise BadRequestError("the image is empty: no bytes came")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return str(image.format), image.width, image.height
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLargeError("the image has far too many pixels") from error
    except UnidentifiedImageError as error:
        raise UnsupportedImageError(f"not an image we read; send one of {', '.join(FORMATS)}") from error
    except Exception as error:  # a damaged header can raise anything: struct.error, SyntaxError, ValueError …
        raise UnreadableImageError("the image's header is damaged") from error


def _png_is_whole(data: bytes) -> bool:
    """Whether every chunk ends within the file: OpenCV takes as much memory as a chunk says that it has."""
    at = 8
    while at + 8 <= len(data):
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + int.from_bytes(data[at : at + 4])
    return at <= len(data)


def _reduction(kind: str, long_side: int) -> int:
    if kind != "JPEG":
        return 1
    return next((f for f in (8, 4, 2) if long_side // f >= ENOUGH), 1)


def _turned(shape: tuple[int, ...], width: int, height: int) -> bool:
    """Whether decoding swapped the sides (EXIF orientations 5–8); reduced sizes may be off by one."""
    return abs(shape[0] - height) > 1 or abs(shape[1] - width) > 1
