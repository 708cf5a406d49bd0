"""Changing the catalogue over HTTP, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.helpers.recommender import assert_problem, recommender
from tests.integration.conftest import KEY

NEW = {
    "medium": "movie",
    "title": "Paddington 2",
    "creator": "Paul King",
    "year": 2017,
    "url": "https://www.imdb.com/title/tt4468740/?ref_=x",
    "genres": ["Comedy", "Family"],
    "emotions": ["sadness", "disgust"],
}
AUTH = {"X-API-Key": KEY}


@pytest.fixture
def made(api: httpx.Client) -> Iterator[Any]:
    """An item that the test may change; removed afterwards."""
    item = api.post("/items", json=NEW, headers=AUTH).json()
    yield item
    api.delete(f"/items/{item['id']}", headers=AUTH)


def test_added_item(api: httpx.Client, made: Any) -> None:
    """An added item is normalised, can be read, and is recommended."""
    assert made["emotions"] == ["angry", "sad"]
    assert made["genres"] == ["comedy", "family"]
    assert made["affect_source"] == "linked emotions"
    assert api.get(f"/items/{made['id']}").json() == made
    params: dict[str, str | int] = {"emotion": "angry", "medium": "movie", "limit": 50}
    items = api.get("/recommend", params=params).json()["items"]
    assert made["id"] in [item["id"] for item in items]


def test_add_status(api: httpx.Client) -> None:
    """Adding answers 201 with the item's Location."""
    answer = api.post("/items", json={**NEW, "title": "X", "url": "https://example.org/x"}, headers=AUTH)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/items/{answer.json()['id']}"
    assert api.delete(answer.headers["location"], headers=AUTH).status_code == 204


@pytest.mark.usefixtures("made")
def test_add_twice(api: httpx.Client) -> None:
    """Adding a work that the catalogue has is a conflict."""
    again = {**NEW, "title": "Paddington Two", "url": "https://m.imdb.com/title/tt4468740"}
    assert_problem(api.post("/items", json=again, headers=AUTH), 409, "conflict")


def test_put_takes_what_get_gives(api: httpx.Client, made: Any) -> None:
    """PUT of what GET gives changes nothing; `id` and `affect_*` are ignored."""
    path = f"/items/{made['id']}"
    assert api.put(path, json=api.get(path).json(), headers=AUTH).json() == made
    other = {**made, "id": 1, "affect_source": "x", "affect_confidence": "y"}
    assert api.put(path, json=other, headers=AUTH).json() == made
    placed = api.put(path, json={"valence": 0.7, "arousal": 0.1}, headers=AUTH).json()
    assert placed == {
        **made,
        "valence": 0.7,
        "arousal": 0.1,
        "affect_source": "given",
        "affect_confidence": 1,
    }
    assert api.put(path, json=api.get(path).json(), headers=AUTH).json() == placed


def test_put_changes_what_is_sent(api: httpx.Client, made: Any) -> None:
    """A field that PUT does not send keeps its value; null clears it."""
    path = f"/items/{made['id']}"
    changed = api.put(path, json={"quality": 0.9, "popularity": 0.3, "title": "II"}, headers=AUTH).json()
    assert changed == {**made, "quality": 0.9, "popularity": 0.3, "title": "II"}
    body = {"creator": None, "genres": None, "quality": None, "medium": "Movie"}
    changed = api.put(path, json=body, headers=AUTH).json()
    assert (changed["creator"], changed["genres"], changed["quality"]) == (None, [], 0.5)
    assert (changed["popularity"], changed["year"], changed["valence"]) == (0.3, 2017, made["valence"])
    calm = api.put(path, json={**changed, "emotions": ["happy"]}, headers=AUTH).json()
    assert calm["affect_source"] == "linked emotions"
    assert calm["valence"] > 0 > made["valence"]


@pytest.mark.parametrize("body", [{"title": None}, {"valence": None}, {"url": "x"}, {"unknown": 1}, [], None])
def test_bad_change(api: httpx.Client, made: Any, body: Any) -> None:
    """A change that leaves no valid item is a 422 and changes nothing."""
    assert_problem(api.put(f"/items/{made['id']}", json=body, headers=AUTH), 422, "invalid")
    assert api.get(f"/items/{made['id']}").json() == made


def test_put_onto_other_item(api: httpx.Client, made: Any) -> None:
    """PUT with another item's work is a conflict."""
    taken = api.get("/items", params={"q": "handpicked"}).json()["items"][0]
    body = {"title": taken["title"], "url": taken["url"], "creator": None, "year": None}
    assert_problem(api.put(f"/items/{made['id']}", json=body, headers=AUTH), 409, "conflict")


def test_put_onto_removed_item(api: httpx.Client, made: Any) -> None:
    """PUT on or onto a removed item is a conflict that says why."""
    gone = {**NEW, "title": "Soon gone", "url": "https://example.org/soon-gone"}
    path = f"/items/{api.post('/items', json=gone, headers=AUTH).json()['id']}"
    api.delete(path, headers=AUTH)
    answer = assert_problem(api.put(path, json=NEW, headers=AUTH), 409, "conflict")
    assert "was removed" in answer["detail"]
    answer = assert_problem(api.put(f"/items/{made['id']}", json=gone, headers=AUTH), 409, "conflict")
    assert "was removed" in answer["detail"]
    assert_problem(api.put("/items/999999", json=NEW, headers=AUTH), 404, "not_found")


