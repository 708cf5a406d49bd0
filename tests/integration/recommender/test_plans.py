"""Query plans of both kinds of database."""

import pytest
from sqlalchemy import text

from services.recommender.prepare import prepare
from services.recommender.settings import DATA_DIR
from services.recommender.store import pools, similar
from services.recommender.store.db import make_engine

VALUES = {
    "medium": "movie",
    "user_id": "anna",
    "now_ms": 0,
    "rows": 12,
    "bits": 8,
    "turn": 1,
    "prior": 2.0,
    "id": 0,
    "item_id": 3,
    "creator": "Ada",
    "best": 3000,
    **{f"cell{i}": 20 + i for i in range(similar.NEAR_CELLS)},
    **{f"tag{i}": "%|war|%" for i in range(2)},
    **{f"near{i}": 40 + i for i in range(2)},
}
PLACES = (pools.CURATED, *(f"cell = :cell{i}" for i in range(6)))
QUERIES = {
    "in turn": (pools.best_query(PLACES, (), turned=True), {"ix_items_cell", "ix_items_curated"}),
    "all": (pools.best_query(PLACES, ("family",), turned=False), {"ix_items_cell", "ix_items_curated"}),
    "similar": (
        similar.similar_query(2, 2, ("id <> :item_id", "NOT sensitive", similar.UNBLOCKED)),
        {"ix_items_cell", "ix_items_creator"},
    ),
    "the best": (pools.best_query((pools.ALL,), (), turned=False), {"ix_items_prior"}),
}


@pytest.mark.parametrize("name", QUERIES)
def test_queries_use_their_index(database_url: str, name: str) -> None:
    """Each query for candidates uses its indices and scans no table."""
    query, indices = QUERIES[name]
    engine = make_engine(database_url)
    prepare(engine, DATA_DIR)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE items"))
        plan = "\n".join(str(tuple(row)) for row in connection.execute(text(explain + str(query)), VALUES))
    engine.dispose()
    assert all(index in plan for index in indices)
    assert "SCAN items" not in plan
    assert "Seq Scan on items" not in plan
