"""PNG: the chunks that its first picture needs, given to libpng through OpenCV, or to Pillow for alpha.

Profiles, texts and the frames of an animation are left out before anything is decoded: they may unpack to
any size.
"""

from functools import partial
from typing import Final

import cv2

from services.inference.errors import UnreadableImageError, UnsupportedImageError
from services.inference.formats import pillow
from services.inference.formats.exif import orientation_of
from services.inference.formats.picture import Grey, Picture, damaged, factor, opencv, reduced

START: Final = b"\x89PNG\r\n\x1a\n"
IEND: Final = b"\0\0\0\0IEND\xaeB\x60\x82"
KEPT: Final = {b"PLTE", b"tRNS", b"IDAT"}
MOST_CHUNKS: Final = 50_000
PALETTE: Final = 3
WITH_ALPHA: Final = {4, 6}
"""Colour types."""


def look(data: bytes) -> Picture:
    """UnreadableImageError for a header that is damaged, UnsupportedImageError for Apple's own sort."""
    head = data[8:33]
    if head[4:8] == b"CgBI":
        raise UnsupportedImageError("PNG as Xcode packs it into apps is not read; send the original")
    if len(head) < 25 or head[:8] != b"\0\0\0\rIHDR":
        raise UnreadableImageError("the PNG image's header is damaged")
    width, height, colour = int.from_bytes(head[8:12]), int.from_bytes(head[12:16]), head[17]
    pieces, exif, whole = _needed(data)
    if not whole:
        return Picture("PNG", width, height, 0, _cut_off)
    alpha = colour in WITH_ALPHA or any(bytes(piece[4:8]) == b"tRNS" for piece in pieces)
    file = b"".join((START, head, *pieces, IEND))
    by = factor(width, height)
    if alpha:
        cost = width * height * (1 if colour == PALETTE else 4) + pillow.BANDS
        pixels = partial(pillow.pixels, file, "PNG", by)
    else:
        cost = 3 * width * height  # the picture, OpenCV's copy, and at worst the reduced one
        pixels = partial(_pixels, file, by)
    return Picture("PNG", width, height, cost + len(file), pixels, orientation_of(exif))


def _needed(data: bytes) -> tuple[list[memoryview], bytes, bool]:
    """The chunks of the picture, the EXIF block, and whether all chunks end within the file.

    libpng takes as much memory as a chunk says that it has.
    """
    pieces: list[memoryview] = []
    exif, at, view = b"", 33, memoryview(data)
    for _ in range(MOST_CHUNKS):
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4])
        if kind == b"IEND" or at >= len(data):
            return pieces, exif, True
        if end > len(data):
            break
        if kind in KEPT:
            pieces.append(view[at:end])
        elif kind == b"eXIf":
            exif = data[at + 8 : end - 4]
        at = end
    return [], exif, False


def _cut_off() -> Grey:
    raise damaged("PNG")


def _pixels(file: bytes, by: int) -> Grey:
    return reduced(opencv(file, cv2.IMREAD_GRAYSCALE), by)
