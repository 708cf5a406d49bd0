"""Time limits where somebody else holds the database."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from services.recommender.store.db import STATEMENT_S, Sessions, make_engine
from tests.helpers.postgres import new_database
from tests.helpers.recommender import assert_problem, recommender

WAIT_S = 0.5


@pytest.fixture
def impatient(database_url: str, made_catalogue: Path) -> Iterator[Any]:
    settings = {"database_url": database_url, "catalogue_dir": made_catalogue}
    with recommender(database_timeout_s=WAIT_S, **settings) as client:
        yield client


def locked(database_url: str) -> "closing[sqlite3.Connection | psycopg.Connection]":
    """A connection that holds what `POST /feedback` must have."""
    connection: sqlite3.Connection | psycopg.Connection
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection = psycopg.connect(database_url)
        connection.execute("LOCK TABLE feedback, user_items, users IN ACCESS EXCLUSIVE MODE")
    return closing(connection)


def test_lock_timeout(impatient: Any, database_url: str) -> None:
    """A request waits for a lock only as long as the timeout says, then gets 503."""
    opinion = {"user_id": "waiting", "item_id": 1, "action": "like"}
    with locked(database_url):
        started = time.monotonic()
        answer = impatient.post("/feedback", json=opinion)
        assert time.monotonic() - started < 20 * WAIT_S
        assert_problem(answer, 503, "database_unavailable")
        assert int(answer.headers["retry-after"]) > 0
    assert impatient.post("/feedback", json=opinion).status_code == 201


@pytest.mark.postgres
def test_statement_timeout(cluster: str) -> None:
    """Every session on PostgreSQL has a statement timeout."""
    engine = make_engine(new_database(cluster, "bounded"))
    sessions = Sessions(engine)
    for made in (sessions.read, sessions.write):
        with made.begin() as session:
            assert session.execute(text("SHOW statement_timeout")).scalar_one() == f"{STATEMENT_S}s"
    engine.dispose()
