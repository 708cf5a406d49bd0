"""Which photos a run is about: those below a folder, or those that a list names."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.inference.decode import PICTURES

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class InputError(Exception):
    """The input, or what a command was told to do with it, is wrong; one sentence for the user."""


@dataclass(frozen=True)
class Photos:
    root: Path
    """Absolute; a name that is not absolute itself counts from here."""
    names: list[str]
    """Each once; as the table will call them. May hold surrogates where a name is not UTF-8."""


def find_photos(source: Path) -> Photos:
    """InputError where `source` is neither a folder with pictures nor a list with paths."""
    try:
        photos = _below(source) if source.is_dir() else _listed(source)
    except OSError as error:
        raise InputError(f"cannot read {error.filename or source}: {error.strerror}") from error
    if not photos.names:
        raise InputError(f"{source} {'holds no pictures' if source.is_dir() else 'names no photos'}")
    return photos


def _below(folder: Path) -> Photos:
    root, names = folder.resolve(), []

    def stop(error: OSError) -> None:
        raise error  # a folder that cannot be looked into would be missing in the table without a word

    for place, _, files in os.walk(root, onerror=stop):
        below = Path(place).relative_to(root)
        names += [str(below / name) for name in files if Path(name).suffix.lower() in PICTURES]
    return Photos(root, sorted(names))


def _listed(path: Path) -> Photos:
    """A path per line; those that are not absolute count from the working folder, as `find` prints them."""
    content = path.read_bytes().removeprefix(BYTE_ORDER_MARK)
    if b"\0" in content:
        raise InputError(f"{path} is neither a folder nor a text file with a path per line")
    lines = (os.fsdecode(line.rstrip(b"\r")) for line in content.split(b"\n"))
    return Photos(Path.cwd(), list(dict.fromkeys(line for line in lines if line.strip())))
