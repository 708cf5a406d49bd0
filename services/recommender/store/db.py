"""Makes the engine and sessions; the only file that begins and commits."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker
from sqlalchemy.pool import QueuePool
from starlette.concurrency import run_in_threadpool

from services.recommender.store.place import network_file_system, protect
from services.recommender.store.pools import INFO, Pools

logger = logging.getLogger("services.recommender")

WRITING: Final = {"sqlite_begin": "BEGIN IMMEDIATE"}
"""Execution options of a transaction that will write. SQLite then takes its lock at the start and waits for
it up to the busy timeout; a reader that becomes a writer half-way would fail at once instead."""
POOL_SIZES: Final = {"sqlite": 3, "postgresql": 10}
"""Connections, and so threads at the database at once, where no setting says otherwise.

SQLite works in this process: more threads than two readers and the one writer would only compete with each
other and with the event loop for the interpreter's lock. With PostgreSQL threads wait for answers and locks.
"""
CACHE_KIB: Final = 8_000
"""Pages of a SQLite file that each connection keeps; twice as many outgrow the heap that threads share."""
STATEMENT_S: Final = 30
"""Limit of one statement on PostgreSQL. It does not apply to migrations and the first load."""
Answer = TypeVar("Answer")


def make_engine(
    url: str, timeout_s: float = 5.0, pool_size: int | None = None, *, shared: bool | None = None
) -> Engine:
    """Make an engine for SQLite (WAL, foreign keys, busy timeout) or PostgreSQL; opens no connection yet.

    `shared` says whether a SQLite file is open to the group; None leaves its rights as they are.
    """
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    sqlite = parsed.get_backend_name() == "sqlite"
    if file := sqlite_file(url):
        file.parent.mkdir(parents=True, exist_ok=True)
        if shared is not None:
            protect(file, shared=shared)
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
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def sqlite_file(url: str) -> Path | None:
    """The path in a SQLite URL, unless it is a `file:` URI or in memory."""
    parsed = make_url(url)
    path = parsed.database or ""
    plain = parsed.get_backend_name() == "sqlite" and path and not path.startswith("file:")
    return Path(path) if plain else None


def warn_of_network(url: str) -> None:
    """Log a warning where a SQLite file is on a network file system."""
    file = sqlite_file(url)
    if file is not None and (kind := network_file_system(file)):
        logger.warning(
            "the SQLite file is on a network file system (%s), where its locks may fail and data be lost: "
            "use a local disk, or PostgreSQL",
            kind,
        )


def is_missing(url: str) -> bool:
    """Whether `url` names a SQLite file that does not exist."""
    file = sqlite_file(url)
    return file is not None and not file.exists()


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins; the driver would leave DDL outside
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    connection.execute("PRAGMA synchronous=FULL")  # an acknowledged write survives a power cut
    connection.execute("PRAGMA secure_delete=ON")  # an erased user leaves no bytes behind in the file
    # Fails where another process is switching the same file just now, or it is read-only.
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))


class Sessions:
    """Runs work in sessions that read or write, as many at once as there are connections.

    A request that waits for its turn holds neither a thread nor a connection. Otherwise waiting requests
    could take all threads, so that those with a connection could not finish.
    On PostgreSQL a statement fails that waits for a lock for `timeout_s`, as on SQLite, or runs for
    STATEMENT_S.
    """

    def __init__(self, engine: Engine, timeout_s: float = 5.0) -> None:
        # make_engine's pool always is a QueuePool; the declared type is wider.
        connections = engine.pool.size() if isinstance(engine.pool, QueuePool) else 1
        self.engine = engine
        self.timeout_s = timeout_s
        self.read = sessionmaker(engine, expire_on_commit=False, info={INFO: Pools()})
        self.write = sessionmaker(engine.execution_options(**WRITING), expire_on_commit=False)
        self._readers = self._writers = asyncio.Semaphore(connections)
        if engine.dialect.name == "sqlite" and connections > 1:
            # SQLite has one writer; others would poll for its lock, in no order.
            self._readers, self._writers = asyncio.Semaphore(connections - 1), asyncio.Semaphore(1)
        if engine.dialect.name == "postgresql":
            lock_ms = round(timeout_s * 1000)
            bounds = f"SET LOCAL lock_timeout = {lock_ms}; SET LOCAL statement_timeout = '{STATEMENT_S}s'"

            def set_bounds(_session: Session, _transaction: SessionTransaction, bound: Connection) -> None:
                bound.exec_driver_sql(bounds)

            for maker in (self.read, self.write):
                event.listen(maker, "after_begin", set_bounds)

    async def reading(self, work: Callable[[Session], Answer]) -> Answer:
        """Run `work` in a session; PoolTimeoutError where none is free within `timeout_s`."""
        return await self._run(self._readers, lambda: _in_session(self.read, work))

    async def writing(self, work: Callable[[Session], Answer]) -> Answer:
        """Run `work` and commit; on SQLite one at a time."""
        return await self._run(self._writers, lambda: _in_session(self.write, work))

    async def erasing(self, work: Callable[[Session], object]) -> None:
        """Run `work`, commit, and remove what was deleted from SQLite's journal too."""

        def erase() -> None:
            _in_session(self.write, work)
            _empty_journal(self.engine)

        await self._run(self._writers, erase)

    async def _run(self, places: asyncio.Semaphore, work: Callable[[], Answer]) -> Answer:
        try:
            await asyncio.wait_for(places.acquire(), self.timeout_s)
        except TimeoutError as error:
            raise PoolTimeoutError("too many are at the database") from error
        try:
            return await run_in_threadpool(work)
        finally:
            places.release()


def _in_session(maker: sessionmaker[Session], work: Callable[[Session], Answer]) -> Answer:
    with maker.begin() as session:
        return work(session)


def _empty_journal(engine: Engine) -> None:
    """Write SQLite's journal back and truncate it: it holds pages as they were before the last changes.

    Waits for readers and writers up to the busy timeout. If they are still busy then, it logs a warning; the
    next erasure or the end of the process empties the journal.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()  # a checkpoint runs outside of transactions
    try:
        cursor = connection.cursor()
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.close()
    finally:
        connection.close()
    if busy:
        logger.warning("the journal could not be emptied after an erasure: the database was busy")
