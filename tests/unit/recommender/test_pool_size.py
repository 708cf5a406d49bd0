"""The number of connections of an engine; none is opened."""

from pathlib import Path
from typing import Any

import pytest

from services.recommender.store.db import make_engine

POSTGRESQL = "postgresql://user@127.0.0.1/name"


@pytest.mark.parametrize(("setting", "sqlite", "postgresql"), [(None, 3, 10), (7, 7, 7)])
def test_pool_size(setting: Any, sqlite: Any, postgresql: Any, tmp_path: Path) -> None:
    """SQLite has fewer connections than PostgreSQL unless a setting names a number."""
    assert make_engine(f"sqlite:///{tmp_path / 'r.db'}", 5.0, setting).pool.size() == sqlite
    assert make_engine(POSTGRESQL, 5.0, setting).pool.size() == postgresql
