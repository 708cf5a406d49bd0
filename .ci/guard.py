"""Finds what must never be committed: face data, registry hosts, machine paths, large files.

    python .ci/guard.py [CHECKOUT]

Checks every tracked file, and the size of every file in the history. Needs only Python and git. Prints each
finding and ends with status 1 if there is one.
"""

# ruff: noqa: INP001, T201 - a script that prints, and git is whichever the PATH has

import gzip
import io
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

MAX_BYTES: Final = 12 * 1024 * 1024
FACE_PIXELS: Final = 48 * 48

# Written so that no pattern matches this file.
TEXT_RULES: Final = {
    "a registry's host": re.compile(
        rb"py(?:pi|thonhosted)[.]org|registry[.][\w.]+[.](?:org|com|io)|npm(?:js|mirror)[.](?:org|com)"
        rb"|(?:deb|ftp|security|snapshot)[\w.]*[.]debian[.]org|registry-1[.]docker[.]io"
    ),
    "a machine's path": re.compile(
        rb"(?<![\w.$}/-])/(?:root|work|var/tmp|Users/\w+|home/\w+)(?:/|\b(?![\w.-]))"
    ),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE [K]EY-----"),
}
INDEX_OPTION: Final = re.compile(
    rb"(?m)^\s*(?:-[if]|--(?:index-url|extra-index-url|find-links|trusted-host))[ =].*"
)
FACE_ROW: Final = re.compile(rb"(?:\b\d{1,3}[ ,]+){%d}\d{1,3}\b" % (FACE_PIXELS - 1))
FACE_NAMES: Final = re.compile(
    r"(?i)fer2013.*[.](csv|gz|zip|npz|parquet)|fer2013new|.*[.](npz|npy|tfrecords?|h5|hdf5)"
)
OWN_DRAWINGS: Final = PurePosixPath("services/recommender/web/icons")
IMAGE_STARTS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, input=stdin).stdout  # noqa: S603 - ours


def unpacked(data: bytes) -> bytes:
    """The start of a gz file's content; `data` itself if it is none."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    with gzip.open(io.BytesIO(data)) as stream:
        try:
            return stream.read(1 << 20)
        except (OSError, EOFError, zlib.error):
            return data


def is_image(data: bytes) -> bool:
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return webp or (data.startswith(IMAGE_STARTS) and b"\0" in data[:4096])


def has_licence_note(root: Path, path: PurePosixPath) -> bool:
    """Whether a licence note beside the file or above it names it, or the picture it was cropped from."""
    if path.parent == OWN_DRAWINGS:
        return True
    name = path.name.replace("-thumb", "")
    notes = (note for folder in path.parents for note in (root / folder).glob("LICENSE*.md"))
    return any(name in note.read_text(encoding="utf-8") for note in notes)


def face_findings(root: Path, path: PurePosixPath, data: bytes) -> Iterator[str]:
    if FACE_NAMES.fullmatch(path.name):
        yield "a name that face datasets and arrays have"
    if data.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(data)):
        yield "an archive, which this check cannot see into: commit its files"
    if FACE_ROW.search(unpacked(data)[: 1 << 20]):
        yield "a row of 48 x 48 pixels, as face datasets have"
    if is_image(data) and not has_licence_note(root, path):
        yield "an image that no LICENSES.md beside or above it names"


def text_findings(path: PurePosixPath, data: bytes) -> Iterator[str]:
    rules = dict(TEXT_RULES)
    if "requirements" in str(path) and path.suffix == ".txt":
        rules["an index option"] = INDEX_OPTION
    for what, pattern in rules.items():
        for match in pattern.finditer(data):
            line = data.count(b"\n", 0, match.start()) + 1
            yield f"line {line}: {what}: {match.group().decode(errors='replace').strip()}"


def findings(root: Path, name: str) -> Iterator[str]:
    path, data = PurePosixPath(name), (root / name).read_bytes()
    if len(data) > MAX_BYTES:
        yield f"{len(data) / 1e6:.1f} MB, and {MAX_BYTES / 1e6:.1f} is the limit"
    yield from face_findings(root, path, data)
    if b"\0" not in data[:4096]:
        yield from text_findings(path, data)


def large_in_history(root: Path) -> Iterator[str]:
    objects = git(root, "rev-list", "--objects", "HEAD")
    wanted = "--batch-check=%(objecttype) %(objectsize) %(rest)"
    for line in git(root, "cat-file", wanted, stdin=objects).decode(errors="replace").splitlines():
        kind, size, name = line.split(" ", 2)
        if kind == "blob" and int(size) > MAX_BYTES:
            yield f"{name}: {int(size) / 1e6:.1f} MB, in the history"


def check(root: Path) -> list[str]:
    names = git(root, "ls-files", "-z").decode().split("\0")[:-1]
    tracked = [name for name in names if (root / name).is_file()]
    found = [f"{name}: {finding}" for name in tracked for finding in findings(root, name)]
    return found + list(large_in_history(root))


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    found = check(root)
    for finding in found:
        print(finding)
    print(f"guard: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
