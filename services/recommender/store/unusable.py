"""Says in one sentence why a database cannot be used, and what to do."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from services.common.starting import StartError
from services.recommender.store.db import sqlite_file
from services.recommender.store.place import LEFTOVERS

SETTING: Final = "RECOMMENDER_DATABASE_URL"
PRIMARY_CODE: Final = 0xFF
"""SQLite's extended codes have the primary one in their lowest byte."""
LONGEST: Final = 300
PATH_CODES: Final = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}


class UnusableDatabaseError(StartError):
    """The database that the setting names cannot be used; the message names the cure."""


@contextmanager
def explaining(url: str) -> Iterator[None]:
    """Turn the failures of a database that cannot be reached or written into UnusableDatabaseError."""
    try:
        yield
    except DBAPIError as error:
        reason = _why(url, error)
        if reason is None:
            raise
        raise UnusableDatabaseError(f"{SETTING}: {reason}") from error
    except OSError as error:
        file = sqlite_file(url)
        if file is None:
            raise
        made = f"{error.filename or file} cannot be made: {error.strerror}; name a file in another folder"
        raise UnusableDatabaseError(f"{SETTING}: {_path_problem(file) or made}") from error


def _why(url: str, error: DBAPIError) -> str | None:
    """None for a failure that has nothing to do with where and what the database is."""
    if make_url(url).get_backend_name() == "postgresql":
        # Only the opening of a connection fails without a statement.
        return _postgresql_problem(url, error) if error.statement is None else None
    code = getattr(error.orig, "sqlite_errorcode", 0) & PRIMARY_CODE
    file = sqlite_file(url)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return "another program has been writing to the database for too long: try again when it has ended"
    if code == sqlite3.SQLITE_FULL:
        return "the disk that holds the database is full"
    if code in PATH_CODES and file is not None:
        return _path_problem(file) or f"{file} cannot be opened: {error.orig}"
    return None


def _postgresql_problem(url: str, error: DBAPIError) -> str:
    """The server's or the network's reason in one line; it never holds the password."""
    parsed = make_url(url)
    reason = " ".join(str(error.orig).split())[:LONGEST]
    return (
        f"PostgreSQL at {parsed.host or 'its socket'} gave no connection to the database {parsed.database}: "
        f"{reason}; check host, port, name, user and password, and that it runs"
    )


def _path_problem(file: Path) -> str | None:
    """What keeps this user from making or writing the file; None if nothing is seen."""
    folder = file.parent
    while not _exists(folder):
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is a file, and should be the folder of the database"
    if _exists(file) and not file.is_file():
        return f"{file} is no file: name one, as sqlite:////data/recommender.db"
    for path in (folder, file, *(Path(f"{file}{end}") for end in LEFTOVERS)):
        if _exists(path) and not _may_write(path):
            return _no_rights(path, folder)
    return None


def _may_write(path: Path) -> bool:
    wanted = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
    return os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids)


def _no_rights(path: Path, folder: Path) -> str:
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return f"{path} is on a file system that is read-only"
    owner, me = path.stat(), f"{os.geteuid()}:{os.getegid()}"
    return (
        f"{path} belongs to {owner.st_uid}:{owner.st_gid}, and this runs as {me}, which may not write it: "
        f"run `chown -R {me} {folder}` as root, on the host for a folder that is mounted from there"
    )


def _exists(path: Path) -> bool:
    """Whether the path is there; False where that cannot be found out, as in a folder of others."""
    try:
        return path.exists()
    except OSError:
        return False
