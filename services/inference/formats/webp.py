"""WebP: its first frame as a still picture of its own, given to libwebp through OpenCV."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np

from services.inference.errors import UnreadableImageError
from services.inference.formats.exif import orientation_of
from services.inference.formats.picture import Grey, Picture, factor, on_white, opencv, over_white, reduced

MOST_CHUNKS: Final = 50_000
ALPHA: Final = 0x10
LOSSY, PLAIN, LOSSLESS = b"VP8 ", b"VP8X", b"VP8L"
BAND: Final = 512
"""Rows that are composited at once."""


@dataclass(frozen=True)
class Still:
    """A picture with the place where it lies on its canvas."""

    file: bytes
    width: int
    height: int
    alpha: bool
    lossless: bool
    left: int = 0
    top: int = 0


def is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def look(data: bytes) -> Picture:
    """UnreadableImageError where there is no frame."""
    chunks = _chunks(data, 12)
    exif = chunks.get(b"EXIF", b"").removeprefix(b"Exif\0\0")
    frame = chunks.get(b"ANMF")
    if frame is None:
        still = _still(chunks)
        width, height = still.width, still.height
    else:
        left, top = 2 * int.from_bytes(frame[:3], "little"), 2 * int.from_bytes(frame[3:6], "little")
        still = _still(_chunks(frame, 16), left, top)
        canvas = chunks.get(PLAIN, b"")
        width = 1 + int.from_bytes(canvas[4:7], "little")
        height = 1 + int.from_bytes(canvas[7:10], "little")
        if left + still.width > width or top + still.height > height:
            raise UnreadableImageError("the WebP image's header is damaged")
    cost = still.width * still.height * (9 if still.alpha or still.lossless else 5)
    cost += width * height * (frame is not None) + len(still.file)
    return Picture("WebP", width, height, cost, partial(_pixels, still, width, height), orientation_of(exif))


def _chunks(data: bytes, at: int) -> dict[bytes, bytes]:
    """The first chunk of each kind."""
    found: dict[bytes, bytes] = {}
    for _ in range(MOST_CHUNKS):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if len(kind) < 4:
            return found
        if kind not in found:
            found[kind] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise UnreadableImageError("the WebP image's header is damaged")


def _still(chunks: dict[bytes, bytes], left: int = 0, top: int = 0) -> Still:
    """A whole file of the frame's chunks."""
    if LOSSLESS in chunks:
        bits = int.from_bytes(chunks[LOSSLESS][1:5], "little")
        width, height, alpha = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
        pieces = [_chunk(LOSSLESS, chunks[LOSSLESS])]
    elif LOSSY in chunks:
        size = chunks[LOSSY][6:10]
        width, height = (int.from_bytes(size[at : at + 2], "little") & 0x3FFF for at in (0, 2))
        alpha = b"ALPH" in chunks
        pieces = [_chunk(LOSSY, chunks[LOSSY])]
        if alpha:
            canvas = (width - 1).to_bytes(4, "little")[:3] + (height - 1).to_bytes(4, "little")[:3]
            head = _chunk(PLAIN, bytes([ALPHA, 0, 0, 0]) + canvas) if width and height else b""
            pieces = [head, _chunk(b"ALPH", chunks[b"ALPH"]), *pieces]
    else:
        raise UnreadableImageError("the WebP image has no frame")
    body = b"WEBP" + b"".join(pieces)
    file = b"RIFF" + len(body).to_bytes(4, "little") + body
    return Still(file, width, height, alpha, LOSSLESS in chunks, left, top)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def _pixels(still: Still, width: int, height: int) -> Grey:
    grey = _frame(still)
    if grey.shape != (still.height, still.width):
        raise ValueError("the frame has another size than its header says")
    return reduced(on_white(grey, still.left, still.top, width, height), factor(width, height))


def _frame(still: Still) -> Grey:
    if not still.alpha:
        return opencv(still.file, cv2.IMREAD_GRAYSCALE)
    colours = opencv(still.file, cv2.IMREAD_UNCHANGED)
    grey = np.empty(colours.shape[:2], np.uint8)
    for top in range(0, len(colours), BAND):
        band = colours[top : top + BAND]
        plain = cv2.cvtColor(band, cv2.COLOR_BGRA2GRAY).astype(np.uint8, copy=False)
        grey[top : top + BAND] = over_white(plain, np.ascontiguousarray(band[..., 3]))
    return grey
