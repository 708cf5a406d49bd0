"""What makes two rows the same item: imports, edits and the migration, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic import command
from sqlalchemy import Connection, text

from services.recommender.imports import csv_file, file
from services.recommender.imports.csv_file import SourceError
from services.recommender.prepare import prepare
from services.recommender.settings import Settings
from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.schema import alembic_config
from tests.helpers.postgres import new_database
from tests.helpers.recommender import assert_problem, recommender
from tests.integration.conftest import KEY

AUTH = {"X-API-Key": KEY}
HEAD = "title,medium,url,creator,year\n"
ALIKE = (
    ("दिल", "दाल", "song"),
    ("C++", "C#", "book"),
    ("Love 😀", "Love 💔", "song"),
    ("バス", "ハス", "song"),
)


@pytest.fixture
def run(database_url: str, made_catalogue: Path, tmp_path: Path) -> Any:
    """Imports text as a file; returns the lines printed."""
    settings = Settings(database_url=database_url, catalogue_dir=made_catalogue)

    def run_import(content: str) -> list[str]:
        path = tmp_path / "mine.csv"
        path.write_text(content)
        printed: list[str] = []
        try:
            printed.extend(file.import_file(csv_file.read, path, settings, dry_run=False))
        except SourceError as error:
            printed.append(str(error))
        return printed

    return run_import


def test_alike_titles(run: Any, api: httpx.Client) -> None:
    """Titles that differ only in vowel signs, voicing marks, emoji or symbols are eight items."""
    for part in (0, 1):
        rows = [
            f"{pair[part]},{pair[2]},http://example.org/alike/{part}{i},X,2001\n"
            for i, pair in enumerate(ALIKE)
        ]
        assert run(HEAD + "".join(rows))[-1].startswith("4 added, 0 changed")
    found = api.get("/items", params={"q": "x", "limit": 200}).json()["items"]
    assert {item["title"] for item in found} == {title for pair in ALIKE for title in pair[:2]}


def test_same_url(run: Any, api: httpx.Client) -> None:
    """A row at the same URL with another title, creator and year is the same item, with its id."""
    run(HEAD + "Before,movie,https://example.org/same,Ann,2001\n")
    (before,) = api.get("/items", params={"q": "before ann"}).json()["items"]
    assert run(HEAD + "After,movie,http://www.example.org/same/,Bea,2002\n")[-1].startswith(
        "0 added, 1 changed"
    )
    after = api.get(f"/items/{before['id']}").json()
    assert (after["title"], after["creator"], after["year"]) == ("After", "Bea", 2002)
    assert api.get("/items", params={"q": "before ann"}).json()["items"] == []


def test_work_under_other_url(run: Any, api: httpx.Client) -> None:
    """A work under another URL is refused with both URLs; PUT changes the URL."""
    body = {"medium": "book", "title": "Two Places", "creator": "Cid", "year": 2003}
    urls = ["https://example.org/one", "https://example.org/two"]
    made = api.post("/items", json={**body, "url": urls[0]}, headers=AUTH).json()
    printed = "\n".join(run(HEAD + f"Two places!,book,{urls[1]},CID,2003\n"))
    assert "line 2: refused" in printed
    assert all(url in printed for url in urls)
    answer = api.post("/items", json={**body, "url": urls[1]}, headers=AUTH)
    detail = assert_problem(answer, 409, "conflict")["detail"]
    assert all(url in detail for url in urls)
    path = f"/items/{made['id']}"
    assert api.get(path).json()["url"] == urls[0]
    assert api.put(path, json={**body, "url": urls[1]}, headers=AUTH).json()["url"] == urls[1]
    assert api.post("/items", json={**body, "url": urls[0]}, headers=AUTH).status_code == 409


def test_work_twice_in_file(run: Any) -> None:
    """Of two rows about one work under two URLs, the second is refused with both."""
    rows = [f"Twice,game,https://example.org/twice/{i},,2004\n" for i in (1, 2)]
    printed = "\n".join(run(HEAD + "".join(rows)))
    assert "line 3: refused" in printed
    assert "twice/1" in printed
    assert "twice/2" in printed


def test_other_id_of_site(run: Any) -> None:
    """Two ids of one site are two works, even of one title."""
    rows = [f"Remake,movie,https://www.imdb.com/title/tt99{i}/,,2005\n" for i in (1, 2)]
    assert run(HEAD + "".join(rows))[-1].startswith("2 added")


OLD = (
    # id, key of an earlier version, title, url, edited, removed
    (901, "movie:plain:ada:1999", "Plain", "https://example.org/plain", False, False),
    (902, "movie:edited:ada:1999", "Edited", "https://example.org/edited", True, False),
    (903, "movie:removed:ada:1999", "Removed", "https://example.org/removed", True, True),
    (904, "movie:one:ada:1999", "One", "https://example.org/shared", False, False),
    (905, "movie:two:ada:1999", "Two", "https://example.org/shared", False, False),
    (906, "movie:track:ada:1999", "Track", "https://www.deezer.com/us/track/7", False, False),
    (907, "deezer:7", "The same track", "https://www.deezer.com/track/7", False, False),
)


def fill(connection: Connection) -> None:
    insert = text(
        "INSERT INTO items (id, key, medium, title, creator, year, url, genres, emotions, valence, arousal, "
        "affect_source, affect_confidence, quality, popularity, prior, cell, search, edited, removed) VALUES "
        "(:id, :key, 'movie', :title, 'Ada', 1999, :url, 'drama', 0, 0, 0, 'made', 0.5, 0.5, 0.5, 0.5, 36, "
        "'old', :edited, :removed)"
    )
    names = ("id", "key", "title", "url", "edited", "removed")
    connection.execute(insert, [dict(zip(names, row, strict=True)) for row in OLD])
    feedback = "INSERT INTO feedback (user_id, item_id, action, at_ms) VALUES ('anna', 905, 'like', 1)"
    connection.execute(text(feedback))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def service(
    made_catalogue: Path, request: pytest.FixtureRequest, tmp_path_factory: Any
) -> Iterator[tuple[httpx.Client, str]]:
    """A client of a service that was started on a database of an earlier version, and its URL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('old') / 'r.db'}"
    else:
        url = new_database(request.getfixturevalue("cluster"), "upgraded")
    engine = make_engine(url)
    config = alembic_config()
    with engine.execution_options(**WRITING).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        fill(connection)
    prepare(engine, made_catalogue)
    with recommender(
        database_url=url,
        catalogue_dir=made_catalogue,
        api_key=KEY,
    ) as client:
        yield client, url
    engine.dispose()


