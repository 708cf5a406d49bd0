"""Starting: schema, first load, updates, and a database that is locked, read-only or gone."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, func, inspect, select, text

from services.recommender.imports.shipped import merged_rows
from services.recommender.prepare import prepare
from services.recommender.settings import DATA_DIR
from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.load import loaded_digest
from services.recommender.store.models import Base, Item
from services.recommender.store.schema import SchemaTooNewError, alembic_config
from tests.helpers.recommender import (
    assert_problem,
    made_rows,
    recommender,
    schema_differences,
    write_catalogue,
)
from tests.helpers.serving import ROOT, serve


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    with engine.execution_options(**WRITING).begin() as connection:
        Base.metadata.drop_all(connection)
        for table in ("items_words", "alembic_version"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    engine.dispose()


def count(engine: Engine) -> int | None:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Item).where(~Item.removed))


def test_migrations_match_models(engine: Engine, made_catalogue: Path) -> None:
    """The migrations create what the models describe."""
    prepare(engine, made_catalogue)
    with engine.connect() as connection:
        assert schema_differences(connection) == []


def test_downgrade(engine: Engine, made_catalogue: Path) -> None:
    """The schema can be migrated down to nothing and up again."""
    prepare(engine, made_catalogue)
    config = alembic_config()
    with engine.execution_options(**WRITING).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    prepare(engine, made_catalogue)
    assert count(engine) == len(made_rows())


def test_older_schema(engine: Engine, made_catalogue: Path) -> None:
    """An older schema is migrated."""
    config = alembic_config()
    with engine.execution_options(**WRITING).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    prepare(engine, made_catalogue)
    with engine.connect() as connection:
        assert schema_differences(connection) == []
        assert loaded_digest(connection) is not None


def test_newer_schema(engine: Engine, made_catalogue: Path) -> None:
    """A newer schema is rejected with its number."""
    prepare(engine, made_catalogue)
    with engine.execution_options(**WRITING).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNewError, match="9999"):
        prepare(engine, made_catalogue)


def test_second_start(engine: Engine, made_catalogue: Path) -> None:
    """A second start changes nothing."""
    prepare(engine, made_catalogue)
    with engine.execution_options(**WRITING).begin() as connection:
        connection.execute(text("UPDATE items SET title = 'touched' WHERE id = 1"))
    prepare(engine, made_catalogue)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT title FROM items WHERE id = 1")) == "touched"


def test_catalogue_update(engine: Engine, tmp_path: Path) -> None:
    """A new catalogue adds, changes and removes items, but keeps what people edited or removed."""
    rows = made_rows()
    prepare(engine, write_catalogue(tmp_path, rows))
    with engine.execution_options(**WRITING).begin() as connection:
        connection.execute(text("UPDATE items SET title = 'by hand', edited = true WHERE title = 'movie 0'"))
        connection.execute(text("UPDATE items SET removed = true, edited = true WHERE title = 'movie 1'"))
        ids = {row.title: row.id for row in connection.execute(text("SELECT title, id FROM items"))}
    changed = {**rows[3], "quality": 0.99}
    added = {**rows[3], "title": "new one", "url": "https://example.org/new"}
    prepare(engine, write_catalogue(tmp_path, [*rows[:2], changed, *rows[4:], added]))
    with engine.connect() as connection:
        now = {row.title: row for row in connection.execute(text("SELECT * FROM items")).all()}
    assert "movie 0" not in now
    assert now["by hand"].id == ids["by hand"]
    assert now["movie 1"].removed
    assert now["movie 2"].removed
    assert (now["movie 3"].quality, now["movie 3"].id) == (0.99, ids["movie 3"])
    assert not now["new one"].removed
    prepare(engine, write_catalogue(tmp_path, rows))
    with engine.connect() as connection:
        back = connection.execute(text("SELECT id, removed FROM items WHERE title = 'movie 2'")).one()
    assert (back.id, bool(back.removed)) == (ids["movie 2"], False)


def test_starts_at_once(database_url: str) -> None:
    """Of four processes that start on an empty database one loads, the others wait and find it done."""
    code = (
        "import sys; from pathlib import Path\n"
        "from services.recommender.store.db import make_engine\n"
        "from services.recommender.prepare import prepare\n"
        "prepare(make_engine(sys.argv[1], 60), Path(sys.argv[2]))\n"
    )
    command_line = [sys.executable, "-c", code, database_url, str(DATA_DIR)]
    processes = [
        subprocess.Popen(command_line, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    engine = make_engine(database_url)
    assert count(engine) == len(merged_rows(DATA_DIR))
    engine.dispose()


def test_defaults(tmp_path: Path) -> None:
    """The service starts on its defaults, answers, and logs no user id."""
    with serve(
        "recommender", tmp_path / "log", database_url=f"sqlite:///{tmp_path}/new/folder/r.db"
    ) as address:
        import httpx  # noqa: PLC0415 # the only test here that needs it

        answer = httpx.get(
            f"{address}/recommend", params={"emotion": "sad", "medium": "movie", "user_id": "anna"}
        )
        assert len(answer.json()["items"]) == 5
        assert httpx.get(f"{address}/nothing?user_id=anna").status_code == 404
    assert "anna" not in (tmp_path / "log").read_text()


def test_locked_database(sqlite_url: str, made_catalogue: Path) -> None:
    """A locked database is a 503 for writes, and reads go on."""
    with recommender(
        database_url=sqlite_url, catalogue_dir=made_catalogue, api_key="k", database_timeout_s=0.2
    ) as client:
        engine = make_engine(sqlite_url)
        with engine.execution_options(**WRITING).begin():
            answer = client.delete("/items/1", headers={"X-API-Key": "k"})
            assert_problem(answer, 503, "database_unavailable")
            assert int(answer.headers["retry-after"]) > 0
            assert client.get("/items/1").status_code == 200
        assert client.delete("/items/1", headers={"X-API-Key": "k"}).status_code == 204
        engine.dispose()


def test_read_only_database(tmp_path: Path, made_catalogue: Path) -> None:
    """On a read-only database writes are a 503, and reads go on."""
    path = tmp_path / "r.db"
    engine = make_engine(f"sqlite:///{path}")
    prepare(engine, made_catalogue)
    engine.dispose()
    url = f"sqlite:///file:{path}?mode=ro&uri=true"
    with recommender(database_url=url, catalogue_dir=made_catalogue, api_key="k") as client:
        assert client.get("/recommend", params={"emotion": "sad"}).status_code == 200
        answer = client.delete("/items/1", headers={"X-API-Key": "k"})
        assert_problem(answer, 503, "database_unavailable")
        assert client.get("/items/1").status_code == 200


def test_missing_tables(tmp_path: Path, made_catalogue: Path) -> None:
    """Without its tables the service answers 503 and is not ready, but alive."""
    path = tmp_path / "r.db"
    with recommender(database_url=f"sqlite:///{path}", catalogue_dir=made_catalogue) as client:
        engine = make_engine(f"sqlite:///{path}")
        with engine.execution_options(**WRITING).begin() as connection:
            connection.execute(text("DROP TABLE items"))
            connection.execute(text("DROP TABLE catalogue_state"))
        engine.dispose()
        assert_problem(client.get("/recommend", params={"emotion": "sad"}), 503, "database_unavailable")
        assert_problem(client.get("/readyz"), 503, "database_unavailable")
        assert client.get("/healthz").status_code == 200


def test_used_up_pool(sqlite_url: str, made_catalogue: Path) -> None:
    """A request that gets no connection within the timeout is a 503."""
    engine = make_engine(sqlite_url)
    with recommender(
        database_url=sqlite_url,
        catalogue_dir=made_catalogue,
        api_key="k",
        database_timeout_s=1.5,
        database_pool_size=1,
    ) as client:
        answers = []
        with engine.execution_options(**WRITING).begin():
            threads = [
                threading.Thread(
                    target=lambda: answers.append(client.delete("/items/2", headers={"X-API-Key": "k"}))
                )
                for _ in range(2)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for answer in answers:
            assert_problem(answer, 503, "database_unavailable")
    engine.dispose()
