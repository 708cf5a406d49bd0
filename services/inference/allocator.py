"""How the C library's allocator keeps what was freed. With glibc only; elsewhere nothing is done."""

import ctypes
import sys
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
"""Names and numbers as in malloc.h."""
LARGE: Final = 1 << 20
"""Bytes; most of what stays from one photo to the next is smaller."""


def give_back_large_blocks() -> None:
    """From now on a freed block of `LARGE` bytes or more goes back to the system at once.

    Left to itself, glibc learns from the first large picture to keep up to twice its size, of each thread
    that read one, for as long as the process lives.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # musl has none
        mallopt(M_MMAP_THRESHOLD, LARGE)
        # glibc's own ratio: with less, each photo would give back what the next one asks for anew.
        mallopt(M_TRIM_THRESHOLD, 2 * LARGE)
