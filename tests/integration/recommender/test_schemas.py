"""Every released schema is migrated with its rows, on both kinds of database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.schema import alembic_config
from tests.helpers.pictures import ASSETS
from tests.helpers.postgres import new_database
from tests.helpers.recommender import recommender, schema_differences

SCHEMAS = ASSETS / "schemas"
REVISIONS = sorted(
    script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=REVISIONS)
def database(request: pytest.FixtureRequest, kind: Any, tmp_path: Path) -> Any:
    """The URL of a database as that revision's release left it."""
    sql = (SCHEMAS / f"{request.param}.{kind}.sql").read_text()
    if kind == "sqlite":
        with closing(sqlite3.connect(tmp_path / "r.db")) as connection:
            connection.executescript(sql)
        return f"sqlite:///{tmp_path / 'r.db'}"
    url = new_database(request.getfixturevalue("cluster"), f"released_{request.param}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)
    return url


def test_released_schemas(database: Any, made_catalogue: Path) -> None:
    """The service starts on every released schema, keeps its rows and can write."""
    with recommender(database_url=database, catalogue_dir=made_catalogue, api_key="k") as api:
        kept = api.get("/items/7").json()
        assert (kept["title"], kept["creator"], kept["emotions"]) == ("Kept", "Ada", ["sad"])
        assert api.get("/items/8").status_code == 404
        feedback = {"user_id": "someone", "item_id": 7, "action": "like"}
        assert api.post("/feedback", json=feedback).status_code == 201
        made = {"medium": "book", "title": "New", "url": "https://example.org/new"}
        assert api.post("/items", json=made, headers={"X-API-Key": "k"}).status_code == 201
        shelf = api.get("/recommend", params={"emotion": "sad", "user_id": "someone"}).json()
        assert len(shelf["items"]) == 20
        feedback = api.get("/users/someone/history").json()["feedback"]
    engine = make_engine(database)
    with engine.connect() as connection:
        assert schema_differences(connection) == []
        assert connection.exec_driver_sql("SELECT count(*) FROM items WHERE edited").scalar() == 2
    engine.dispose()
    assert [entry["item_id"] for entry in feedback] in ([7], [7, 7])


@pytest.mark.parametrize("revision", REVISIONS)
def test_released_migrations(revision: Any, tmp_path: Path) -> None:
    """A released migration still creates the same tables, so that all databases of a revision are alike."""
    engine = make_engine(f"sqlite:///{tmp_path / 'now.db'}")
    config = alembic_config()
    with engine.execution_options(**WRITING).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "then.db")) as connection:
        connection.executescript((SCHEMAS / f"{revision}.sqlite.sql").read_text())
    statements = []
    for name in ("now.db", "then.db"):
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            statements.append({row[0] for row in connection.execute("SELECT sql FROM sqlite_master")})
    assert statements[0] == statements[1]
