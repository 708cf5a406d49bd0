"""The database copied to a file and back, while the service runs. SQLite only: PostgreSQL has its own."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Engine, make_url

from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.models import Base
from services.recommender.store.schema import (
    DamagedDatabaseError,
    SchemaTooNewError,
    alembic_config,
    check_sound,
    is_current,
    migrate,
)

LEFTOVERS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; it belongs to that file alone."""


class BackupError(Exception):
    """Why nothing was copied; the message says what to do."""


def backup(url: str, target: Path) -> list[str]:
    """Copy the database as it is at this moment to a new file, checked; writers go on meanwhile."""
    source = sqlite_file(url, "pg_dump --format=custom --file={file} {url}", target)
    if not source.exists():
        raise BackupError(f"There is no database {source}.")
    if target.exists():
        raise BackupError(f"{target} exists already: name a new file.")
    with beside(target) as partial:
        copy(source, partial)
        size = partial.stat().st_size
        partial.replace(target)
        keep(target.parent)
    return [
        f"{target}: {size:,} bytes, checked; it holds what users said, so keep it as you keep the database"
    ]


def restore(url: str, source: Path, timeout_s: float) -> list[str]:
    """Make the database what `source` holds, at once or not at all; what it was is kept beside it.

    BackupError, SchemaTooNewError or DamagedDatabaseError before anything is touched where `source` does
    not do. A running service goes on with what was restored; its writes wait until that is done.
    """
    command = "pg_restore --clean --if-exists --single-transaction --no-owner --dbname={url} {file}"
    live = sqlite_file(url, command, source)
    if not source.exists():
        raise BackupError(f"There is no file {source}.")
    live.parent.mkdir(parents=True, exist_ok=True)
    with beside(live) as ready:
        copy(source, ready)
        bring_up_to_date(ready, source)
        if not live.exists():
            ready.replace(live)
            keep(live.parent)
            return [f"{live} now holds what {source} held"]
        aside = live.with_name(f"{live.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
        if takes_rows(live):
            replace_rows(live, ready, aside, timeout_s)
        else:
            replace_file(live, ready, aside)
    return [f"{live} now holds what {source} held", f"what it held before is in {aside}"]


def sqlite_file(url: str, command: str, file: Path) -> Path:
    """The path in a SQLite URL; BackupError with `command` filled in for PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        plain = URL.create("postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database)
        told = command.format(file=file, url=plain.render_as_string())
        raise BackupError(f"PostgreSQL has tools of its own for this; run: {told}")
    return Path((parsed.database or "").removeprefix("file:"))


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A new empty file in the folder of `path`, for nobody else to read; gone afterwards unless moved."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent or Path())
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for end in ("", *LEFTOVERS):
            Path(name + end).unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """Every page of one moment, in one step: a smaller step starts anew whenever somebody writes."""
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
            found = [row[0] for row in new.execute("PRAGMA integrity_check(1)")]
            found += [f"row {row[1]} of {row[0]}" for row in new.execute("PRAGMA foreign_key_check")][:1]
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{source} cannot be copied: {error}.") from error
    if found != ["ok"]:
        told = " ".join(found[-1].split())
        raise BackupError(f"{source} is damaged ({told}): nothing was copied.")
    keep(target)


def keep(path: Path) -> None:
    """Have a file, or a folder's names, on the disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def engine_of(path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()


def bring_up_to_date(path: Path, source: Path) -> None:
    """Migrate the copy of a backup; BackupError if `source` was none of this service."""
    with engine_of(path) as engine:
        with closing(sqlite3.connect(path)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if not {"alembic_version", "items"} <= tables:
            raise BackupError(f"{source} is not a backup of this service.")
        with engine.execution_options(**WRITING).begin() as connection:
            migrate(connection, alembic_config())


def takes_rows(live: Path) -> bool:
    """Whether the database is whole and can be brought to this version's schema; it then is."""
    with engine_of(live) as engine:
        try:
            check_sound(engine)
            with engine.execution_options(**WRITING).begin() as connection:
                migrate(connection, alembic_config())
                return is_current(connection, alembic_config())
        except (DamagedDatabaseError, SchemaTooNewError):
            return False


def replace_rows(live: Path, ready: Path, aside: Path, timeout_s: float) -> None:
    """All rows in one transaction, so that whoever has the database open sees the old or the new."""
    with closing(sqlite3.connect(live, timeout=timeout_s, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("ATTACH ? AS restored", (str(ready),))
        connection.execute("BEGIN IMMEDIATE")  # from here to the end nobody writes, so `aside` misses nothing
        with beside(aside) as partial:
            copy(live, partial)
            partial.replace(aside)
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(f'DELETE FROM main."{table.name}"')  # noqa: S608 # our own tables' names
        for table in Base.metadata.sorted_tables:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            connection.execute(
                f'INSERT INTO main."{table.name}" ({columns}) SELECT {columns} FROM restored."{table.name}"'  # noqa: S608 # as above
            )
        connection.execute("COMMIT")


def replace_file(live: Path, ready: Path, aside: Path) -> None:
    """For a database that no service can have open, as none starts on it."""
    for end in LEFTOVERS:
        beside_it = Path(f"{live}{end}")
        if beside_it.exists():
            beside_it.rename(f"{aside}{end}")
    os.link(live, aside)
    ready.replace(live)
    keep(live.parent)
