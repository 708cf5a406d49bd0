"""What users said before opinions stood side by side, on both kinds of database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from services.recommender.ranking.taste import FOREVER_MS
from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.schema import migrate
from tests.helpers.pictures import ASSETS
from tests.helpers.postgres import new_database

AT = 1790000000000
NINETY_DAYS = 90 * 86_400_000
FEEDBACK = [
    ("skipped", "skip", AT + 1),
    ("both", "like", AT + 2),
    ("both", "skip", AT + 3),
    ("both", "open", AT + 4),
    ("hider", "like", AT + 5),
    ("hider", "hide", AT + 6),
]
COUNTED = [
    ("skipped", "skip", False, AT + 1),
    ("both", "like", False, AT + 4),
    ("hider", "hide", True, AT + 6),
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A database of schema 0002."""
    sql = (ASSETS / "schemas" / f"0002.{request.param}.sql").read_text()
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "r.db")) as connection:
            connection.executescript(sql)
        return f"sqlite:///{tmp_path / 'r.db'}"
    made = new_database(request.getfixturevalue("cluster"), "old_opinions")
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute(sql)
    return made


def test_old_opinions(url: str) -> None:
    """An old skip is seen, also beside an opinion that hid it; the day of the last action is that of use."""
    engine = make_engine(url)
    with engine.execution_options(**WRITING).begin() as connection:
        for user, action, at in FEEDBACK:
            said = text("INSERT INTO feedback (user_id, item_id, action, at_ms) VALUES (:u, 7, :a, :at)")
            connection.execute(said, {"u": user, "a": action, "at": at})
        for user, action, blocked, at in COUNTED:
            stood = text("INSERT INTO user_items VALUES (:u, 7, :a, :b, :at)")
            connection.execute(stood, {"u": user, "a": action, "b": blocked, "at": at})
        migrate(connection)
        kept = text(
            "SELECT user_id, verdict, verdict_ms, seen_ms, opened_ms, blocked_until_ms FROM user_items"
        )
        stands = {row.user_id: tuple(row)[1:] for row in connection.execute(kept)}
        skips = text("SELECT count(*) FROM feedback WHERE action = 'skip'")
        assert connection.execute(skips).scalar() == 0
        days = set(connection.execute(text("SELECT used_day FROM users")).scalars())
    engine.dispose()
    assert stands == {
        "someone": ("like", AT, None, None, AT + NINETY_DAYS),
        "skipped": (None, None, AT + 1, None, FOREVER_MS),
        "both": ("like", AT + 2, AT + 3, AT + 4, FOREVER_MS),
        "hider": ("hide", AT + 6, None, None, FOREVER_MS),
    }
    assert days == {AT // 86_400_000}
