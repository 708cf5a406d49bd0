"""Query plans of both kinds of database."""

from typing import Any

import pytest
from sqlalchemy import text

from services.recommender.prepare import prepare
from services.recommender.settings import DATA_DIR
from services.recommender.store import catalogue
from services.recommender.store.db import make_engine

VALUES = {
    "medium": "movie",
    "user_id": "anna",
    "now_ms": 0,
    "rows": 12,
    "bits": 8,
    "prior": 2.0,
    "id": 0,
    **{f"cell{i}": 20 + i for i in range(6)},
}
QUERIES = {
    "ix_items_cell": catalogue.cells_query(6),
    "ix_items_curated": catalogue.CURATED,
    "ix_items_prior": catalogue.BEST,
}


@pytest.mark.parametrize("index", QUERIES)
def test_queries_use_their_index(database_url: str, index: Any) -> None:
    """Each query for candidates uses its index and scans no table."""
    engine = make_engine(database_url)
    prepare(engine, DATA_DIR)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE items"))
        plan = "\n".join(
            str(tuple(row)) for row in connection.execute(text(explain + str(QUERIES[index])), VALUES)
        )
    engine.dispose()
    assert index in plan
    assert "SCAN items" not in plan
    assert "Seq Scan on items" not in plan
