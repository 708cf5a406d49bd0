"""Filters of the catalogue and of recommendations, on SQLite and on PostgreSQL."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic import command
from sqlalchemy import text

from services.recommender.prepare import prepare
from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.schema import alembic_config
from tests.helpers.postgres import new_database
from tests.helpers.recommender import FakeInference, assert_problem, write_catalogue
from tests.integration.conftest import KEY

AUTH = {"X-API-Key": KEY}
PHOTO = {"file": ("face.jpg", b"not looked into", "image/jpeg")}
FAR = {"valence": "0.9", "arousal": "0.9"}
FAMILY = {
    "movie": [("G", True), ("pg-13", True), ("R", False), ("NC-17", False), ("", False)],
    "song": [("false", True), ("true", False), ("", False)],
    "book": [("magic", True), ("", True), ("erotica", False)],
    "game": [("puzzle", True), ("", True), ("nudity", False)],
}
"""What is known of an item, and whether `family` keeps it."""
KNOWN_AS = {"movie": "age_rating", "song": "explicit", "book": "genres", "game": "tags"}


def row(medium: str, title: str, **more: str) -> dict[str, str]:
    place = {"valence": "0.1", "arousal": "0.1", "affect_confidence": "0.8", "quality": "0.9"}
    url = f"https://example.org/{medium}/{title.replace(' ', '-')}"
    return {"medium": medium, "title": title, "url": url, **place, **more}


@pytest.fixture(scope="module")
def made_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty better films at the target, and far from it a few of each kind that filters ask for."""
    rows = [row("movie", f"common {i}", genres="drama", tags="suicide", quality="1") for i in range(60)]
    rows += [
        row("movie", f"rare {i}", genres="Sci-Fi|a_b", year="1999", language="fr", **FAR) for i in range(6)
    ]
    rows += [row("movie", "near rare", genres="axb|science")]
    rows += [row("song", f"old {i}", genres="Rap", year=f"19{50 + i}", **FAR) for i in range(10)]
    rows += [row("song", f"undated {i}", genres="Hip-Hop") for i in range(30)]
    for medium, known in FAMILY.items():
        rows += [
            row(medium, f"{medium} {'for' if kept else 'not for'} all {value}", **{KNOWN_AS[medium]: value})
            for value, kept in known
        ]
    return write_catalogue(tmp_path_factory.mktemp("filters"), rows)


def titles(api: httpx.Client, how: str = "recommend", **params: Any) -> list[str]:
    """The titles that a route answers, with the options where it takes them."""
    if how == "post":
        answer = api.post("/recommend", json={"emotion": "neutral", **params})
    elif how == "items":
        params.pop("limit", None)
        answer = api.get("/items", params={"limit": 200, **params})
    elif how == "photo":
        answer = api.post("/recommend/photo", params=params, files=PHOTO)
    elif how == "form":
        answer = api.post("/recommend/photo", data=params, files=PHOTO)
    else:
        answer = api.get("/recommend", params={"emotion": "neutral", **params})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return [item["title"] for item in (body.get("recommendation") or body)["items"]]


HOW = ("recommend", "post", "items", "photo", "form")


@pytest.mark.parametrize("how", HOW)
@pytest.mark.usefixtures("inference")
def test_genre(api: httpx.Client, how: str) -> None:
    """A genre is understood in any spelling and case; several mean any of them."""
    rare, songs = {f"rare {i}" for i in range(6)}, {f"old {i}" for i in range(10)}
    for spelling in ("Sci-Fi", "SCIENCE FICTION", "scifi"):
        assert set(titles(api, how, medium="movie", genre=spelling, limit=10)) == rare
    undated = {f"undated {i}" for i in range(30)}
    for spelling in ("hip hop", "hip-hop", "Rap"):
        assert set(titles(api, how, medium="song", genre=spelling, limit=50)) == songs | undated
    both = titles(api, how, genre=["sci fi", "hiphop"], limit=50)
    assert set(both) == rare | songs | undated


def test_genre_is_whole(api: httpx.Client) -> None:
    """Part of a genre's name finds nothing, and an underscore stands for itself."""
    assert titles(api, "items", genre="fiction") == []
    assert len(titles(api, "items", genre="a_b")) == 6
    assert titles(api, "items", genre="axb") == ["near rare"]
    assert titles(api, genre="a%") == []


