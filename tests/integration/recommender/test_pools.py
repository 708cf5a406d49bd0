"""Shelves come from memory and still follow every change of the catalogue, on both kinds of database."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from services.recommender.imports.csv_file import read
from services.recommender.imports.file import import_file
from services.recommender.prepare import prepare
from services.recommender.ranking.item import MEDIA
from services.recommender.recommend import recommend
from services.recommender.schemas.filters import Filters
from services.recommender.schemas.recommendation import Options
from services.recommender.settings import Settings
from services.recommender.store import catalogue, pools
from services.recommender.store.db import Sessions, make_engine
from services.recommender.store.memory import Opinion, record
from tests.helpers.recommender import recommender
from tests.integration.conftest import KEY

DAY = date(2026, 11, 28)
AUTH = {"X-API-Key": KEY}
PICK = {"medium": "movie", "title": "A pick", "url": "https://example.org/pick", "emotions": ["sad"]}


@pytest.fixture
def sessions(database_url: str, made_catalogue: Path) -> Iterator[Any]:
    engine = make_engine(database_url)
    prepare(engine, made_catalogue)
    yield Sessions(engine)
    engine.dispose()


def shelf(sessions: Any, **options: Any) -> list[int]:
    with sessions.read.begin() as session:
        return [item.id for item in recommend(session, "sad", Options(**options), DAY).items]


def test_read_once(sessions: Any) -> None:
    """A second recommendation reads no items from the database."""
    first = shelf(sessions)
    said: list[str] = []
    event.listen(sessions.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert shelf(sessions) == first
    assert said
    assert not [statement for statement in said if "items" in statement]


def test_edits_of_another_process(database_url: str, made_catalogue: Path) -> None:
    """What one process adds, changes and removes, another shows and hides at once."""
    settings = {"database_url": database_url, "catalogue_dir": made_catalogue, "api_key": KEY}
    asked: dict[str, str | int] = {"emotion": "sad", "medium": "movie", "limit": 50}
    with recommender(**settings) as writer, recommender(**settings) as reader:

        def titles() -> list[str]:
            return [item["title"] for item in reader.get("/recommend", params=asked).json()["items"]]

        assert "A pick" not in titles()
        path = f"/items/{writer.post('/items', json=PICK, headers=AUTH).json()['id']}"
        assert "A pick" in titles()
        writer.put(path, json={"title": "Another name"}, headers=AUTH)
        assert "Another name" in titles()
        writer.delete(path, headers=AUTH)
        assert "Another name" not in titles()


def test_import(sessions: Any, database_url: str, made_catalogue: Path, tmp_path: Path) -> None:
    """What an import writes is recommended at once; one that changes nothing leaves the memory as it is."""
    before = shelf(sessions, medium=["movie"], limit=50)
    file = tmp_path / "more.csv"
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(PICK)
        writer.writerow(["movie", "Another pick", "https://example.org/another", "sad"])
    settings = Settings(database_url=database_url, catalogue_dir=made_catalogue)
    versions = []
    for _ in range(2):
        list(import_file(read, file, settings, dry_run=False))
        with sessions.read.begin() as session:
            versions.append(session.scalar(text("SELECT version FROM catalogue_state")))
        assert len(set(shelf(sessions, medium=["movie"], limit=50)) - set(before)) == 1
    assert versions[0] == versions[1]


def test_rolled_back(sessions: Any) -> None:
    """What a transaction wrote and took back is never shown to others."""
    with sessions.read.begin() as session:
        made = session.scalar(text("SELECT min(id) FROM items WHERE medium = 'song'"))
    before = shelf(sessions, medium=["song"], limit=50)
    with sessions.write() as session:
        catalogue.remove_item(session, made)
        seen = recommend(session, "sad", Options(medium=["song"], limit=50), DAY).items
        assert made not in {item.id for item in seen}
        session.rollback()
    assert shelf(sessions, medium=["song"], limit=50) == before


def test_blocked(sessions: Any) -> None:
    """Whoever has seen the best of each part gets the next ones, until none is left."""
    seen: set[int] = set()
    while found := shelf(sessions, user_id="anna", medium=["book"], limit=50):
        assert seen.isdisjoint(found)
        seen.update(found)
        with sessions.write.begin() as session:
            for item in found:
                record(session, Opinion("anna", item, "seen"))
    with sessions.read.begin() as session:
        works = "SELECT id FROM items WHERE medium = 'book' AND kind = 'work' AND NOT removed"
        assert seen == set(session.scalars(text(works)))


def test_order(sessions: Any) -> None:
    """A part holds each of its items once, the best first, however far it is read."""
    with sessions.read.begin() as session:
        for medium in MEDIA:
            found = [item.id for item in pools.Reader(session, Filters()).best_first(medium)]
            best = text(
                "SELECT id FROM items WHERE medium = :medium AND kind = 'work' AND NOT removed "
                "ORDER BY prior DESC, id DESC"
            )
            assert found == session.scalars(best, {"medium": medium}).all()


def test_bounded(sessions: Any) -> None:
    """Memory stays within its bound, whatever filters are asked for."""
    with sessions.read.begin() as session:
        kept = pools.Reader(session, Filters()).version
    pool = pools.Pool((), 0.0, complete=True)
    kept.held = pools.MOST + 1
    kept.put(pools.Part("movie", 1, None, (), ()), pool)
    assert len(kept.pools) == 1
    assert kept.held == 0
