"""How the C library's allocator keeps what was freed. With glibc only; elsewhere nothing is done."""

import ctypes
import sys
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
"""Names and numbers as in malloc.h."""
LARGE: Final = 1 << 20
"""Bytes; more than anything but an upload takes."""
ARENAS: Final = 2
"""Python runs one thread at a time, so that more arenas spare the threads no waiting."""


def keep_little() -> None:
    """From now on what is freed serves all threads, or goes back to the system at once where it is large.

    Left to itself, glibc gives each thread of the pool an arena, of which each keeps the most that a request
    ever took of it. Must be called before the pool has threads.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # musl has none
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, LARGE)
        # glibc's own ratio: with less, each request would give back what the next one asks for anew.
        mallopt(M_TRIM_THRESHOLD, 2 * LARGE)
