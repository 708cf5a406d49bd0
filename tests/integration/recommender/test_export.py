"""What `export` does where the database or the disk is unfit; test_import.py reads back what it writes."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command as alembic
from sqlalchemy import Engine

from services.recommender.command import main as recommender
from services.recommender.prepare import prepare
from services.recommender.store.db import make_engine
from services.recommender.store.schema import alembic_config
from tests.helpers.disks import small_disk


@pytest.fixture
def engine(database_url: str, made_catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A database that the commands of a test use."""
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", database_url)
    monkeypatch.setenv("RECOMMENDER_CATALOGUE_DIR", str(made_catalogue))
    engine = make_engine(database_url)
    prepare(engine, made_catalogue)
    yield engine
    prepare(engine, made_catalogue)
    engine.dispose()


@pytest.mark.parametrize("words", [["export", "csv"], ["import", "csv", "--dry-run"]])
def test_older_schema(
    engine: Engine, tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A database that was not brought up to date is named with the cure, and nothing is written."""
    config, path = alembic_config(), tmp_path / "items.csv"
    if "import" in words:
        path.write_text("medium,title,url\nbook,A,https://example.org/older\n")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.downgrade(config, "-1")
    assert recommender([*words, str(path)]) == 2
    assert capsys.readouterr().err == (
        "The database is older than this version: `python -m services.recommender prepare` brings it up to "
        "date.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == (["items.csv"] if "import" in words else [])


def test_damaged_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged database is named in a line."""
    (tmp_path / "r.db").write_bytes(b"no database" * 1000)
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", f"sqlite:///{tmp_path}/r.db")
    assert recommender(["export", "csv", str(tmp_path / "items.csv")]) == 2
    assert f"The database {tmp_path}/r.db is damaged" in capsys.readouterr().err


@pytest.mark.usefixtures("engine")
def test_full_disk(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the disk has no room for all of it, no file is left that looks whole."""
    with small_disk(1) as disk:
        (disk / "filler").write_bytes(bytes(1024 * 1024))
        assert recommender(["export", "csv", str(disk / "items.csv")]) == 1
        assert capsys.readouterr().err == f"{disk / 'items.csv'}: No space left on device\n"
        assert [path.name for path in disk.iterdir()] == ["filler"]


@pytest.mark.usefixtures("engine")
def test_existing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An export never overwrites a file."""
    path = tmp_path / "items.csv"
    path.write_text("mine")
    assert recommender(["export", "csv", str(path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert path.read_text() == "mine"
