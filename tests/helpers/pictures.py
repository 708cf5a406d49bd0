"""Pictures that tests send: two real photos, and made ones of unusual formats and sizes."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

ASSETS = Path(__file__).parent.parent / "assets"
ASTRONAUT = ASSETS / "astronaut.jpg"
HOPPER = ASSETS / "grace_hopper.jpg"
ASTRONAUT_FACE = (222, 114)
"""A point well inside the only face of the 512×512 photo, in pixels."""


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def astronaut(mode: str = "RGB") -> Image.Image:
    return Image.open(ASTRONAUT).convert(mode)


def phone_photo() -> bytes:
    """Makes a JPEG of 12 megapixels, stored on its side; EXIF orientation 6 turns it to 3000×4000 upright."""
    upright = astronaut().resize((3000, 3000)).crop((0, -500, 3000, 3500))
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=90)


def png_of_zeros(width: int, height: int) -> bytes:
    """Makes a valid 1-bit PNG that takes few bytes at any size."""
    squeeze = zlib.compressobj(1)
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def sixteen_bit_png() -> bytes:
    grey = np.asarray(astronaut("L")).astype(np.uint16) * 257
    return encode(Image.fromarray(grey), "PNG")


def transparent_png() -> bytes:
    return encode(astronaut("RGBA"), "PNG")


def animation(kind: str) -> bytes:
    """Makes an animation: the astronaut in the first frame, then two blank frames."""
    first, blank = astronaut(), Image.new("RGB", (512, 512), "white")
    return encode(first, kind, save_all=True, append_images=[blank, blank], duration=100)


def with_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    """Makes the astronaut's PNG with more chunks before its pixels."""
    whole = encode(astronaut(), "PNG")
    return whole[:33] + b"".join(png_chunk(kind, data) for kind, data in chunks) + whole[33:]


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def exif(orientation: int, order: str = "<", kind: int = 3) -> bytes:
    """Makes a TIFF header with the orientation as a SHORT (3) or LONG (4), in either byte order."""
    value = struct.pack(f"{order}I" if kind == 4 else f"{order}HH", *([orientation] + [0] * (kind == 3)))
    mark = b"II" if order == "<" else b"MM"
    entry = struct.pack(f"{order}HHI", 0x0112, kind, 1) + value
    return mark + struct.pack(f"{order}HIH", 42, 8, 1) + entry + bytes(4)


def stored_as(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as it is stored, so that `orientation` brings it upright."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def tiled_tiff(orientation: int, side: int = 128) -> bytes:
    """Makes the astronaut as an uncompressed grey TIFF in tiles of `side`, with an orientation."""
    grey = np.asarray(stored_as(astronaut("L"), orientation))
    height, width = grey.shape
    tiles = [
        grey[y : y + side, x : x + side].tobytes()
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]
    pixels = b"".join(tiles)
    offsets = struct.pack(f"<{len(tiles)}I", *(8 + n * side * side for n in range(len(tiles))))
    sizes = struct.pack(f"<{len(tiles)}I", *[side * side] * len(tiles))
    at = 8 + len(pixels)
    fields = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (274, 3, 1, orientation), (277, 3, 1, 1), (322, 3, 1, side), (323, 3, 1, side),
        (324, 4, len(tiles), at), (325, 4, len(tiles), at + len(offsets)),
    ]  # fmt: skip
    directory = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", *f) for f in fields) + bytes(4)
    start = at + len(offsets) + len(sizes)
    return b"II" + struct.pack("<HI", 42, start) + pixels + offsets + sizes + directory


def greedy_tiff(entries: int = 3_000) -> bytes:
    """Makes a TIFF whose directory names the same megabyte in thousands of entries."""
    whole = encode(astronaut(), "TIFF")
    megabyte = bytes(1_000_000)
    start = len(whole) + len(megabyte)
    fields = [struct.pack("<HHII", 40_000 + n, 7, len(megabyte), len(whole)) for n in range(entries)]
    directory = struct.pack("<H", entries) + b"".join(fields) + bytes(4)
    return whole[:4] + struct.pack("<I", start) + whole[8:] + megabyte + directory


def erased(kind: str) -> bytes:
    """Makes the astronaut with all pixels transparent; their colours are still in the file."""
    picture = astronaut("RGBA")
    picture.putalpha(0)
    return encode(picture, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
