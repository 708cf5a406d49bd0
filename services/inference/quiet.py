"""Keeps the lines of C libraries out of the log."""

import ctypes
import platform
from functools import cache

import cv2


@cache
def silence_libraries() -> None:
    """Silences OpenCV, and with glibc all that C libraries print on `stderr`; once per process.

    libjpeg and libpng print a line for each damage, between the log's JSON lines, and may quote the file; the
    answer says already that the file is damaged. LiteRT prints one for its first network. Python and crash
    reports write to descriptor 2 directly and stay visible.
    """
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    if platform.libc_ver()[0] != "glibc":
        return  # elsewhere the variable may be constant
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    nowhere = libc.fopen(b"/dev/null", b"w")
    if nowhere:
        ctypes.c_void_p.in_dll(libc, "stderr").value = nowhere
