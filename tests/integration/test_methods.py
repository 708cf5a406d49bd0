"""HEAD, `Allow` and CORS headers, on the recommender."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.recommender.main import create_app
from services.recommender.settings import Settings
from tests.helpers.recommender import assert_problem, recommender, serving

ORIGIN = {"Origin": "https://example.org"}


@pytest.fixture(scope="module")
def client(sqlite_url: str, made_catalogue: Path) -> Iterator[httpx.Client]:
    settings = {"database_url": sqlite_url, "catalogue_dir": made_catalogue}
    with recommender(cors_origins=["https://example.org"], **settings) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/items?limit=1", "/healthz", "/docs", "/openapi.json", "/js/app.js"])
def test_head(client: httpx.Client, path: str) -> None:
    """HEAD has the status and headers of GET, and no body."""
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers.get("content-length") == get.headers.get("content-length")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/items", "GET, HEAD, POST"),
        ("POST", "/items/1", "DELETE, GET, HEAD, PUT"),
        ("HEAD", "/feedback", "POST"),
        ("DELETE", "/healthz", "GET, HEAD"),
        ("POST", "/js/app.js", "GET, HEAD"),
    ],
)
def test_allow(client: httpx.Client, method: str, path: str, allowed: str) -> None:
    """A 405 names every method of the path."""
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed


def test_cors_on_early_errors(client: httpx.Client) -> None:
    """A page of an allowed site can read the 431 too."""
    answer = client.get("/healthz", headers={**ORIGIN, "x": "y" * 17_000})
    assert_problem(answer, 431, "headers_too_large")
    assert answer.headers["access-control-allow-origin"] == "https://example.org"


def test_cors_on_failures(sqlite_url: str, made_catalogue: Path) -> None:
    """A page of an allowed site can read a 500 too."""

    def fail() -> None:
        raise RuntimeError("a defect")

    app = create_app(
        Settings(database_url=sqlite_url, catalogue_dir=made_catalogue, cors_origins=["https://example.org"])
    )
    app.add_api_route("/fail", fail)
    with serving(app) as address:
        answer = httpx.get(f"{address}/fail", headers=ORIGIN)
    assert_problem(answer, 500, "internal_error")
    assert answer.headers["access-control-allow-origin"] == "https://example.org"
