"""`--env-file deploy/compose/postgres.env`: the same system with PostgreSQL beneath the recommender."""

from collections.abc import Iterator

import pytest
import yaml

from tests.containers.stack import ROOT, Stack, running, until

JOB = ROOT / "deploy" / "k8s" / "overlays" / "postgres" / "migrate.yaml"

PASSWORD = "letters123"  # noqa: S105 - of a database that lives as long as this test
COUNT = "SELECT count(*) FROM items"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    stack = Stack("postgres", "tests/containers/postgres/compose.yml", POSTGRES_PASSWORD=PASSWORD)
    stack.options += ["--env-file", "deploy/compose/postgres.env"]
    stack.compose("build", "postgres")
    with running(stack):
        yield stack


def query(stack: Stack, sql: str, database: str = "recommender") -> str:
    command = ["psql", "--username=recommender", f"--dbname={database}", "--tuples-only", "--no-align"]
    return stack.compose(
        "exec", "-T", "--env", f"PGPASSWORD={PASSWORD}", "postgres", *command, "-c", sql
    ).strip()


def test_the_catalogue_lies_in_postgresql(stack: Stack) -> None:
    stocked = sum(medium["items"] for medium in stack.http.get("/media").json())
    assert stocked > 0
    assert int(query(stack, COUNT)) == stocked


def test_a_photo_becomes_shelves(stack: Stack) -> None:
    answer = stack.send_photo()
    assert answer.status_code == 200
    assert answer.json()["recommendation"]["items"]


def test_the_recommender_outlives_a_restart_of_its_database(stack: Stack) -> None:
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


def test_the_migration_job_of_kubernetes_fills_an_empty_database(stack: Stack) -> None:
    """Its very command, in the image that it names."""
    query(stack, "CREATE DATABASE fresh")
    url = f"postgresql://recommender:{PASSWORD}@postgres/fresh"
    container = yaml.safe_load(JOB.read_text())["spec"]["template"]["spec"]["containers"][0]
    command = [*container["command"], *container["args"]]
    stack.compose(
        "run", "--rm", "--no-deps", "-T", f"--env=RECOMMENDER_DATABASE_URL={url}", "recommender", *command
    )
    assert query(stack, COUNT, "fresh") == query(stack, COUNT)
