"""Lets one import run at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import text

from services.recommender.store.db import make_engine, sqlite_file

IMPORT_LOCK_KEY: Final = 7_226_012
"""PostgreSQL's advisory lock for imports; schema.py has the one for starts."""


class ImportRunningError(Exception):
    """Another import writes to this database."""

    def __init__(self) -> None:
        super().__init__("Another import is running: start this one again when that has ended.")


@contextmanager
def only_import(url: str) -> Iterator[None]:
    """Raise ImportRunningError while another process is in here. Ends with the process, however it ends.

    Enter with no connection open: closing the lock's handle would release SQLite's locks of this process.
    """
    file = sqlite_file(url)
    if file is not None:
        with _locked_file(file):
            yield
        return
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            free = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": IMPORT_LOCK_KEY})
            connection.commit()
            if not free:
                raise ImportRunningError
            yield
    finally:
        engine.dispose()


@contextmanager
def _locked_file(file: Path) -> Iterator[None]:
    if sys.platform == "win32":  # has no flock; SQLite's own lock still keeps each batch whole
        yield
        return
    import fcntl  # noqa: PLC0415 # not on Windows

    with file.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImportRunningError from None
        yield
