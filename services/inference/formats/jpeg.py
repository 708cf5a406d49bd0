"""JPEG: its markers up to the first scan, and libjpeg through OpenCV."""

import re
from functools import partial
from typing import Final

import cv2
import numpy as np

from services.inference.errors import UnreadableImageError, UnsupportedImageError
from services.inference.formats.exif import orientation_of
from services.inference.formats.picture import Grey, Picture, factor, opencv

START: Final = b"\xff\xd8\xff"
END: Final = b"\xff\xd9"
MARKER: Final = re.compile(rb"\xff+([\x01-\xfe])")
MOST_SEGMENTS: Final = 10_000
ALONE: Final = {0x01, *range(0xD0, 0xD9)}
"""Markers without a segment."""
FRAMES: Final = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE: Final = {0xC2, 0xC6, 0xCA, 0xCE}
READ: Final = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
"""Baseline, extended and progressive, with Huffman or arithmetic coding; not lossless, not hierarchical."""
BITS: Final = 8
EXIF, JPEG_LS, SCAN, LAST = 0xE1, 0xF7, 0xDA, 0xD9
REDUCED: Final = {
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    1: cv2.IMREAD_GRAYSCALE,
}
FILLER: Final = b"\x5a\xa5\x33\xcc" * 64
"""What a scan that wants more data would take for pixels."""


def look(data: bytes) -> Picture:
    """UnreadableImageError for a header without a frame or a scan, UnsupportedImageError for a rare sort."""
    frame, exif, at = None, None, 2
    for _ in range(MOST_SEGMENTS):
        found = MARKER.search(data, at)
        if found is None or data[found.end() - 1] == LAST:
            break
        marker, at = data[found.end() - 1], found.end()
        if marker in ALONE:
            continue
        end = at + int.from_bytes(data[at : at + 2])
        if marker in FRAMES or marker == JPEG_LS:
            frame = Frame(marker, data[at + 2 : end])
        elif marker == EXIF and exif is None and data[at + 2 : at + 8] == b"Exif\0\0":
            exif = data[at + 8 : end]  # further ones continue the first; viewers too heed that alone
        elif marker == SCAN and frame:
            return _picture(data, frame, orientation_of(exif or b""), data[at + 2 : at + 3])
        at = max(at, end)
    raise UnreadableImageError("the JPEG image's header is damaged")


class Frame:
    def __init__(self, marker: int, body: bytes) -> None:
        self.is_read = marker in READ and body[:1] == bytes([BITS])
        self.progressive = marker in PROGRESSIVE
        self.height, self.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
        self.components = max(1, body[5] if len(body) > 5 else 0)
        samplings = [(byte >> 4, byte & 15) for byte in body[7 : 6 + 3 * self.components : 3]]
        most = max((h for h, _ in samplings), default=1) * max((v for _, v in samplings), default=1)
        self.coefficients = 2 * sum(h * v for h, v in samplings) / max(1, most)
        """Bytes of all DCT coefficients per pixel."""


def _picture(data: bytes, frame: Frame, orientation: int, in_scan: bytes) -> Picture:
    """Counts that libjpeg keeps the coefficients of the whole picture where they come in several scans."""
    if not frame.width or not frame.height:
        raise UnreadableImageError("the JPEG image's header is damaged")
    if not frame.is_read:
        raise UnsupportedImageError("JPEG with 12 bits or lossless is not read; send a usual one of 8 bits")
    by = factor(frame.width, frame.height)
    several = frame.progressive or in_scan < bytes([min(frame.components, 255)])
    per_pixel = 3 / by**2 + (frame.coefficients if several else 0)
    return Picture(
        "JPEG",
        frame.width,
        frame.height,
        round(frame.width * frame.height * per_pixel),
        partial(_pixels, data, REDUCED[by]),
        orientation,
    )


def _pixels(data: bytes, flags: int) -> Grey:
    try:
        return opencv(data, flags)
    except ValueError:
        return _without_end(data.rstrip(b"\xff"), flags)


def _without_end(data: bytes, flags: int) -> Grey:
    """The picture of a file that lacks only its end marker; a ValueError where pixels are missing too.

    After a whole scan more bytes change nothing; in a scan that is cut off they become pixels.
    """
    whole = opencv(data + END, flags)
    if not np.array_equal(whole, opencv(data + FILLER + END, flags)):
        raise ValueError("the scan is cut off")
    return whole
