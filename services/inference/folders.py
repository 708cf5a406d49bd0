"""Finds the pictures below a folder by what is in them, as single files are read."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.inference.decode import is_picture

PICTURES: Final = {
    ".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff",
    ".webp",
}  # fmt: skip
"""How files of the formats end that are read, whatever is in them; others are looked into."""
HEAD: Final = 64
"""Bytes that tell a picture."""
NAMED: Final = 5


@dataclass(frozen=True)
class Found:
    pictures: list[str]
    """Below the folder, sorted. Holds surrogates where a name is not UTF-8."""
    skipped: list[str]
    """The other files."""


def find_pictures(folder: Path) -> Found:
    """OSError for a folder that cannot be read: else it would be missing without notice."""
    pictures: list[str] = []
    skipped: list[str] = []

    def stop(error: OSError) -> None:
        raise error

    for place, _, files in os.walk(folder, onerror=stop):
        for name in files:
            path = Path(place) / name
            (pictures if _is_picture(path) else skipped).append(str(path.relative_to(folder)))
    return Found(sorted(pictures), sorted(skipped))


def _is_picture(path: Path) -> bool:
    """A file that cannot be read counts as one, so that it is reported; a pipe or a device does not."""
    if path.suffix.lower() in PICTURES:
        return True
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return is_picture(file.read(HEAD))
    except OSError:
        return True


def about_skipped(skipped: Sequence[str]) -> str:
    """A line that counts the files that are no pictures, and names the first."""
    names = ", ".join(map(printable, skipped[:NAMED]))
    more = f" and {len(skipped) - NAMED:,} more" if len(skipped) > NAMED else ""
    return f"skipped {len(skipped):,} files that are no pictures: {names}{more}"


def printable(name: str) -> str:
    r"""`name` as UTF-8; bytes that are not become `\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