@pytest.fixture
def upgraded(service: tuple[httpx.Client, str]) -> httpx.Client:
    return service[0]


def test_ids_survive_migration(upgraded: httpx.Client) -> None:
    """Items keep their ids, also those that share an address."""
    titles = {row[0]: upgraded.get(f"/items/{row[0]}").json()["title"] for row in OLD if not row[5]}
    assert titles == {row[0]: row[2] for row in OLD if not row[5]}


def test_removals_survive_migration(upgraded: httpx.Client) -> None:
    """A removed item stays removed, and comes back under its id when added again."""
    assert_problem(upgraded.get("/items/903"), 404, "not_found")
    body = {"medium": "movie", "title": "Removed", "creator": "Ada", "year": 1999, "url": OLD[2][3]}
    assert upgraded.post("/items", json=body, headers=AUTH).json()["id"] == 903


def test_edits_survive_migration(
    service: tuple[httpx.Client, str], made_catalogue: Path, tmp_path: Path
) -> None:
    """An edited item is left alone by imports, as before."""
    path = tmp_path / "mine.csv"
    path.write_text(HEAD + "Changed,movie,https://example.org/edited,Ada,1999\n")
    settings = Settings(database_url=service[1], catalogue_dir=made_catalogue)
    printed = list(file.import_file(csv_file.read, path, settings, dry_run=False))
    assert "line 2: left alone, as it was edited here" in printed
    assert service[0].get("/items/902").json()["title"] == "Edited"


def test_feedback_survives_migration(upgraded: httpx.Client) -> None:
    """Feedback keeps its item."""
    (entry,) = upgraded.get("/users/anna/history").json()["feedback"]
    assert (entry["item_id"], entry["title"]) == (905, "Two")


def test_keys_after_migration(upgraded: httpx.Client) -> None:
    """The recomputed keys find the items at their addresses, and their works at others."""
    body = {"medium": "movie", "title": "Plain", "creator": "Ada", "year": 1999}
    for url in ("https://example.org/plain", "https://example.org/elsewhere"):
        assert_problem(upgraded.post("/items", json={**body, "url": url}, headers=AUTH), 409, "conflict")
    body = {**body, "title": "Two, again", "url": OLD[4][3]}
    assert upgraded.put("/items/905", json=body, headers=AUTH).json()["title"] == "Two, again"
