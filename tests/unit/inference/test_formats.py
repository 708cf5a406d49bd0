"""Files that people send: odd but good ones are read, and none takes more memory than its header says."""

import struct
import sys
import threading
import time
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.common.problems import ServiceError, TooLargeError
from services.inference.decode import DecodeRoom, decode, look
from services.inference.errors import UnreadableImageError, UnsupportedImageError
from services.inference.formats import pillow
from tests.helpers import pictures
from tests.helpers.process import forget_peak, memory_mb

MAX_PIXELS = 50_000_000
GREY = np.asarray(pictures.astronaut("L")).astype(int)
JPEG = pictures.ASTRONAUT.read_bytes()


def difference(data: bytes) -> float:
    """Mean absolute difference to the astronaut in grey levels."""
    photo = decode(data, MAX_PIXELS)
    assert (photo.width, photo.height) == (512, 512)
    return float(np.abs(photo.grey.astype(int) - GREY).mean())


def frames(kind: str, **options: Any) -> bytes:
    others = [Image.new("RGB", (512, 512), shade) for shade in ("black", "white")]
    return pictures.encode(pictures.astronaut(), kind, save_all=True, append_images=others, **options)


@pytest.mark.parametrize(
    "data",
    [
        pictures.with_chunks((b"iCCP", b"profile\0\0" + zlib.compress(bytes(1_500_000)))),
        pictures.with_chunks((b"zTXt", b"text\0\0" + zlib.compress(bytes(1_500_000)))),
        pictures.with_chunks((b"tEXt", b"parameters\0" + b"x" * 1_500_000)),
        pictures.encode(pictures.astronaut(), "PNG")[:-12],
        frames("PNG"),
        frames("WEBP"),
        frames("GIF"),
        pictures.encode(pictures.astronaut(), "MPO", save_all=True, append_images=[pictures.astronaut()]),
        pictures.encode(pictures.astronaut(), "AVIF", quality=90),
        pictures.encode(pictures.astronaut(), "TIFF", compression="zstd"),
        pictures.encode(pictures.astronaut(), "TIFF", compression="lzma"),
        pictures.encode(pictures.astronaut(), "TIFF", big_tiff=True),
        JPEG[:-2],
        JPEG[:-1],
        JPEG + b"trailer of a phone",
    ],
    ids=[
        "profile", "compressed text", "text", "PNG without end", "APNG", "animated WebP", "animated GIF",
        "MPO", "AVIF", "zstd", "lzma", "BigTIFF", "JPEG without end", "half an end", "JPEG and more",
    ],
)  # fmt: skip
def test_odd_but_good(data: bytes) -> None:
    """A file that viewers show is read, an animation as its first frame."""
    assert difference(data) < 8


@pytest.mark.parametrize("cut", [100, 1_000, 40_000])
@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
def test_cut_jpeg(cut: int, options: Any) -> None:
    """A JPEG that lacks pixels, not only its end marker, is damaged."""
    data = pictures.encode(pictures.astronaut(), "JPEG", quality=90, **options)
    with pytest.raises(UnreadableImageError):
        decode(data[:-cut], MAX_PIXELS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiled_tiff(orientation: int) -> None:
    """A tiled TIFF is turned as its orientation says."""
    assert difference(pictures.tiled_tiff(orientation)) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_orientation(kind: str, orientation: int) -> None:
    """The orientation turns every format that has one."""
    stored = pictures.stored_as(pictures.astronaut(), orientation)
    block = Image.Exif()
    block[0x0112] = orientation
    data = pictures.encode(stored, kind, exif=block, **({"quality": 90} if kind == "AVIF" else {}))
    assert difference(data) < 8


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4], ids=["SHORT", "LONG"])
def test_orientation_types(order: str, kind: int) -> None:
    """An orientation is read in both byte orders, as a SHORT or a LONG."""
    stored = pictures.stored_as(pictures.astronaut(), 6)
    block = b"Exif\0\0" + pictures.exif(6, order, kind)
    assert difference(pictures.encode(stored, "JPEG", exif=block)) < 8


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_erased(kind: str) -> None:
    """Transparent pixels are white, whatever colours the file keeps for them."""
    assert decode(pictures.erased(kind), MAX_PIXELS).grey.min() > 250


def test_transparent_palette() -> None:
    """A palette's transparent colour is white too."""
    picture = pictures.astronaut().quantize(16)
    darkest = int(np.asarray(picture).ravel()[0])
    for kind in ("PNG", "GIF"):
        data = pictures.encode(picture, kind, transparency=darkest)
        assert decode(data, MAX_PIXELS).grey[0, 0] == 255


def test_small_first_frame() -> None:
    """A first frame smaller than its animation's canvas lies in its place, on white."""
    small = pictures.encode(pictures.astronaut().resize((100, 60)), "WEBP", lossless=True)
    payload = small[12:]
    place = struct.pack("<I", 20)[:3] + struct.pack("<I", 10)[:3] + struct.pack("<I", 99)[:3]
    place += struct.pack("<I", 59)[:3] + bytes(4)
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0]) + b"\x2b\x01\x00\xc7\x00\x00"
    frame = b"ANMF" + struct.pack("<I", len(place) + len(payload)) + place + payload
    body = b"WEBP" + canvas + b"ANIM" + struct.pack("<I", 6) + bytes(6) + frame
    photo = decode(b"RIFF" + struct.pack("<I", len(body)) + body, MAX_PIXELS)
    assert (photo.width, photo.height) == (300, 200)
    inner = np.asarray(pictures.astronaut("L").resize((100, 60))).astype(int)
    assert np.abs(photo.grey[20:80, 40:140].astype(int) - inner).mean() < 5
    assert photo.grey[:20].min() == photo.grey[:, :40].min() == photo.grey[80:].min() == 255