def test_remove_and_add_again(api: httpx.Client, made: Any) -> None:
    """A removed item is gone, and comes back under its id when added again."""
    assert api.delete(f"/items/{made['id']}", headers=AUTH).status_code == 204
    assert_problem(api.get(f"/items/{made['id']}"), 404, "not_found")
    assert_problem(api.delete(f"/items/{made['id']}", headers=AUTH), 404, "not_found")
    back = api.post("/items", json=NEW, headers=AUTH)
    assert back.status_code == 201
    assert back.json()["id"] == made["id"]


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": ""}, {"X-API-Key": "wrong"}, {"X-API-Key": "schlüssel".encode("latin-1")}]
)
def test_wrong_key(api: httpx.Client, made: Any, headers: Any) -> None:
    """Without the right key every edit is a 403 and changes nothing."""
    path = f"/items/{made['id']}"
    assert_problem(api.post("/items", json=NEW, headers=headers), 403, "not_allowed")
    assert_problem(api.put(path, json=NEW, headers=headers), 403, "not_allowed")
    assert_problem(api.delete(path, headers=headers), 403, "not_allowed")
    assert api.get(path).json() == made


@pytest.mark.parametrize(
    "change",
    [
        {"url": "javascript:alert(1)"},
        {"url": "data:text/html,x"},
        {"url": "//example.org/x"},
        {"url": "https://"},
        {"url": "https://example.org/a b"},
        {"url": "https://example.org/\u0000"},
        {"url": "https://[broken"},
        {"url": "https://example.org/" + "x" * 2000},
        {"title": ""},
        {"title": "   "},
        {"title": "x" * 301},
        {"title": "a\u0000b"},
        {"medium": "opera"},
        {"emotions": ["bored"]},
        {"year": 99999},
        {"valence": 2},
        {"unknown": 1},
        {"kind": "heap"},
        {"language": "english"},
        {"runtime_min": 0},
        {"image_url": "http://example.org/a.jpg"},
        {"tags": ["x" * 41]},
        {"tags": [f"{'y' * 30} {i}" for i in range(30)]},
    ],
)
def test_bad_item(api: httpx.Client, change: Any) -> None:
    """An item with an invalid field is a 422."""
    assert_problem(api.post("/items", json={**NEW, **change}, headers=AUTH), 422, "invalid")


def test_no_configured_key(sqlite_url: str, made_catalogue: Path) -> None:
    """Without a configured key every edit is a 403."""
    with recommender(database_url=sqlite_url, catalogue_dir=made_catalogue) as client:
        assert_problem(client.post("/items", json=NEW, headers=AUTH), 403, "not_allowed")
        assert_problem(client.post("/items", json=NEW, headers={"X-API-Key": ""}), 403, "not_allowed")


def test_key_from_file(tmp_path: Path, sqlite_url: str, made_catalogue: Path) -> None:
    """The key can be read from a file."""
    (tmp_path / "key").write_text("from a file\n")
    with recommender(
        database_url=sqlite_url, catalogue_dir=made_catalogue, api_key_file=tmp_path / "key"
    ) as client:
        body = {**NEW, "url": "https://example.org/by-file"}
        assert client.post("/items", json=body, headers={"X-API-Key": "from a file"}).status_code == 201


KNOWN = {
    "kind": "work",
    "tags": ["kindness", "coming of age"],
    "language": "en",
    "runtime_min": 103,
    "explicit": False,
    "age_rating": "PG",
    "image_url": "https://example.org/paddington.jpg",
}


def test_known_fields(api: httpx.Client) -> None:
    """Whatever is known of an item is stored, listed and recommended."""
    body = {
        **NEW,
        "url": "https://example.org/known",
        "title": "Known",
        "tags": ["Kindness", "Coming-of-Age"],
    }
    made = api.post("/items", json={**KNOWN, **body, "language": "EN"}, headers=AUTH).json()
    assert {name: made[name] for name in KNOWN} == KNOWN
    assert made["links"] == []
    params: dict[str, str | int] = {"emotion": "angry", "medium": "movie", "limit": 50}
    params |= {"year_from": 2017, "year_to": 2017}  # NEW's year: few better known ones compete
    items = {item["id"]: item for item in api.get("/recommend", params=params).json()["items"]}
    assert {name: items[made["id"]][name] for name in KNOWN} == KNOWN
    api.delete(f"/items/{made['id']}", headers=AUTH)


def test_collection(api: httpx.Client) -> None:
    """A collection is listed and never recommended."""
    body = {**NEW, "url": "https://example.org/many", "title": "Marvel films", "kind": "collection"}
    made = api.post("/items", json=body, headers=AUTH).json()
    assert api.get(f"/items/{made['id']}").json()["kind"] == "collection"
    params: dict[str, str | int] = {"emotion": "angry", "medium": "movie", "limit": 50}
    assert made["id"] not in [item["id"] for item in api.get("/recommend", params=params).json()["items"]]
    api.delete(f"/items/{made['id']}", headers=AUTH)
