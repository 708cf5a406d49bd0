"""Image bytes → grey pixels, within limits that are checked before anything is decoded."""

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.problems import ServiceError, TooLargeError
from services.inference.errors import BadRequestError, UnsupportedImageError
from services.inference.formats import bmp, gif, jpeg, pillow, png, tiff, webp
from services.inference.formats.exif import upright
from services.inference.formats.picture import Picture, damaged

FORMATS: Final = ("JPEG", "PNG", "WebP", "AVIF", "GIF", "BMP", "TIFF")
"""HEIC too, where its extra is installed."""
MAX_DECODE_BYTES: Final = 200_000_000
READERS: Final = (
    (jpeg.START, jpeg.look),
    (png.START, png.look),
    (gif.STARTS, gif.look),
    (bmp.START, bmp.look),
    (tiff.STARTS, tiff.look),
)
"""How a format's files begin, and what reads its header."""
TEXTS: Final = (b"{", b"[", b"data:", b"/9j/", b"iVBORw0KGgo", b"R0lGOD", b"UklGR")
"""How JSON, a data URL, and JPEG, PNG, GIF and WebP in base64 begin."""
LARGE: Final = 1 / 8
"""A picture whose decoding costs more than this share of the most that one may is decoded alone."""


@dataclass(frozen=True)
class Photo:
    """One decoded image, upright as a person sees it."""

    grey: NDArray[np.uint8]
    """(h, w), 0–255; large pictures come smaller than they are."""
    width: int
    """Of the upright original, in pixels."""
    height: int

    @property
    def scale(self) -> float:
        """Original pixels per pixel of `grey`."""
        return self.width / int(self.grey.shape[1])


class DecodeRoom:
    """Bounds the memory of all decoding in a process: each picture's, and one large picture at a time."""

    def __init__(self, most: int = MAX_DECODE_BYTES) -> None:
        self.most = most
        """Bytes."""
        self._one = threading.Lock()

    def take(self, cost: int) -> AbstractContextManager[object]:
        """Waits while another large picture is decoded, if this is one; TooLargeError beyond `most`."""
        if cost > self.most:
            raise TooLargeError(
                f"decoding the image takes about {cost:,} bytes of memory; at most {self.most:,} are used: "
                "send a smaller one, or a JPEG"
            )
        return self._one if cost > LARGE * self.most else nullcontext()


def decode(data: bytes, max_pixels: int, room: DecodeRoom | None = None) -> Photo:
    """BadRequestError for no bytes, UnsupportedImageError, TooLargeError, UnreadableImageError."""
    picture = look(data)
    if picture.width * picture.height > max_pixels:
        raise TooLargeError(f"{picture.width}×{picture.height} pixels; at most {max_pixels:,} are read")
    with (room or DecodeRoom()).take(picture.cost):
        try:
            stored = picture.pixels()
        except ServiceError:
            raise
        except Exception as error:  # each decoder has its own kinds
            raise damaged(picture.kind) from error
    width, height = picture.width, picture.height
    if picture.orientation >= 5:
        width, height = height, width
    return Photo(upright(stored, picture.orientation), width, height)


def is_picture(head: bytes) -> bool:
    """Whether a file that begins so is of a kind that `look` reads; its first 64 bytes tell."""
    known = any(head.startswith(start) for start, _ in READERS)
    return known or webp.is_webp(head) or pillow.brand_of(head) is not None


def look(data: bytes) -> Picture:
    """Reads the header, whatever the file is called."""
    if not data:
        raise BadRequestError("the image is empty: no bytes came")
    for start, read in READERS:
        if data.startswith(start):
            return read(data)
    if webp.is_webp(data):
        return webp.look(data)
    if brand := pillow.brand_of(data):
        return pillow.look_at_video_still(data, brand)
    raise UnsupportedImageError(f"not an image we read; send one of {', '.join(FORMATS)}{_hint(data)}")


def _hint(data: bytes) -> str:
    start = data[:64].lstrip()
    if start.startswith(TEXTS):
        return ". This is text: send the image's own bytes, not base64 and not JSON"
    return ""
