"""Reads faces in photos and the expression of each."""

import os
from typing import Final

HARD_LIMIT: Final = 100_000_000
"""Pixels at which OpenCV itself refuses, whatever the settings say."""
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(HARD_LIMIT))  # OpenCV reads it once, when imported
