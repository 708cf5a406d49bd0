"""What is known of a picture before it is decoded, and the errors that all formats share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.inference.errors import UnreadableImageError

Grey = NDArray[np.uint8]
"""(h, w), 0–255."""
ENOUGH: Final = 960
"""A picture is decoded at 1/2, 1/4 or 1/8 of its size as long as its long side stays at least this."""


@dataclass(frozen=True)
class Picture:
    kind: str
    width: int
    """As stored, in pixels; an EXIF orientation may turn it."""
    height: int
    cost: int
    """The most bytes of memory that `pixels` takes, beyond the file."""
    pixels: Callable[[], Grey]
    """Decodes it, not turned yet, and smaller by `factor`. Any error means that it is damaged."""
    orientation: int = 1
    """EXIF's: 1 upright, 2 to 8 flipped or turned."""


def factor(width: int, height: int) -> int:
    """By how much a picture of this size is reduced: 1, 2, 4 or 8."""
    return next((f for f in (8, 4, 2) if max(width, height) // f >= ENOUGH), 1)


def reduced(grey: Grey, by: int) -> Grey:
    """Averages blocks of `by` × `by` pixels."""
    if by == 1:
        return grey
    height, width = grey.shape
    smaller = cv2.resize(grey, (-(-width // by), -(-height // by)), interpolation=cv2.INTER_AREA)
    return smaller.astype(np.uint8, copy=False)


def over_white(grey: Grey, alpha: Grey) -> Grey:
    """Composites as a viewer shows it, so that erased pixels are not seen."""
    mixed = grey.astype(np.uint16) * alpha + 255 * (255 - alpha.astype(np.uint16))
    return ((mixed + 127) // 255).astype(np.uint8)


def on_white(grey: Grey, left: int, top: int, width: int, height: int) -> Grey:
    """Lays a frame in its place on a white canvas of `width` × `height`, which holds it whole."""
    if grey.shape == (height, width):
        return grey
    canvas = np.full((height, width), 255, np.uint8)
    canvas[top : top + grey.shape[0], left : left + grey.shape[1]] = grey
    return canvas


def opencv(data: bytes, flags: int) -> NDArray[np.uint8]:
    """Decodes without turning; a ValueError where OpenCV gives nothing."""
    array = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if array is None or array.size == 0:
        raise ValueError("OpenCV reads no picture")
    return array.astype(np.uint8, copy=False)


def damaged(kind: str) -> UnreadableImageError:
    return UnreadableImageError(f"the {kind} image cannot be decoded: it is damaged or cut off")
