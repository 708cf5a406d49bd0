"""What happens once before the first request: the schema brought up to date, the shipped catalogue loaded."""

from pathlib import Path

from sqlalchemy import Connection, Engine

from services.recommender.imports.shipped import digest_of, load_shipped
from services.recommender.store.db import WRITING
from services.recommender.store.load import loaded_digest
from services.recommender.store.schema import alembic_config, check_sound, is_current, migrate, one_at_a_time


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
    one_at_a_time(connection)
    migrate(connection, alembic_config())
    if loaded_digest(connection) != digest:
        load_shipped(connection, catalogue_dir, digest)
