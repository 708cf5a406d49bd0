"""Checks the database file and migrates its schema with Alembic."""

import sqlite3
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from services.common.starting import StartError

DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
PRIMARY_CODE: Final = 0xFF
"""SQLite's extended codes have the primary one in their lowest byte."""
LOCK_KEY: Final = 7_226_011
"""PostgreSQL's advisory lock for start-up; any number that nothing else in the database uses."""


class SchemaTooNewError(StartError):
    """The database was written by a later version of this service."""


class SchemaTooOldError(StartError):
    """The database was not brought up to date since a later version was installed."""

    def __init__(self) -> None:
        super().__init__(
            "The database is older than this version: `python -m services.recommender prepare` brings it up "
            "to date."
        )


class DamagedDatabaseError(StartError):
    """The SQLite file is cut off, overwritten or otherwise invalid."""


def one_at_a_time(connection: Connection) -> None:
    """Lock PostgreSQL against other processes that start. SQLite allows only one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})


def check_sound(engine: Engine) -> None:
    """Raise DamagedDatabaseError unless SQLite finds its file sound. Reads all of it: about 3 ms per MB."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    except DatabaseError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & PRIMARY_CODE not in DAMAGE:
            raise
        found = str(error.orig)
    if found != "ok":
        raise DamagedDatabaseError(
            f"The database {engine.url.database} is damaged ({' '.join(found.split())}): restore a backup "
            "with `python -m services.recommender restore FILE`, or move it away to start with an empty one."
        )


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def is_current(connection: Connection) -> bool:
    """Whether the schema is at the newest migration; SchemaTooNewError if it is at an unknown one."""
    revision = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(alembic_config())
    if revision is not None and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaTooNewError(
            f"The database is at schema {revision}, which this version does not know: "
            "start the version that wrote it, or restore a backup."
        )
    return revision == scripts.get_current_head()


def check_current(engine: Engine) -> None:
    """Raise DamagedDatabaseError, SchemaTooOldError or SchemaTooNewError unless this version can read it."""
    check_sound(engine)
    with engine.connect() as connection:
        if not is_current(connection):
            raise SchemaTooOldError


def migrate(connection: Connection) -> None:
    if not is_current(connection):
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
