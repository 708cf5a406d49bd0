"""Makes damaged pictures out of small valid ones of every format that the service reads."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from typing import Final

from PIL import Image

from tests.helpers.pictures import ASSETS, ASTRONAUT, encode, png_of_zeros

FACE: Final = (150, 30, 310, 190)
"""A crop of the photo with a face that the detector finds, read in milliseconds."""
HEAD: Final = 64
"""Bytes at the start, where a change has most effect."""
MOST: Final = 60_000
"""Bytes; longer pictures are cut."""
EDGES: Final = (0, 1, 2, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 511, 512, 1023, 1024)
WIDE_EDGES: Final = (0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

TIFF_COMPRESSIONS: Final = ("raw", "tiff_lzw", "tiff_deflate", "jpeg", "packbits")

Change = Callable[[random.Random, bytearray], None]


def seeds() -> list[bytes]:
    """One valid picture or more of every format, depth and packing."""
    face = Image.open(ASTRONAUT).convert("RGB").crop(FACE)
    small = face.resize((48, 48))
    turned = Image.Exif()
    turned[0x0112] = 6
    return [
        encode(face, "JPEG", quality=70),
        encode(face, "JPEG", quality=70, progressive=True, exif=turned),
        encode(small, "JPEG", quality=30, subsampling=2, restart_marker_blocks=2),
        encode(small.convert("CMYK"), "JPEG"),
        encode(face.convert("L"), "PNG"),
        encode(small, "PNG", compress_level=0),
        encode(small.convert("P"), "PNG"),
        encode(small.convert("RGBA"), "PNG"),
        encode(small.convert("1"), "PNG"),
        encode(small.convert("I;16"), "PNG"),
        encode(face, "WEBP", quality=60),
        encode(small.convert("RGBA"), "WEBP", lossless=True),
        encode(small, "WEBP", save_all=True, append_images=[small.rotate(90)]),
        encode(small.convert("RGBA"), "PNG", save_all=True, append_images=[small.convert("RGBA").rotate(90)]),
        encode(small, "AVIF", speed=10),
        encode(small.convert("RGBA"), "AVIF", speed=10),
        encode(small, "TIFF", big_tiff=True),
        (ASSETS / "astronaut.heic").read_bytes(),
        encode(small, "BMP"),
        encode(small.convert("P"), "BMP"),
        encode(small.convert("P"), "GIF"),
        encode(small, "GIF", save_all=True, append_images=[small.rotate(90)]),
        *(encode(small, "TIFF", compression=name) for name in TIFF_COMPRESSIONS),
        encode(small.convert("I;16"), "TIFF"),
        encode(small.convert("1"), "TIFF", compression="group4"),
        png_of_zeros(3_000, 2_000),
        png_of_zeros(9_000, 9_000),
        b"",
        b"\xff\xd8\xff",
    ]


def _place(chance: random.Random, data: bytearray) -> int:
    """An index into `data`, half of the time in its head."""
    end = len(data) if chance.random() < 0.5 else min(HEAD, len(data))
    return chance.randrange(end)


def _flip_bits(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        data[_place(chance, data)] ^= 1 << chance.randrange(8)


def _set_bytes(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 2, 4))):
        data[_place(chance, data)] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)))


def _set_number(chance: random.Random, data: bytearray) -> None:
    """Overwrites a size, count or offset with an edge case."""
    form = chance.choice((">H", "<H", ">I", "<I"))
    value = chance.choice(EDGES + WIDE_EDGES) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
    at = _place(chance, data)
    data[at : at + struct.calcsize(form)] = struct.pack(form, value)


def _cut_out(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    del data[at : at + chance.choice((1, 4, 32, 500))]


def _cut_off(chance: random.Random, data: bytearray) -> None:
    del data[chance.randrange(len(data)) :]


def _repeat(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    part = data[at : at + chance.choice((1, 8, 64, 512))]
    data[at:at] = part * chance.choice((1, 2, 16))


def _insert(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    data[at:at] = chance.randbytes(chance.choice((1, 4, 64)))


def _overwrite(chance: random.Random, data: bytearray) -> None:
    at, length = _place(chance, data), chance.choice((4, 16, 256))
    data[at : at + length] = chance.randbytes(length)


def _move(chance: random.Random, data: bytearray) -> None:
    start, length = _place(chance, data), chance.choice((4, 16, 256))
    part = data[start : start + length]
    del data[start : start + length]
    at = chance.randrange(len(data) + 1)
    data[at:at] = part


CHANGES: Final[tuple[Change, ...]] = (
    _flip_bits, _set_bytes, _set_number, _cut_out, _cut_off, _repeat, _insert, _overwrite, _move,
)  # fmt: skip


def mutate(chance: random.Random, corpus: list[bytes]) -> bytes:
    """A picture of the corpus, sometimes spliced with another, changed one to four times."""
    data = bytearray(chance.choice(corpus))
    if chance.random() < 0.1:
        other = chance.choice(corpus)
        data = data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if data:
            chance.choice(CHANGES)(chance, data)
    if data[:8] == b"\x89PNG\r\n\x1a\n" and chance.random() < 0.8:
        data = _with_correct_checksums(data)
    return bytes(data[:MOST])


def _with_correct_checksums(data: bytearray) -> bytearray:
    """A PNG with correct checksums; with wrong ones the decoder stops at the first chunk."""
    source, out = io.BytesIO(data), bytearray(data[:8])
    source.seek(8)
    while len(head := source.read(8)) == 8:
        length = min(struct.unpack(">I", head[:4])[0], len(data))
        body = source.read(length)
        source.read(4)
        out += head + body + struct.pack(">I", zlib.crc32(head[4:] + body))
    return out
