"""The database's schema: whole, current, and migrated by Alembic."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from services.common.starting import StartError

DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
PRIMARY_CODE = 0xFF
"""SQLite's extended codes have the primary one in their lowest byte."""
LOCK_KEY = 7_226_011
"""PostgreSQL's advisory lock for start-up; any number that nothing else in the database uses."""


class SchemaTooNewError(StartError):
    """The database was written by a later version of this service."""


class DamagedDatabaseError(StartError):
    """SQLite's file is cut off, overwritten or otherwise not what SQLite wrote."""


def one_at_a_time(connection: Connection) -> None:
    """Waits until no other process starts on the same PostgreSQL. SQLite lets one writer in anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})


def check_sound(engine: Engine) -> None:
    """DamagedDatabaseError unless SQLite finds its file whole. Reads all of it: about 3 ms per megabyte."""
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


def is_current(connection: Connection, config: Config) -> bool:
    """Whether the schema is at the newest migration; SchemaTooNewError if it is at one unknown here."""
    revision = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(config)
    if revision is not None and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaTooNewError(
            f"The database is at schema {revision}, which this version does not know: "
            "start the version that wrote it, or restore a backup."
        )
    return revision == scripts.get_current_head()


def migrate(connection: Connection, config: Config) -> None:
    if not is_current(connection, config):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
