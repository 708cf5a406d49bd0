"""Copies the SQLite database to a file and back, while the service runs. PostgreSQL has its own tools."""

import glob
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Engine, make_url

from services.common.starting import StartError
from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.models import Base
from services.recommender.store.place import LEFTOVERS, protect
from services.recommender.store.schema import (
    DamagedDatabaseError,
    SchemaTooNewError,
    check_sound,
    is_current,
    migrate,
)

REPLACED: Final = ".before-"
"""Follows the database's name in those of the files that a restore replaced."""


class BackupError(Exception):
    """Why nothing was copied; the message says what to do."""


def backup(url: str, target: Path) -> list[str]:
    """Copy the database as it is at this moment to a new file, and check it; writers are not blocked."""
    source = _sqlite_file(url, "pg_dump --format=custom --file={file} {url}", target)
    if not source.exists():
        raise BackupError(f"There is no database {source}.")
    if target.exists():
        raise BackupError(f"{target} exists already: name a new file.")
    try:
        with _temporary_beside(target) as partial:
            _copy(source, partial)
            size = partial.stat().st_size
            partial.replace(target)
            _sync(target.parent)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from error
    return [f"{target}: {size:,} bytes, checked; it holds users' feedback, so protect it like the database"]


def restore(url: str, source: Path, timeout_s: float, *, shared: bool = False) -> list[str]:
    """Replace the database by what `source` holds, all at once; keeps the old one beside it.

    Raises BackupError, SchemaTooNewError or DamagedDatabaseError, before anything is changed, where `source`
    is unfit. A running service goes on with the restored rows; its writes wait until then.
    """
    command = "pg_restore --clean --if-exists --single-transaction --no-owner --dbname={url} {file}"
    live = _sqlite_file(url, command, source)
    if not source.exists():
        raise BackupError(f"There is no file {source}.")
    live.parent.mkdir(parents=True, exist_ok=True)
    with _temporary_beside(live) as ready:
        _copy(source, ready)
        _check_and_migrate(ready, source)
        if not live.exists():
            ready.replace(live)
            protect(live, shared=shared)
            _sync(live.parent)
            return [f"{live} now holds what {source} held"]
        aside = live.with_name(f"{live.name}{REPLACED}{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
        if _is_usable(live):
            try:
                _replace_rows(live, ready, aside, timeout_s)
            except sqlite3.DatabaseError as error:
                aside.unlink(missing_ok=True)
                raise BackupError(f"{live} is as it was: {error}.") from error
        else:
            _replace_file(live, ready, aside)
            protect(live, shared=shared)
    return [f"{live} now holds what {source} held", f"what it held before is in {aside}"]


def remove_replaced(url: str) -> list[str]:
    """Delete what `restore` kept beside the database; it may hold users who were erased since."""
    live = _sqlite_file(url, "(nothing is kept beside PostgreSQL)", Path())
    kept = sorted(live.parent.glob(f"{glob.escape(live.name)}{REPLACED}*"))
    for path in kept:
        path.unlink()
    return [f"{path}: removed" for path in kept] or ["nothing was kept"]


def _sqlite_file(url: str, command: str, file: Path) -> Path:
    """The path in a SQLite URL; for PostgreSQL a BackupError with `command` filled in."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        plain = URL.create("postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database)
        command = command.format(file=file, url=plain.render_as_string())
        raise BackupError(f"PostgreSQL has tools of its own for this; run: {command}")
    return Path((parsed.database or "").removeprefix("file:"))


@contextmanager
def _temporary_beside(path: Path) -> Iterator[Path]:
    """An empty private file in the folder of `path`; deleted afterwards unless moved."""
    if not path.parent.is_dir():
        raise StartError(f"{path.parent} is no folder: make it first")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for end in ("", *LEFTOVERS):
            Path(name + end).unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy and check all pages in one step: with smaller steps every write would restart the copy."""
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
            found = [row[0] for row in new.execute("PRAGMA integrity_check(1)")]
            found += [f"row {row[1]} of {row[0]}" for row in new.execute("PRAGMA foreign_key_check")][:1]
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{source} cannot be copied: {error}.") from error
    if found != ["ok"]:
        raise BackupError(f"{source} is damaged ({' '.join(found[-1].split())}): nothing was copied.")
    _sync(target)


def _sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _engine(path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()


def _check_and_migrate(path: Path, source: Path) -> None:
    """Migrate the copy of a backup; BackupError if `source` is not a backup of this service."""
    with closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not {"alembic_version", "items"} <= tables:
        raise BackupError(f"{source} is not a backup of this service.")
    with _engine(path) as engine, engine.execution_options(**WRITING).begin() as connection:
        migrate(connection)


def _is_usable(live: Path) -> bool:
    """Whether the database is sound and could be migrated to this version's schema."""
    with _engine(live) as engine:
        try:
            check_sound(engine)
            with engine.execution_options(**WRITING).begin() as connection:
                migrate(connection)
                return is_current(connection)
        except (DamagedDatabaseError, SchemaTooNewError):
            return False


def _replace_rows(live: Path, ready: Path, aside: Path, timeout_s: float) -> None:
    """Replace all rows in one transaction, so that open connections see the old or the new ones."""
    with closing(sqlite3.connect(live, timeout=timeout_s, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("ATTACH ? AS restored", (str(ready),))
        connection.execute("BEGIN IMMEDIATE")  # nothing is written from here on, so `aside` is complete
        with _temporary_beside(aside) as partial:
            _copy(live, partial)
            partial.replace(aside)
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(f'DELETE FROM main."{table.name}"')  # noqa: S608 # our own tables' names
        for table in Base.metadata.sorted_tables:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            connection.execute(
                f'INSERT INTO main."{table.name}" ({columns}) SELECT {columns} FROM restored."{table.name}"'  # noqa: S608 # as above
            )
        connection.execute("COMMIT")


def _replace_file(live: Path, ready: Path, aside: Path) -> None:
    """Replace a database that no service can have open, as none starts on it."""
    for end in LEFTOVERS:
        leftover = Path(f"{live}{end}")
        if leftover.exists():
            leftover.rename(f"{aside}{end}")
    os.link(live, aside)
    ready.replace(live)
    _sync(live.parent)
