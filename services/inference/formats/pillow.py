"""What Pillow reads: any picture as grey, band by band, so that little more than the picture is in memory."""

import importlib
import io
from functools import cache, partial
from importlib.util import find_spec
from typing import Final

import numpy as np
from PIL import AvifImagePlugin, Image, UnidentifiedImageError

from services.common.problems import TooLargeError
from services.inference.errors import UnreadableImageError, UnsupportedImageError
from services.inference.formats.exif import orientation_of
from services.inference.formats.picture import Grey, Picture, factor, over_white, reduced

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a photo per thread
BAND: Final = 1 << 18
"""Pixels that are turned to grey at once."""
BANDS: Final = 16_000_000
"""Bytes that this takes, with the reduced picture."""
PER_PIXEL: Final = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}
"""Bytes of a pixel in Pillow's memory by mode; the others take four."""
AVIF: Final = b"avif"
HEIF: Final = b"heif"
BRANDS: Final = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIF),
}
DECODER_COST: Final = {"AVIF": 14, "HEIF": 10}
"""Bytes that a video decoder and Pillow take for a pixel; measured."""
NO_HEIC: Final = (
    "HEIC is not read here: send the photo as JPEG (iPhone: Settings, Camera, Formats, Most Compatible), "
    "or install requirements/heic.txt where this service runs"
)


def brand_of(data: bytes) -> bytes | None:
    """AVIF, HEIF, or None for a file of another kind."""
    if data[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(data[:4]), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, size, 4))]
    known = [BRANDS[brand] for brand in brands if brand in BRANDS]
    return AVIF if AVIF in known else next(iter(known), None)


def look_at_video_still(data: bytes, brand: bytes) -> Picture:
    """AVIF or HEIC; UnsupportedImageError for HEIC without its extra."""
    if brand == HEIF and not reads_heif():
        raise UnsupportedImageError(NO_HEIC)
    kind = "AVIF" if brand == AVIF else "HEIF"
    with opened(data, kind) as image:
        width, height = image.size
        orientation = orientation_of((image.info.get("exif") or b"").removeprefix(b"Exif\0\0"))
    cost = width * height * DECODER_COST[kind] + BANDS
    return Picture(kind, width, height, cost, partial(pixels, data, kind, factor(width, height)), orientation)


@cache
def reads_heif() -> bool:
    """Whether the extra `heic` is installed; makes Pillow know it."""
    if find_spec("pi_heif") is None:
        return False
    pi_heif = importlib.import_module("pi_heif")
    pi_heif.options.DECODE_THREADS = 1
    pi_heif.register_heif_opener(thumbnails=False)
    return True


def opened(data: bytes, kind: str) -> Image.Image:
    """Reads the header. TooLargeError, UnsupportedImageError, or UnreadableImageError."""
    try:
        return Image.open(io.BytesIO(data), formats=(kind,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLargeError("the image has far too many pixels") from error
    except UnidentifiedImageError as error:
        raise UnsupportedImageError(f"{kind} of this sort is not read, or its header is damaged") from error
    except Exception as error:  # a damaged header can raise anything: struct.error, SyntaxError, ValueError …
        raise UnreadableImageError(f"the {kind} image's header is damaged") from error


def bytes_per_pixel(mode: str) -> int:
    return PER_PIXEL.get(mode, 4)


def pixels(data: bytes, kind: str, by: int) -> Grey:
    """The first frame in grey over white, reduced by `by`."""
    with opened(data, kind) as image:
        image.load()
        width, height = image.size
        rows = max(by, BAND // width // by * by)
        bands = (image.crop((0, top, width, min(top + rows, height))) for top in range(0, height, rows))
        return np.vstack([reduced(_grey(band), by) for band in bands])


def _grey(band: Image.Image) -> Grey:
    if band.mode.startswith("I;16"):
        deep = np.asarray(band)
        grey = (deep >> 8).astype(np.uint8)
        grey[deep == band.info.get("transparency")] = 255
        return grey
    if band.mode == "LAB":
        return np.asarray(band.getchannel("L"))
    if not band.has_transparency_data:
        return np.asarray(band.convert("L"))
    whole = band.convert("RGBA")
    return over_white(np.asarray(whole.convert("L")), np.asarray(whole.getchannel("A")))
