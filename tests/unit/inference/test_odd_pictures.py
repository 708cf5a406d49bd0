"""Rare but legal pictures are read as Chromium shows them, or the answer says which sort is not read."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from services.inference.decode import decode
from services.inference.errors import UnsupportedImageError
from services.inference.formats.picture import Grey
from tests.helpers import pictures

MAX_PIXELS = 50_000_000
SIDE = 512
GREY = np.asarray(pictures.astronaut("L"))
COLOURS = np.asarray(pictures.astronaut())
JPEG = pictures.encode(pictures.astronaut(), "JPEG", quality=90)


def difference(grey: Grey) -> float:
    """Mean absolute difference to the astronaut in grey levels."""
    return float(np.abs(grey.astype(int) - GREY).mean())


def png(pixels: np.ndarray, colour: int, *, interlaced: bool = False, before: bytes = b"") -> bytes:
    """Makes a PNG of 8 or 16 bits (big-endian) with this colour type and these chunks before the pixels."""
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    passes = [pixels[y::dy, x::dx] for x, y, dx, dy in (steps if interlaced else [(0, 0, 1, 1)])]
    rows = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    head = struct.pack(">IIBBBBB", *pixels.shape[1::-1], 8 * pixels.dtype.itemsize, colour, 0, 0, interlaced)
    chunks = [pictures.png_chunk(b"IHDR", head), before, pictures.png_chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + pictures.png_chunk(b"IEND", b"")


def deep(pixels: np.ndarray) -> np.ndarray:
    return (pixels.astype(">u2") * 257).astype(">u2")


def bmp(pixels: bytes, bits: int, *, down: bool = False, packing: int = 0, rest: bytes = b"") -> bytes:
    """Makes a BMP; `rest` follows the header's 40 bytes: the rest of a longer one, or a palette."""
    longer = len(rest) if packing == 3 else 0
    height = -SIDE if down else SIDE
    head = struct.pack("<IiiHHIIiiII", 40 + longer, SIDE, height, 1, bits, packing, len(pixels), 0, 0, 0, 0)
    start = 14 + len(head) + len(rest)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + head + rest + pixels


def run_length(grey: np.ndarray) -> bytes:
    """Packs rows as RLE8 does: each run is its length and its colour."""
    packed = bytearray()
    for row in grey[::-1]:
        starts = np.flatnonzero(np.diff(row, prepend=int(row[0]) + 1))
        for start, end in zip(starts, [*starts[1:], len(row)], strict=True):
            for at in range(start, end, 255):
                packed += bytes([min(255, end - at), row[start]])
        packed += b"\0\0"
    return bytes(packed + b"\0\1")


def with_alpha(alpha: int) -> bytes:
    """Makes a BMP of 32 bits with a mask for alpha, as GIMP saves."""
    pixels = np.dstack([COLOURS[::-1, :, ::-1], np.full((SIDE, SIDE), alpha, np.uint8)])
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    return bmp(pixels.tobytes(), 32, packing=3, rest=masks + b"BGRs" + bytes(64))


SHADES = b"".join(bytes([shade] * 3 + [0]) for shade in range(256))


@pytest.mark.parametrize(
    "data",
    [
        png(COLOURS, 2, interlaced=True),
        png(deep(GREY), 0, interlaced=True),
        png(deep(COLOURS), 2),
        png(deep(np.dstack([GREY, np.full_like(GREY, 255)])), 4),
        bmp(COLOURS[..., ::-1].tobytes(), 24, down=True),
        bmp(run_length(GREY), 8, packing=1, rest=SHADES),
        with_alpha(255),
        JPEG * 2,
        JPEG[:2] + b"\xff\xff\xff" + JPEG[2:],
        pictures.encode(pictures.astronaut(), "JPEG", keep_rgb=True),
        pictures.encode(pictures.astronaut(), "JPEG", restart_marker_rows=1),
        pictures.encode(
            pictures.astronaut(), "TIFF", save_all=True, append_images=[Image.new("RGB", (9, 9))]
        ),
        pictures.encode(pictures.astronaut(), "AVIF", save_all=True, append_images=[pictures.astronaut()]),
    ],
    ids=[
        "interlaced PNG", "interlaced 16 bits", "16-bit colours", "16-bit alpha", "BMP from the top", "RLE",
        "BMP with alpha", "two JPEGs", "filled markers", "RGB JPEG", "restarts", "pages", "animated AVIF",
    ],
)  # fmt: skip
def test_read(data: bytes) -> None:
    """Rare sorts of the formats are the same picture."""
    assert difference(decode(data, MAX_PIXELS).grey) < 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (15, 9_000)])
