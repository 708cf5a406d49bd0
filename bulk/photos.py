"""Finds the photos of a run: those below a folder, or those named in a list."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.inference.folders import find_pictures

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class InputError(Exception):
    """The input or the options are wrong; the message is for the user."""


@dataclass(frozen=True)
class Photos:
    root: Path
    """Absolute; relative names start here."""
    names: list[str]
    """Each once, as in the table. Holds surrogates where a name is not UTF-8."""
    skipped: tuple[str, ...] = ()
    """Files below the folder that are no pictures."""


def find_photos(source: Path) -> Photos:
    """InputError if `source` is neither a folder with pictures nor a list of paths."""
    try:
        photos = _below(source) if source.is_dir() else _listed(source)
    except OSError as error:
        raise InputError(f"cannot read {error.filename or source}: {error.strerror}") from error
    if not photos.names:
        raise InputError(f"{source} {'holds no pictures' if source.is_dir() else 'names no photos'}")
    return photos


def _below(folder: Path) -> Photos:
    root = folder.resolve()
    found = find_pictures(root)
    return Photos(root, found.pictures, tuple(found.skipped))


def _listed(path: Path) -> Photos:
    """A path per line; relative ones start at the working folder, as `find` prints them."""
    content = path.read_bytes().removeprefix(BYTE_ORDER_MARK)
    if b"\0" in content:
        raise InputError(f"{path} is neither a folder nor a text file with a path per line")
    lines = (os.fsdecode(line.rstrip(b"\r")) for line in content.split(b"\n"))
    return Photos(Path.cwd(), list(dict.fromkeys(line for line in lines if line.strip())))
