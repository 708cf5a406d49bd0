"""The system with PostgreSQL as the recommender's database, by deploy/compose/postgres.env."""

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


def test_catalogue_stored(stack: Stack) -> None:
    """The catalogue that the recommender serves is stored in PostgreSQL."""
    stocked = sum(medium["items"] for medium in stack.http.get("/media").json())
    assert stocked > 0
    assert int(query(stack, COUNT)) == stocked


def test_photo(stack: Stack) -> None:
    """A photo is answered with recommendations."""
    answer = stack.send_photo()
    assert answer.status_code == 200
    assert answer.json()["recommendation"]["items"]


def test_database_restart(stack: Stack) -> None:
    """The recommender answers 503 while its database is down, and recommends again once it is back."""
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


def test_migration_job(stack: Stack) -> None:
    """The command of the Kubernetes migration job fills an empty database."""
    query(stack, "CREATE DATABASE fresh")
    url = f"postgresql://recommender:{PASSWORD}@postgres/fresh"
    container = yaml.safe_load(JOB.read_text())["spec"]["template"]["spec"]["containers"][0]
    command = [*container["command"], *container["args"]]
    stack.compose(
        "run", "--rm", "--no-deps", "-T", f"--env=RECOMMENDER_DATABASE_URL={url}", "recommender", *command
    )
    assert query(stack, COUNT, "fresh") == query(stack, COUNT)
