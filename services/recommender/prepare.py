"""Prepares the database before the first request: migrates the schema and loads the shipped catalogue."""

from pathlib import Path

from sqlalchemy import Connection, Engine

from services.recommender.imports.shipped import digest_of, load_shipped
from services.recommender.store.db import WRITING
from services.recommender.store.load import loaded_digest
from services.recommender.store.schema import check_sound, is_current, migrate, one_at_a_time


def prepare(engine: Engine, catalogue_dir: Path) -> None:
    """Migrate and load in one transaction, one process at a time; costs a read where nothing is to do.

    Raises SchemaTooNewError for a database of a newer version, DamagedDatabaseError for a damaged file.
    """
    check_sound(engine)
    digest = digest_of(catalogue_dir)
    with engine.connect() as connection:
        if is_current(connection) and loaded_digest(connection) == digest:
            return
    with engine.execution_options(**WRITING).begin() as connection:
        bring_up_to_date(connection, catalogue_dir, digest)


def bring_up_to_date(connection: Connection, catalogue_dir: Path, digest: str) -> None:
    """Migrate and load in the caller's transaction."""
    one_at_a_time(connection)
    migrate(connection)
    if loaded_digest(connection) != digest:
        load_shipped(connection, catalogue_dir, digest)
