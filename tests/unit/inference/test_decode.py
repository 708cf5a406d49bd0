"""Bytes to grey pixels: every format, every odd picture of the issue, and the limits before decoding."""

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.common.problems import ServiceError, TooLargeError
from services.inference.decode import decode
from services.inference.errors import BadRequestError, UnreadableImageError, UnsupportedImageError
from tests.helpers import pictures
from tests.helpers.process import forget_peak, memory_mb

MAX_PIXELS = 50_000_000
GREY = np.asarray(pictures.astronaut("L")).astype(int)


def difference(grey: np.ndarray) -> float:
    """Mean absolute difference to the astronaut in grey levels."""
    return float(np.abs(grey.astype(int) - GREY).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_every_format_reads_as_the_same_picture(kind: str) -> None:
    photo = decode(pictures.encode(pictures.astronaut(), kind), MAX_PIXELS)
    assert (photo.width, photo.height) == (512, 512)
    assert photo.grey.dtype == np.uint8
    assert difference(photo.grey) < 6  # GIF has 256 colours only


@pytest.mark.parametrize(
    "data",
    [
        pictures.sixteen_bit_png(),
        pictures.transparent_png(),
        pictures.encode(pictures.astronaut("CMYK"), "JPEG"),
        pictures.animation("GIF"),
        pictures.animation("WEBP"),
    ],
    ids=["16-bit PNG", "transparent PNG", "CMYK JPEG", "animated GIF", "animated WebP"],
)
def test_unusual_pictures_read_as_their_first_frame_in_eight_bits(data: Any) -> None:
    assert difference(decode(data, MAX_PIXELS).grey) < 8


def test_a_phone_photo_comes_upright_and_reduced() -> None:
    photo = decode(pictures.phone_photo(), MAX_PIXELS)
    assert (photo.width, photo.height) == (3000, 4000)
    assert photo.grey.shape == (1000, 750)
    assert photo.scale == 4
    middle = photo.grey[125:875].astype(int)  # the astronaut, between two dark bands
    small = np.asarray(pictures.astronaut("L").resize((750, 750))).astype(int)
    assert np.abs(middle - small).mean() < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_refer_to_the_picture_as_a_person_sees_it(orientation: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = pictures.encode(pictures.astronaut().crop((0, 0, 512, 300)), "JPEG", exif=exif)
    photo = decode(data, MAX_PIXELS)
    seen = (300, 512) if orientation >= 5 else (512, 300)
    assert (photo.width, photo.height) == seen
    assert photo.grey.shape == seen[::-1]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", BadRequestError),
        (b"just some text, and nothing else", UnsupportedImageError),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedImageError),
        (b"\x89PNG\r\n\x1a\n", UnreadableImageError),
        (pictures.transparent_png()[:200], UnreadableImageError),
        (pictures.ASTRONAUT.read_bytes()[:120], UnreadableImageError),
    ],
    ids=["empty", "text", "svg", "PNG signature only", "cut PNG", "cut JPEG header"],
)
def test_what_is_no_picture_says_so(data: Any, error: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        decode(data, MAX_PIXELS)
    assert type(caught.value) in {error, UnsupportedImageError}
    assert type(caught.value).status in {400, 415}


def test_a_bomb_is_refused_from_its_header() -> None:
    bomb = pictures.png_of_zeros(30_000, 30_000)
    without_pixels = bomb[: bomb.index(b"IDAT") + 20]  # whoever decodes this finds it damaged instead
    for data in (bomb, without_pixels):
        with pytest.raises(TooLargeError):
            decode(data, MAX_PIXELS)


def test_the_pixel_limit_is_the_last_size_that_is_read() -> None:
    data = pictures.encode(pictures.astronaut(), "PNG")
    assert decode(data, 512 * 512).width == 512
    with pytest.raises(TooLargeError, match="512×512"):
        decode(data, 512 * 512 - 1)


@pytest.mark.parametrize("kind", [b"IDAT", b"fdAT", b"tEXt", b"abCd"])
def test_a_png_is_not_believed_what_a_chunk_says_it_holds(kind: bytes) -> None:
    """400 bytes made OpenCV take three gigabytes; found by bench/harden/fuzz_images.py."""
    whole = pictures.encode(pictures.astronaut().resize((48, 48)), "PNG")
    data = whole[:33] + struct.pack(">I", 2_900_000_000) + kind + whole[41:400]
    forget_peak()
    before = memory_mb()
    with pytest.raises(ServiceError):
        decode(data, MAX_PIXELS)
    assert memory_mb("self", "VmHWM") - before < 100
