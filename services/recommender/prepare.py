"""What happens once before the first request: the schema brought up to date, the shipped catalogue loaded."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from services.recommender.catalogue_load import loaded_digest
from services.recommender.db import WRITING
from services.recommender.importers.shipped import digest_of, load_shipped
from services.recommender.starting import StartError

DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
PRIMARY_CODE = 0xFF
"""SQLite's extended codes have the primary one in their lowest byte."""
LOCK_KEY = 7_226_011
"""PostgreSQL's advisory lock for start-up; any number that nothing else in the database uses."""


class SchemaTooNewError(StartError):
    """The database was written by a later version of this service."""


class DamagedDatabaseError(StartError):
    """SQLite's file is cut off, overwritten or otherwise not what SQLite wrote."""


def prepare(engine: Engine, catalogue_dir: Path) -> None:
    """Migrate and load in one transaction that one process at a time can hold; nothing to do costs a read.

    Raises SchemaTooNewError rather than touch a database that a newer version has migrated, and
    DamagedDatabaseError rather than serve from a file that SQLite finds damaged.
    """
    check_sound(engine)
    config = alembic_config()
    digest = digest_of(catalogue_dir)
    with engine.connect() as connection:
        if is_current(connection, config) and loaded_digest(connection) == digest:
            return
    with engine.execution_options(**WRITING).begin() as connection:
        bring_up_to_date(connection, catalogue_dir, digest)


def bring_up_to_date(connection: Connection, catalogue_dir: Path, digest: str) -> None:
    """As `prepare`, in the caller's transaction: who rolls it back has changed nothing."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    migrate(connection, alembic_config())
    if loaded_digest(connection) != digest:
        load_shipped(connection, catalogue_dir, digest)


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
