"""Engine and sessions. `get_session` and `get_write_session` are the only places that commit."""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

logger = logging.getLogger("services.recommender")

WRITING = {"sqlite_begin": "BEGIN IMMEDIATE"}
"""Execution options of a transaction that will write. SQLite then takes its lock at the start, waiting for
it as long as the busy timeout says; a reader that turns writer half-way would fail at once instead."""


def make_engine(url: str, timeout_s: float = 5.0, pool_size: int = 10) -> Engine:
    """An engine for SQLite (WAL, foreign keys, busy timeout) or PostgreSQL; opens nothing yet."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and parsed.database and not parsed.database.startswith("file:"):
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout_s,
        pool_pre_ping=not sqlite,
        hide_parameters=True,  # they hold user ids, and errors are logged
        connect_args={"timeout": timeout_s} if sqlite else {"connect_timeout": max(1, int(timeout_s))},
    )
    if sqlite:
        event.listen(engine, "connect", set_up_sqlite)
        event.listen(engine, "begin", begin_sqlite)
    return engine


def is_missing(url: str) -> bool:
    """Whether `url` names a file of SQLite that is not there."""
    parsed = make_url(url)
    plain = bool(parsed.database) and not str(parsed.database).startswith("file:")
    return parsed.get_backend_name() == "sqlite" and plain and not Path(str(parsed.database)).exists()


def set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # `begin_sqlite` begins; the driver would leave DDL outside
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")  # an acknowledged write survives a power cut
    connection.execute("PRAGMA secure_delete=ON")  # an erased user leaves no bytes behind in the file
    # Another process may be switching the same file just now, or it is read-only: then it stays as it is.
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode=WAL")


def begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))


class Sessions:
    """Makes sessions: one kind for routes that read, one for routes that write."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.read = sessionmaker(engine, expire_on_commit=False)
        self.write = sessionmaker(engine.execution_options(**WRITING), expire_on_commit=False)


def get_session(request: Request) -> Iterator[Session]:
    sessions: Sessions = request.app.state.sessions
    with sessions.read.begin() as session:
        yield session


def get_write_session(request: Request) -> Iterator[Session]:
    sessions: Sessions = request.app.state.sessions
    with sessions.write.begin() as session:
        yield session


def get_erasing_session(request: Request) -> Iterator[Session]:
    """As for writing; what was deleted is then not left in SQLite's journal either."""
    sessions: Sessions = request.app.state.sessions
    with sessions.write.begin() as session:
        yield session
    empty_journal(sessions.engine)


def empty_journal(engine: Engine) -> None:
    """Write SQLite's journal back and cut it to nothing: it holds pages as they were before the last changes.

    Waits for readers and writers as long as the busy timeout says. Where they do not end, the next erasure
    or the end of the process empties it; a warning tells.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()  # a checkpoint is no part of a transaction
    try:
        cursor = connection.cursor()
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.close()
    finally:
        connection.close()
    if busy:
        logger.warning("the journal could not be emptied after an erasure: the database was busy")


# scope="function": the commit comes before the answer, so that a failed commit is never told as a success.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
ErasingSessionDep = Annotated[Session, Depends(get_erasing_session, scope="function")]
WriteSessionDep = Annotated[Session, Depends(get_write_session, scope="function")]
