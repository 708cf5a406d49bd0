"""The orientation that EXIF gives, and the turn that it asks for."""

from typing import Final, Literal

import cv2
import numpy as np

from services.inference.formats.picture import Grey

ORIENTATION: Final = 0x0112
ORDERS: Final[dict[bytes, Literal["little", "big"]]] = {b"II": "little", b"MM": "big"}
WIDTHS: Final = {1: 1, 3: 2, 4: 4}
"""Bytes of a BYTE, a SHORT and a LONG; writers disagree about which it is."""
TURNS: Final = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}


def orientation_of(exif: bytes) -> int:
    """1 to 8; 1 where there is none. Reads nothing else: a hostile block may describe gigabytes."""
    order = ORDERS.get(exif[:2])
    if order is None:
        return 1
    start = int.from_bytes(exif[4:8], order)
    count = int.from_bytes(exif[start : start + 2], order)
    for at in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        if int.from_bytes(exif[at : at + 2], order) == ORIENTATION:
            width = WIDTHS.get(int.from_bytes(exif[at + 2 : at + 4], order), 0)
            return valid(int.from_bytes(exif[at + 8 : at + 8 + width], order))
    return 1


def valid(orientation: int) -> int:
    return orientation if orientation in range(1, 9) else 1


def upright(grey: Grey, orientation: int) -> Grey:
    """Turns and flips a picture as its orientation asks."""
    if orientation in {5, 7}:
        grey = cv2.transpose(grey).astype(np.uint8, copy=False)
    flips = {2: 1, 4: 0, 7: -1}
    if orientation in flips:
        grey = cv2.flip(grey, flips[orientation]).astype(np.uint8, copy=False)
    if orientation in TURNS:
        grey = cv2.rotate(grey, TURNS[orientation]).astype(np.uint8, copy=False)
    return grey
