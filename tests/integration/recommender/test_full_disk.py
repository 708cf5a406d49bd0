"""A full disk under each kind of database."""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from bench.harden.kills import Service
from tests.helpers.disks import small_disk
from tests.helpers.postgres import running_cluster, server_user
from tests.helpers.recommender import assert_problem

MOST = 6000
"""Writes within which the disk must be full."""


def fill(disk: Any) -> None:
    """Take what room is left, in a file that can be deleted."""
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            return


@contextmanager
def running(url: str, folder: Path) -> Iterator[Any]:
    folder.mkdir(exist_ok=True)
    service = Service(url, folder)
    service.start()
    try:
        with httpx.Client(base_url=service.address, timeout=60) as client:
            yield service, client
    finally:
        service.kill()


def say(client: httpx.Client, user: str, number: int) -> Any:
    body = {"user_id": user, "item_id": number % 100 + 1, "action": "open"}
    return client.post("/feedback", json=body)


def until_refused(client: httpx.Client, user: str) -> Any:
    """Ids of the feedback that was acknowledged, and the first refusal."""
    kept: list[int] = []
    for number in range(MOST):
        answer = say(client, user, number)
        if answer.status_code != 201:
            return kept, answer
        kept.append(answer.json()["id"])
    raise AssertionError("the disk never was full")


def history(client: httpx.Client, user: str) -> Any:
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get(f"/users/{user}/history", params={"limit": 200, **cursor}).json()
        found += [entry["id"] for entry in page["feedback"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def assert_refused(answer: Any) -> None:
    assert answer.status_code in {503, 507}
    assert_problem(
        answer, answer.status_code, {507: "database_full", 503: "database_unavailable"}[answer.status_code]
    )
    assert int(answer.headers["retry-after"]) > 0


def assert_nothing_lost(client: httpx.Client, kept: Any, user: str = "filler") -> None:
    assert sorted(history(client, user)) == kept


def test_sqlite_on_a_full_disk(tmp_path: Path) -> None:
    """On a full disk writes are a 507, reads go on, and no acknowledged write is lost."""
    with (
        small_disk(12) as disk,
        running(f"sqlite:///{disk}/r.db", tmp_path / "s") as (service, client),
    ):
        assert say(client, "before", 1).status_code == 201
        fill(disk)
        kept, refusal = until_refused(client, "filler")
        assert_problem(refusal, 507, "database_full")
        assert client.get("/recommend", params={"emotion": "sad"}).status_code == 200
        assert_nothing_lost(client, kept)
        (disk / "filler").unlink()
        assert say(client, "after", 2).status_code == 201
        service.kill()
        service.start()
        assert_nothing_lost(client, kept)
        assert len(history(client, "after")) == 1


def test_sqlite_file_size_limit(tmp_path: Path) -> None:
    """At a process's file size limit writes are rejected, reads go on, and nothing is lost."""
    with running(f"sqlite:///{tmp_path}/r.db", tmp_path / "s") as (service, client):
        assert say(client, "before", 1).status_code == 201
        _, hard = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
        used = max(path.stat().st_size for path in tmp_path.glob("r.db*"))
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (used + 40_000, hard))
        kept, refusal = until_refused(client, "filler")
        assert_refused(refusal)
        assert client.get("/recommend", params={"emotion": "sad"}).status_code == 200
        assert_nothing_lost(client, kept)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert say(client, "after", 2).status_code == 201
        service.kill()
        service.start()
        assert_nothing_lost(client, kept)


@pytest.mark.postgres
def test_postgresql_on_a_full_disk(tmp_path: Path) -> None:
    """On a full tablespace writes are a 507, reads go on, and nothing is lost."""
    with small_disk(40) as disk, running_cluster() as cluster:
        space = disk / "space"
        space.mkdir()
        if user := server_user():
            shutil.chown(space, user)
        with psycopg.connect(f"{cluster.url}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
            connection.execute("CREATE DATABASE crowded TABLESPACE small")
        with running(f"{cluster.url}/crowded", tmp_path / "s") as (_, client):
            assert say(client, "before", 1).status_code == 201
            fill(disk)
            kept, refusal = until_refused(client, "filler")
            assert_problem(refusal, 507, "database_full")
            assert client.get("/recommend", params={"emotion": "sad"}).status_code == 200
            assert_nothing_lost(client, kept)
            (disk / "filler").unlink()
            assert say(client, "after", 2).status_code == 201
            assert_nothing_lost(client, kept)
