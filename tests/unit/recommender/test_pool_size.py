"""The number of connections of an engine; none is opened."""

from pathlib import Path

import pytest
from sqlalchemy import QueuePool

from services.recommender.store.db import make_engine

POSTGRESQL = "postgresql://user@127.0.0.1/name"


def size(url: str, setting: int | None) -> int:
    pool = make_engine(url, 5.0, setting).pool
    assert isinstance(pool, QueuePool)
    return pool.size()


@pytest.mark.parametrize(("setting", "sqlite", "postgresql"), [(None, 3, 10), (7, 7, 7)])
def test_pool_size(setting: int | None, sqlite: int, postgresql: int, tmp_path: Path) -> None:
    """SQLite has fewer connections than PostgreSQL unless a setting names a number."""
    assert size(f"sqlite:///{tmp_path / 'r.db'}", setting) == sqlite
    assert size(POSTGRESQL, setting) == postgresql
