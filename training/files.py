"""Files that are written whole or not at all, and the commit that they are of."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replaced_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path` to write to; it replaces `path` at the end, or is removed after an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with replaced_whole(path) as file:
        file.write(f"{text}\n".encode())


def write_json(path: Path, value: object) -> None:
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False))


def git_commit() -> str:
    """The git commit of the code that runs, or "unknown" outside a checkout."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603  # fixed words
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
