"""The recommender's surroundings: a catalogue made for tests, a database of each kind, a fake inference."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers.postgres import new_database, postgres_cluster
from tests.helpers.recommender import (
    FakeInference,
    made_rows,
    recommender,
    serving,
    write_catalogue,
)

KEY = "a key of the tests"
numbers = itertools.count()


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """A real PostgreSQL, started for this test run."""
    with postgres_cluster() as url:
        yield url


@pytest.fixture(scope="session")
def made_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("catalogue"), made_rows())


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database; every test that takes this runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database') / 'recommender.db'}"
    return new_database(request.getfixturevalue("cluster"), f"recommender_{next(numbers)}")


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'recommender.db'}"


@pytest.fixture(scope="module")
def inference_server() -> Iterator[tuple[FakeInference, str]]:
    fake = FakeInference()
    with serving(fake) as address:
        yield fake, address


@pytest.fixture
def inference(inference_server: tuple[FakeInference, str]) -> FakeInference:
    fake, _ = inference_server
    fake.reset()
    return fake


@pytest.fixture(scope="module")
def api(
    database_url: str, made_catalogue: Path, inference_server: tuple[FakeInference, str]
) -> Iterator[httpx.Client]:
    """A client of a recommender on each database, beside the fake inference."""
    with recommender(
        database_url=database_url,
        catalogue_dir=made_catalogue,
        inference_url=inference_server[1],
        inference_timeout_s=1.0,
        inference_failures=1000,  # what each failure gives; recommender/test_breaker.py has the breaker
        api_key=KEY,
        feedback_per_minute=0,  # the tests send more
        max_upload_bytes=200_000,
        max_json_bytes=150_000,
    ) as client:
        yield client