def test_narrow(kind: str, size: tuple[int, int]) -> None:
    """A picture of any shape is read whole."""
    photo = decode(pictures.encode(pictures.astronaut().resize(size), kind), MAX_PIXELS)
    assert (photo.width, photo.height) == size
    assert photo.grey.size


def test_alpha_of_a_bmp() -> None:
    """Alpha counts in a BMP that has a mask for it, and is no alpha in one that has none."""
    assert decode(with_alpha(0), MAX_PIXELS).grey.min() == 255
    no_alpha = np.dstack([COLOURS[::-1, :, ::-1], np.zeros_like(GREY)])
    assert difference(decode(bmp(no_alpha.tobytes(), 32), MAX_PIXELS).grey) < 3


def test_transparent_shade() -> None:
    """The transparent shade of a 16-bit grey PNG is white."""
    shade = struct.pack(">H", int(GREY[0, 0]) * 257)
    grey = decode(png(deep(GREY), 0, before=pictures.png_chunk(b"tRNS", shade)), MAX_PIXELS).grey
    assert (grey == np.where(np.equal(GREY, GREY[0, 0]), 255, GREY)).all()


def segment(content: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


@pytest.mark.parametrize("further", [pictures.exif(1), pictures.exif(3), b"goes on", bytes(60_000)])
def test_several_exif_segments(further: bytes) -> None:
    """The first EXIF segment of a JPEG has its orientation; others go on with it or repeat it."""
    stored = pictures.encode(pictures.stored_as(pictures.astronaut(), 6), "JPEG", quality=90)
    blocks = b"".join(segment(b"Exif\0\0" + block) for block in (pictures.exif(6), further))
    assert difference(decode(stored[:2] + blocks + stored[2:], MAX_PIXELS).grey) < 3


def gif_frame_at(left: int, top: int, canvas: int) -> bytes:
    """Makes a GIF of the astronaut at 100×60 in its place on a canvas of `canvas` × `canvas`."""
    whole = pictures.encode(pictures.astronaut().resize((100, 60)).quantize(256), "GIF")
    at = whole.index(b",", 13 + 3 * 256)
    place = struct.pack("<HH", left, top)
    return whole[:6] + struct.pack("<HH", canvas, canvas) + whole[10 : at + 1] + place + whole[at + 5 :]


@pytest.mark.parametrize(("canvas", "size"), [(300, (300, 300)), (50, (140, 80)), (0, (140, 80))])
def test_gif_frame_on_its_canvas(canvas: int, size: tuple[int, int]) -> None:
    """A GIF's frame lies in its place on white; a canvas that is too small for it grows."""
    photo = decode(gif_frame_at(40, 20, canvas), MAX_PIXELS)
    assert (photo.width, photo.height) == size
    inner = np.asarray(pictures.astronaut("L").resize((100, 60))).astype(int)
    assert np.abs(photo.grey[20:80, 40:140].astype(int) - inner).mean() < 8
    assert photo.grey[:20].min() == photo.grey[:, :40].min() == 255


def with_frame(marker: int, bits: int) -> bytes:
    """Makes a JPEG that says it is of another sort."""
    at = JPEG.index(b"\xff\xc0")
    return JPEG[: at + 1] + bytes([marker]) + JPEG[at + 2 : at + 4] + bytes([bits]) + JPEG[at + 5 :]


@pytest.mark.parametrize(("marker", "bits"), [(0xC1, 12), (0xC3, 8), (0xC7, 8), (0xF7, 8)])
def test_rare_jpeg(marker: int, bits: int) -> None:
    """JPEG with 12 bits, lossless, hierarchical, or JPEG-LS is not supported, which is not called damage."""
    with pytest.raises(UnsupportedImageError, match="send a usual one of 8 bits"):
        decode(with_frame(marker, bits), MAX_PIXELS)


def test_png_of_an_app() -> None:
    """A PNG as Apple's apps hold it is not supported."""
    whole = pictures.encode(pictures.astronaut(), "PNG")
    packed = whole[:8] + pictures.png_chunk(b"CgBI", b"\x50\0\x20\x02") + whole[8:]
    with pytest.raises(UnsupportedImageError, match="Xcode"):
        decode(packed, MAX_PIXELS)
