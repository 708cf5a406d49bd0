"""Engine and sessions: the only file that begins and commits."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker
from sqlalchemy.pool import QueuePool
from starlette.concurrency import run_in_threadpool

logger = logging.getLogger("services.recommender")

WRITING = {"sqlite_begin": "BEGIN IMMEDIATE"}
"""Execution options of a transaction that will write. SQLite then takes its lock at the start, waiting for
it as long as the busy timeout says; a reader that turns writer half-way would fail at once instead."""
POOL_SIZES: Final = {"sqlite": 3, "postgresql": 10}
"""Connections, and so threads that are at the database at once, where no setting says otherwise.

SQLite works in this process: more threads than two readers and its one writer only take the interpreter's
lock from each other and from the event loop. On PostgreSQL threads wait for answers and for locks.
"""
Answer = TypeVar("Answer")
STATEMENT_S = 30
"""No statement of a request comes near it. Migrations and the first filling are not bounded by it."""


def make_engine(url: str, timeout_s: float = 5.0, pool_size: int | None = None) -> Engine:
    """An engine for SQLite (WAL, foreign keys, busy timeout) or PostgreSQL; opens nothing yet."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and parsed.database and not parsed.database.startswith("file:"):
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        parsed,
        pool_size=pool_size or POOL_SIZES[parsed.get_backend_name()],
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
    """Makes sessions, one kind that reads and one that writes, and says whose turn it is to have one.

    Who waits for a turn holds neither a thread nor a connection. Otherwise those that wait take all threads,
    those that have a connection find none to finish in, and a crowd of requests brings all to a halt.
    On PostgreSQL a statement fails that waits for a lock for `timeout_s`, as on SQLite, or runs for
    STATEMENT_S.
    """

    def __init__(self, engine: Engine, timeout_s: float = 5.0) -> None:
        # make_engine's always is one; the type is wider.
        connections = engine.pool.size() if isinstance(engine.pool, QueuePool) else 1
        self.engine = engine
        self.timeout_s = timeout_s
        self.read = sessionmaker(engine, expire_on_commit=False)
        self.write = sessionmaker(engine.execution_options(**WRITING), expire_on_commit=False)
        self._readers = self._writers = asyncio.Semaphore(connections)
        if engine.dialect.name == "sqlite" and connections > 1:
            # It has one writer, whose own way of waiting is to look again now and then, in no order.
            self._readers, self._writers = asyncio.Semaphore(connections - 1), asyncio.Semaphore(1)
        if engine.dialect.name == "postgresql":
            lock_ms = round(timeout_s * 1000)
            bounds = f"SET LOCAL lock_timeout = {lock_ms}; SET LOCAL statement_timeout = '{STATEMENT_S}s'"

            def bound(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
                connection.exec_driver_sql(bounds)

            for made in (self.read, self.write):
                event.listen(made, "after_begin", bound)

    async def reading(self, work: Callable[[Session], Answer]) -> Answer:
        """What `work` makes of a session; PoolTimeoutError where none is free within `timeout_s`."""
        async with self._turn(self._readers):
            return await run_in_threadpool(_whole, self.read, work)

    async def writing(self, work: Callable[[Session], Answer]) -> Answer:
        """The same, committed; meanwhile nobody else writes to SQLite."""
        async with self._turn(self._writers):
            return await run_in_threadpool(_whole, self.write, work)

    async def erasing(self, work: Callable[[Session], Answer]) -> Answer:
        """As for writing; what was deleted is then not left in SQLite's journal either."""
        async with self._turn(self._writers):
            return await run_in_threadpool(self._erase, work)

    def _erase(self, work: Callable[[Session], Answer]) -> Answer:
        answer = _whole(self.write, work)
        empty_journal(self.engine)
        return answer

    @contextlib.asynccontextmanager
    async def _turn(self, places: asyncio.Semaphore) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(places.acquire(), self.timeout_s)
        except TimeoutError as error:
            raise PoolTimeoutError("too many are at the database") from error
        try:
            yield
        finally:
            places.release()


def _whole(maker: sessionmaker[Session], work: Callable[[Session], Answer]) -> Answer:
    with maker.begin() as session:
        return work(session)


async def get_sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


SessionsDep = Annotated[Sessions, Depends(get_sessions)]


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
