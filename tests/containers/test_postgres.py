"""`--env-file deploy/compose/postgres.env`: the same system with PostgreSQL beneath the recommender."""

import pytest

from tests.containers.stack import Stack, running, until

PASSWORD = "letters123"  # noqa: S105 - of a database that lives as long as this test
COUNT = "SELECT count(*) FROM items"


@pytest.fixture(scope="module")
def stack():
    stack = Stack("postgres", "tests/containers/postgres/compose.yml", POSTGRES_PASSWORD=PASSWORD)
    stack.options += ["--env-file", "deploy/compose/postgres.env"]
    stack.compose("build", "postgres")
    with running(stack):
        yield stack


def query(stack: Stack, sql: str) -> str:
    command = ["psql", "--username=recommender", "--dbname=recommender", "--tuples-only", "--no-align"]
    return stack.compose(
        "exec", "-T", "--env", f"PGPASSWORD={PASSWORD}", "postgres", *command, "-c", sql
    ).strip()


def test_the_catalogue_lies_in_postgresql(stack):
    stocked = sum(medium["items"] for medium in stack.http.get("/media").json())
    assert stocked > 0
    assert int(query(stack, COUNT)) == stocked


def test_a_photo_becomes_shelves(stack):
    answer = stack.send_photo()
    assert answer.status_code == 200
    assert answer.json()["recommendation"]["items"]


def test_the_recommender_outlives_a_restart_of_its_database(stack):
    before = query(stack, COUNT)
    stack.compose("stop", "postgres")
    refused = stack.http.get("/recommend", params={"emotion": "sad"})
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert stack.http.get("/readyz").status_code == 503, "not ready while the database is away"
    assert stack.http.get("/healthz").status_code == 200, "a restart would not help"
    stack.up("postgres")
    until(
        lambda: stack.http.get("/recommend", params={"emotion": "sad"}).status_code == 200,
        "recommendations are back",
    )
    assert query(stack, COUNT) == before