@pytest.mark.parametrize("how", HOW)
@pytest.mark.usefixtures("inference")
def test_unknown_value(api: httpx.Client, how: str) -> None:
    """A language or a range of years leaves out items of which it is not known."""
    rare = {f"rare {i}" for i in range(6)}
    assert set(titles(api, how, language="FR", limit=50)) == rare
    assert set(titles(api, how, year_from=1999, limit=50)) == rare
    assert set(titles(api, how, year_to=1952, limit=50)) == {"old 0", "old 1", "old 2"}
    assert set(titles(api, how, year_from=1953, year_to=1954, limit=50)) == {"old 3", "old 4"}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("medium", FAMILY)
@pytest.mark.usefixtures("inference")
def test_family(api: httpx.Client, how: str, medium: str) -> None:
    """`family` keeps songs and films known to be harmless, and books and games that are not for adults."""
    found = titles(api, how, medium=medium.upper(), family="TRUE" if how != "post" else True, limit=50)
    assert set(found) == {f"{medium} for all {value}".strip() for value, kept in FAMILY[medium] if kept}


def test_filters_with_search(api: httpx.Client) -> None:
    """Filters and words of a search both count, page by page."""
    assert titles(api, "items", q="for all", medium="movie", family="true") == [
        "movie for all G",
        "movie for all pg-13",
    ]
    seen: list[str] = []
    cursor = "0"
    while cursor:
        page = api.get(
            "/items", params={"genre": "rap", "year_to": 1956, "limit": 3, "cursor": cursor}
        ).json()
        seen += [item["title"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"old {i}" for i in range(7)]


def test_few_left(api: httpx.Client) -> None:
    """However few items the filters keep and wherever they are, they fill the shelf."""
    for emotion in ("sad", "happy", "angry"):
        found = titles(api, emotion=emotion, genre="scifi", language="fr", medium="movie")
        assert len(set(found)) == 5
        assert all(title.startswith("rare") for title in found)


def test_few_left_with_care(api: httpx.Client) -> None:
    """Works that are held back do not keep others from filling the shelf."""
    found = titles(api, emotion="sad", strategy="match", medium="movie", limit=10)
    assert len(found) == 10
    assert not any(title.startswith("common") for title in found)


@pytest.mark.parametrize(
    "params",
    [
        {"genre": "!!"},
        {"genre": "x" * 41},
        {"genre": ["x"] * 11},
        {"genre": [""] * 11},
        {"language": "french"},
        {"language": "1"},
        {"year_from": "soon"},
        {"year_to": 99999},
        {"year_from": 2001, "year_to": 2000},
        {"family": "perhaps"},
    ],
)
def test_bad_filters(api: httpx.Client, params: Any) -> None:
    """An impossible filter is a 422, in the query as in JSON and in a form."""
    assert_problem(api.get("/recommend", params={"emotion": "sad", **params}), 422, "invalid")
    assert_problem(api.get("/items", params=params), 422, "invalid")
    assert_problem(api.post("/recommend", json={"emotion": "sad", **params}), 422, "invalid")
    assert_problem(api.post("/recommend/photo", data=params, files=PHOTO), 422, "invalid")


@pytest.mark.usefixtures("inference")
def test_empty_filters(api: httpx.Client) -> None:
    """What a form sends for fields left empty filters nothing."""
    empty = {"genre": "", "language": "", "year_from": "", "year_to": ""}
    assert titles(api, **empty) == titles(api)
    assert titles(api, "form", **empty) == titles(api, "form")


FILTERS = "genre, language, year_from, year_to, family"
OPTIONS = f"{FILTERS}, medium, limit, strategy, exclude, user_id, sensitive"
PARAMETERS = {
    "GET /recommend": f"{OPTIONS}, emotion",
    "POST /recommend": "none",
    "POST /recommend/photo": f"{OPTIONS}, detect, faces",
    "POST /predict": "strict, detect",
    "GET /items": f"{FILTERS}, medium, emotion, q, limit, cursor",
    "GET /items/1": "none",
    "GET /items/1/similar": f"{FILTERS}, medium, limit, user_id, sensitive",
    "POST /items": "none",
    "PUT /items/1": "none",
    "DELETE /items/1": "none",
    "GET /emotions": "none",
    "GET /media": "none",
    "POST /feedback": "none",
    "DELETE /users/anna/opinions/1": "action",
    "GET /users/anna/history": "limit, cursor",
    "GET /users/anna/saved": "limit, cursor",
    "GET /users/anna/export": "none",
    "DELETE /users/anna": "none",
    "GET /healthz": "none",
    "GET /readyz": "none",
    "GET /metrics": "none",
}


@pytest.mark.parametrize("route", PARAMETERS)
def test_unknown_parameter(api: httpx.Client, route: str) -> None:
    """A parameter that a route does not know is a 422 that names those that it knows."""
    method, path = route.split()
    answer = api.request(method, path, params={"emotoin": "sad"}, headers=AUTH)
    assert assert_problem(answer, 422, "invalid")["detail"].endswith(f"known are: {PARAMETERS[route]}")


def test_every_route_is_strict(api: httpx.Client) -> None:
    """The table above has every documented route."""
    documented = {
        f"{method.upper()} {path.format(item_id=1, user_id='anna')}"
        for path, methods in api.get("/openapi.json").json()["paths"].items()
        for method in methods
    }
    assert documented == set(PARAMETERS)


def test_unknown_field(api: httpx.Client) -> None:
    """A field that POST /recommend does not know is a 422 too."""
    answer = api.post("/recommend", json={"emotion": "sad", "genres": ["drama"]})
    detail = assert_problem(answer, 422, "invalid")["detail"]
    assert f"known are: {FILTERS}" in detail
    assert "emotion, probabilities" in detail


def test_documented_form(api: httpx.Client) -> None:
    """The form of /recommend/photo documents the filters."""
    operation = api.get("/openapi.json").json()["paths"]["/recommend/photo"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert set(FILTERS.split(", ")) <= form.keys()


def test_case_of_values(api: httpx.Client) -> None:
    """Media, strategies and emotions are taken in any case."""
    given = titles(api, emotion="SAD", medium=["Movie", "SONG"], strategy="Lift")
    assert given == titles(api, emotion="sad", medium=["movie", "song"], strategy="lift")
    assert titles(api, emotion="Anxious") == titles(api, emotion="fear")


def test_written_spelling(api: httpx.Client) -> None:
    """What is written over HTTP is stored under the genre's one spelling, each genre once."""
    body = {"medium": "book", "title": "Written", "url": "https://example.org/w", "emotions": ["anxious"]}
    made = api.post("/items", json={**body, "genres": ["Sci-Fi", "scifi", "YA"]}, headers=AUTH).json()
    assert made["genres"] == ["science fiction", "young adult"]
    assert made["emotions"] == ["fear"]
    assert "Written" in titles(api, "items", genre="sci fi")
    changed = api.put(f"/items/{made['id']}", json={"genres": ["rap"]}, headers=AUTH).json()
    assert changed["genres"] == ["hip hop"]
    assert api.delete(f"/items/{made['id']}", headers=AUTH).status_code == 204


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_migrated_spelling(
    kind: str, made_catalogue: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The migration writes the one spelling where an earlier version stored others."""
    url = f"sqlite:///{tmp_path / 'r.db'}"
    if kind == "postgres":
        url = new_database(request.getfixturevalue("cluster"), "spellings")
    engine = make_engine(url)
    config = alembic_config()
    with engine.execution_options(**WRITING).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        connection.execute(
            text(
                "INSERT INTO items (id, key, medium, title, url, genres, emotions, valence, arousal, "
                "affect_source, affect_confidence, quality, popularity, prior, cell, search) VALUES "
                "(900, 'web:example.org/m', 'movie', 'Mine', 'https://example.org/m', "
                "'sci fi|drama|scifi', 0, 0, 0, 'made', 0.5, 0.5, 0.5, 0.5, 36, 'mine')"
            )
        )
    prepare(engine, made_catalogue)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT genres, work FROM items WHERE id = 900")).one()
    engine.dispose()
    assert tuple(kept) == ("science fiction|drama", "movie:mine::")


def test_inference_is_not_asked(api: httpx.Client, inference: FakeInference) -> None:
    """A wrong option is refused before the photo goes to inference."""
    assert_problem(api.post("/recommend/photo?langauge=fr", files=PHOTO), 422, "invalid")
    assert_problem(api.post("/recommend/photo", data={"language": "french"}, files=PHOTO), 422, "invalid")
    assert inference.seen == []


@pytest.mark.parametrize("name", ["user_id", "limit", "strategy"])
def test_field_given_twice(api: httpx.Client, name: str) -> None:
    """A form that has a field of one value twice is refused, as none of the two could be chosen."""
    twice = {"user_id": ["a", "b"], "limit": ["3", "4"], "strategy": ["calm", "lift"]}[name]
    answer = api.post("/recommend/photo", data={name: twice}, files=PHOTO)
    assert_problem(answer, 422, "invalid")
    assert name in answer.json()["detail"]
