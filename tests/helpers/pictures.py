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
