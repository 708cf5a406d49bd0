"""File systems of a chosen size."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.stages import cannot_run


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A folder with a file system of that size, open to PostgreSQL's user too."""
    folder = Path(tempfile.mkdtemp(prefix="recommender-disk-"))
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs"]
    done = subprocess.run(["mount", *options, folder], capture_output=True, text=True, check=False)
    if done.returncode:
        folder.rmdir()
        cannot_run(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()
