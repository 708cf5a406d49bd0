"""GET /items/{id}/similar, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, insert

from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.models import Neighbour
from tests.helpers.memory import say, take_back
from tests.helpers.recommender import assert_problem, recommender, write_catalogue
from tests.integration.conftest import KEY

AUTH = {"X-API-Key": KEY}


def row(medium: str, title: str, **more: str) -> dict[str, str]:
    place = {"valence": "0.1", "arousal": "0.1", "affect_confidence": "0.8", "quality": "0.9"}
    url = f"https://example.org/{medium}/{title.replace(' ', '-')}"
    return {"medium": medium, "title": title, "url": url, **place, **more}


HEIST: dict[str, str] = {"genres": "comedy|crime", "tags": "heist|witty|clever"}
ROWS = [
    row("movie", "The Heist", creator="Ada Maker", year="1973", language="en", age_rating="PG", **HEIST),
    row("movie", "Far Heist", valence="-0.9", arousal="-0.9", creator="Bo", age_rating="R", **HEIST),
    row("movie", "Same Maker", valence="0.9", arousal="-0.9", creator="Ada Maker", genres="war"),
    row("movie", "Dark Heist", creator="Cy", genres="comedy|crime", tags="heist|witty|clever|suicide"),
    row("movie", "Heists to watch", kind="collection", creator="Ada Maker", **HEIST),
    row("book", "Book of Heists", creator="Di", genres="crime", tags="heist|witty"),
    *(row("movie", f"Filler {i}", genres="drama", creator=f"Maker {i}") for i in range(200)),
    *(row("book", f"Book {i}", genres="drama") for i in range(20)),
]


@pytest.fixture(scope="module")
def made_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("similar"), ROWS)


def find(api: httpx.Client, title: str) -> int:
    found = api.get("/items", params={"q": title, "limit": 200}).json()["items"]
    return next(int(item["id"]) for item in found if item["title"] == title)


def similar(api: httpx.Client, title: str = "The Heist", **params: Any) -> list[dict[str, Any]]:
    answer = api.get(f"/items/{find(api, title)}/similar", params=params)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"items"}
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def titles(items: list[dict[str, Any]]) -> list[str]:
    return [item["title"] for item in items]


def test_shape(api: httpx.Client) -> None:
    """Items are as /recommend has them, of the item's own medium, five of them and the best first."""
    items = similar(api)
    known = api.get("/recommend", params={"emotion": "sad", "medium": "movie"}).json()["items"]
    assert list(items[0]) == list(known[0])
    assert [item["medium"] for item in items] == ["movie"] * 5
    scores = [item["score"] for item in items]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert items == similar(api)


def test_content(api: httpx.Client) -> None:
    """The same themes and the same maker are found all over the plane; the item itself never."""
    found = {item["title"]: item["reason"] for item in similar(api, limit=50)}
    assert next(iter(found)) == "Far Heist"
    assert "Same Maker" in found
    assert "The Heist" not in found
    assert found["Far Heist"] == "Also about a heist, just as witty and clever."
    assert found["Same Maker"].startswith("Also by Ada Maker")


def test_media(api: httpx.Client) -> None:
    """Media come in the order asked for, each with `limit` items, in any case."""
    items = similar(api, medium=["Book", "movie"], limit=3)
    assert [item["medium"] for item in items] == ["book"] * 3 + ["movie"] * 3
    assert items[0]["title"] == "Book of Heists"
    assert "Also about a heist" in items[0]["reason"]
    assert similar(api, medium="song") == []


def test_language(api: httpx.Client) -> None:
    """Reasons speak the language that is asked for."""
    path = f"/items/{find(api, 'The Heist')}/similar"
    items = api.get(path, headers={"Accept-Language": "de"}).json()["items"]
    assert items[0]["reason"] == "Auch über einen Raubzug, ebenso witzig und schlau."


def test_left_out(api: httpx.Client) -> None:
    """Collections never come; works about suicide only where they are asked for; filters hold."""
    everything = titles(similar(api, limit=50))
    assert "Heists to watch" not in everything
    assert "Dark Heist" not in everything
    assert titles(similar(api, sensitive="include"))[0] == "Dark Heist"
    assert "Far Heist" not in titles(similar(api, genre="drama", limit=50))
    assert similar(api, family="true") == []
    assert similar(api, title="Far Heist", family="true")[0]["title"] == "The Heist"


def test_blocked(api: httpx.Client) -> None:
    """What a user hid or has seen is left out for this user, until it is taken back."""
    far = find(api, "Far Heist")
    say(api, "anna", far, "seen")
    assert "Far Heist" not in titles(similar(api, user_id="anna"))
    assert "Far Heist" in titles(similar(api, user_id="bea"))
    take_back(api, "anna", far)
    assert "Far Heist" in titles(similar(api, user_id="anna"))


def test_unknown_item(api: httpx.Client) -> None:
    """An unknown or removed item is a 404; impossible ids and options are a 422."""
    assert_problem(api.get("/items/999999/similar"), 404, "not_found")
    made = {"medium": "movie", "title": "Gone", "url": "https://example.org/gone"}
    gone = api.post("/items", json=made, headers=AUTH).json()["id"]
    api.delete(f"/items/{gone}", headers=AUTH)
    assert_problem(api.get(f"/items/{gone}/similar"), 404, "not_found")
    assert "Gone" not in titles(similar(api, limit=50))
    for path, params in (("0", {}), ("x", {}), ("1", {"limit": 51}), ("1", {"medium": "opera"})):
        assert_problem(api.get(f"/items/{path}/similar", params=params), 422, "invalid")


@pytest.fixture
def liked(api: httpx.Client, database_url: str) -> Iterator[dict[str, int]]:
    """Three films that as many users like together with The Heist as their numbers say."""
    users = {"Filler 7": 20, "Filler 8": 19, "Filler 9": 500}
    rows = [
        {"item_id": find(api, "The Heist"), "neighbour_id": find(api, title), "nearness": 0.9, "users": count}
        for title, count in users.items()
    ]
    engine = make_engine(database_url)
    with engine.execution_options(**WRITING).begin() as connection:
        connection.execute(insert(Neighbour), rows)
    yield users
    with engine.execution_options(**WRITING).begin() as connection:
        connection.execute(delete(Neighbour))
    engine.dispose()


@pytest.mark.usefixtures("liked")
def test_likes_of_others(api: httpx.Client) -> None:
    """What at least twenty users like together comes first, and the reason says so."""
    items = similar(api)
    assert set(titles(items)[:2]) == {"Filler 7", "Filler 9"}
    said = ["liked by people who like this one" in item["reason"].lower() for item in items]
    assert said == [True, True, False, False, False]
    assert not any("liked by" in item["reason"].lower() for item in similar(api, title="Filler 7"))


def test_bare_item(tmp_path: Path) -> None:
    """Of an item of which nothing is known, what is near is still given, and nothing is made up."""
    rows = [{"medium": "movie", "title": f"Bare {i}", "url": f"https://example.org/{i}"} for i in range(4)]
    folder = write_catalogue(tmp_path / "bare", rows)
    with recommender(database_url=f"sqlite:///{tmp_path / 'r.db'}", catalogue_dir=folder) as client:
        reasons = [item["reason"] for item in similar(client, title="Bare 0")]
    assert reasons == ["Another film.", "Bare 2: another film.", "Bare 3: another film."]