@pytest.mark.parametrize("mode", ["I", "F"])
def test_deep_tiff(mode: str) -> None:
    """A TIFF with 32-bit samples is not supported, which is not called damage."""
    with pytest.raises(UnsupportedImageError, match="32-bit"):
        decode(pictures.encode(pictures.astronaut("L").convert(mode), "TIFF"), MAX_PIXELS)


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)


def test_heic_without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """HEIC without its extra is not supported, and the answer says what to do."""
    monkeypatch.setitem(sys.modules, "pi_heif", None)  # as Python sees a package that is not there
    pillow.reads_heif.cache_clear()
    with pytest.raises(UnsupportedImageError, match=r"send the photo as JPEG.*requirements/heic\.txt"):
        decode(HEIC, MAX_PIXELS)
    pillow.reads_heif.cache_clear()


def test_heic() -> None:
    """HEIC is read with its extra, and a damaged one is damaged."""
    photo = decode((pictures.ASSETS / "astronaut.heic").read_bytes(), MAX_PIXELS)
    small = np.asarray(pictures.astronaut("L").resize((256, 256))).astype(int)
    assert np.abs(photo.grey.astype(int) - small).mean() < 8
    with pytest.raises(ServiceError):
        decode(HEIC, MAX_PIXELS)


@pytest.mark.parametrize("text", [b'{"image": "..."}', b"data:image/jpeg;base64,/9j/4AAQ", b"iVBORw0KGgo="])
def test_base64(text: bytes) -> None:
    """Base64 is told to send bytes."""
    with pytest.raises(UnsupportedImageError, match="not base64"):
        decode(text, MAX_PIXELS)


def big(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """A picture of four megapixels."""
    picture = pictures.astronaut().resize((2000, 2000)).convert(mode)
    return pictures.encode(picture, kind, **options)


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {}),
        ("JPEG", "RGB", {"progressive": True, "subsampling": 0}),
        ("PNG", "RGB", {"compress_level": 1}),
        ("PNG", "RGBA", {"compress_level": 1}),
        ("PNG", "P", {"compress_level": 1}),
        ("WEBP", "RGB", {"method": 0}),
        ("WEBP", "RGBA", {"method": 0}),
        ("WEBP", "RGB", {"lossless": True, "method": 0, "quality": 0}),
        ("AVIF", "RGB", {"speed": 10}),
        ("AVIF", "RGBA", {"speed": 10, "subsampling": "4:4:4"}),
        ("GIF", "P", {}),
        ("BMP", "RGB", {}),
        ("TIFF", "RGB", {"compression": "jpeg"}),
        ("TIFF", "L", {"compression": "packbits"}),
    ],
)
def test_cost(kind: str, mode: str, options: Any) -> None:
    """Decoding takes no more memory than was estimated from the header."""
    data = big(kind, mode, **options)
    look(data).pixels()  # what is loaded once does not count
    forget_peak()
    before = memory_mb()
    picture = look(data)
    assert picture.pixels().shape == (1000, 1000)
    assert (memory_mb("self", "VmHWM") - before) * 2**20 < picture.cost + 4_000_000


def test_too_costly() -> None:
    """A picture whose decoding would take too much is refused from its header."""
    data = pictures.encode(pictures.astronaut(), "PNG")
    cost = look(data).cost
    assert decode(data, MAX_PIXELS, DecodeRoom(cost)).width == 512
    with pytest.raises(TooLargeError, match="memory"):
        decode(data, MAX_PIXELS, DecodeRoom(cost - 1))


def test_one_large_at_a_time() -> None:
    """Of large pictures one is decoded at a time; small ones do not wait."""
    room, inside, most = DecodeRoom(800), [0], [0]

    def take(cost: int) -> None:
        with room.take(cost):
            inside[0] += cost > 100
            most[0] = max(most[0], inside[0])
            time.sleep(0.02)
            inside[0] -= cost > 100

    with room.take(500):
        small = threading.Thread(target=take, args=(100,))
        small.start()
        small.join(5)
        assert not small.is_alive()
    threads = [threading.Thread(target=take, args=(500,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1


def many_comments() -> bytes:
    whole = pictures.encode(pictures.astronaut().quantize(16), "GIF")
    palette = 13 + 3 * 2 ** ((whole[10] & 7) + 1)
    return whole[:palette] + (b"\x21\xfe\x01x\0" * 9_000) + whole[palette:]


@pytest.mark.parametrize("data", [pictures.greedy_tiff(), many_comments()], ids=["TIFF", "GIF"])
def test_greedy_header(data: bytes) -> None:
    """A header that names the same megabytes again and again, or has thousands of comments, takes nothing."""
    forget_peak()
    before, started = memory_mb(), time.process_time()
    try:
        width = look(data).width
    except ServiceError:
        width = 0
    assert memory_mb("self", "VmHWM") - before < 50
    assert time.process_time() - started < 2
    assert width in {0, 512}


def test_what_pillow_reads_is_what_opencv_reads() -> None:
    """PNG reads as the same grey with alpha, through Pillow, and without, through OpenCV."""
    opaque = decode(pictures.encode(pictures.astronaut(), "PNG"), MAX_PIXELS).grey.astype(int)
    alpha = decode(pictures.encode(pictures.astronaut("RGBA"), "PNG"), MAX_PIXELS).grey.astype(int)
    assert np.abs(opaque - alpha).max() <= 1
