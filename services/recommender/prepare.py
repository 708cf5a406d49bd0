"""What happens once before the first request: the schema brought up to date, the shipped catalogue loaded."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from services.recommender.catalogue_load import loaded_digest
from services.recommender.db import WRITING
from services.recommender.importers.shipped import digest_of, load_shipped

LOCK_KEY = 7_226_011
"""PostgreSQL's advisory lock for start-up; any number that nothing else in the database uses."""


class SchemaTooNewError(Exception):
    """The database was written by a later version of this service."""


def prepare(engine: Engine, catalogue_dir: Path) -> None:
    """Migrate and load in one transaction that one process at a time can hold; nothing to do costs a read.

    Raises SchemaTooNewError rather than touch a database that a newer version has migrated.
    """
    config = alembic_config()
    digest = digest_of(catalogue_dir)
    with engine.connect() as connection:
        if is_current(connection, config) and loaded_digest(connection) == digest:
            return
    with engine.execution_options(**WRITING).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        migrate(connection, config)
        if loaded_digest(connection) != digest:
            load_shipped(connection, catalogue_dir, digest)


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
