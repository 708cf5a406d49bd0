"""`backup` and `restore`, while the service runs and users write."""

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from services.recommender.command import main
from services.recommender.prepare import prepare
from services.recommender.store import backup
from services.recommender.store.db import make_engine
from tests.helpers.disks import small_disk
from tests.helpers.postgres import new_database, server_programs
from tests.helpers.serving import ROOT, serve

KEY = "only-for-this-test"


def process(*arguments: object, url: str) -> "subprocess.CompletedProcess[str]":
    """The command as a user gives it, beside a service that runs."""
    return subprocess.run(
        [sys.executable, "-m", "services.recommender", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "RECOMMENDER_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The same command without a process of its own: its status and what it wrote as error."""

    def run(*arguments: object, url: str) -> tuple[int, str]:
        monkeypatch.setenv("RECOMMENDER_DATABASE_URL", url)
        status = main([str(argument) for argument in arguments])
        return status, capsys.readouterr().err

    return run


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'r.db'}"


@pytest.fixture
def database(url: str, made_catalogue: Path) -> str:
    """A database at rest."""
    engine = make_engine(url)
    prepare(engine, made_catalogue)
    engine.dispose()
    return url


@pytest.fixture
def address(tmp_path: Path, url: str, made_catalogue: Path) -> Iterator[str]:
    settings = {"database_url": url, "catalogue_dir": str(made_catalogue), "api_key": KEY}
    with serve("recommender", tmp_path / "log", **settings, feedback_per_minute="0") as address:
        yield address


class Writers:
    """Several users who keep liking things; the ids of what was acknowledged, by user, are in `ids`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.ids: dict[str, list[int]] = {f"writer-{n}": [] for n in range(4)}
        self.refused: list[int] = []
        self.ending = threading.Event()

    def write(self, user: str) -> None:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            item = 0
            while not self.ending.is_set():
                item = item % 300 + 1
                answer = client.post("/feedback", json={"user_id": user, "item_id": item, "action": "like"})
                if answer.status_code == 201:
                    self.ids[user].append(answer.json()["id"])
                else:
                    self.refused.append(answer.status_code)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.write, args=(user,)) for user in self.ids]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ending.set()
            for thread in threads:
                thread.join(60)

    def until(self, count: int) -> None:
        """Waits until that many were acknowledged."""
        while sum(map(len, self.ids.values())) < count:
            assert not self.refused
            self.ending.wait(0.01)

    def acknowledged(self) -> set[int]:
        return {number for ids in self.ids.values() for number in list(ids)}


def feedback_in(path: Path) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        ids = {row[0] for row in connection.execute("SELECT id FROM feedback")}
        half = connection.execute(
            "SELECT count(*) FROM feedback f LEFT JOIN user_items u USING (user_id, item_id) "
            "WHERE u.user_id IS NULL"
        ).fetchone()[0]
    assert half == 0, "feedback without what was learnt from it"
    return ids


def test_backup_under_load(address: str, url: str, tmp_path: Path) -> None:
    """A backup taken while users write holds everything acknowledged before it began."""
    writers = Writers(address)
    with writers.at_work():
        for number in range(2):
            writers.until(40 * (number + 1))
            before = writers.acknowledged()
            done = process("backup", tmp_path / f"copy-{number}", url=url)
            assert done.returncode == 0, done.stderr
            assert before <= feedback_in(tmp_path / f"copy-{number}")
    assert writers.refused == []
    assert (tmp_path / "copy-0").stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob(".copy*"))


def test_restore_under_load(address: str, url: str, tmp_path: Path, command: Any) -> None:
    """A restore while users write brings back the copy and keeps the replaced database beside it."""
    copied = Writers(address)
    with copied.at_work():
        copied.until(40)
    assert command("backup", tmp_path / "copy", url=url) == (0, "")
    erased = next(iter(copied.ids))
    assert httpx.delete(f"{address}/users/{erased}").status_code == 204

    writers = Writers(address)
    with writers.at_work():
        writers.until(40)
        before = writers.acknowledged()
        done = process("restore", tmp_path / "copy", url=url)
        assert done.returncode == 0, done.stderr
        seen = len(writers.acknowledged())
        writers.until(seen + 40)
    assert writers.refused == []
    (aside,) = tmp_path.glob("r.db.before-*")
    assert before <= feedback_in(aside)
    kept = httpx.get(f"{address}/users/{erased}/history", params={"limit": 200}).json()["feedback"]
    assert {entry["id"] for entry in kept} >= set(copied.ids[erased][:10])
    assert copied.acknowledged() <= feedback_in(tmp_path / "r.db")
    assert httpx.get(f"{address}/readyz").status_code == 200


def test_restore_over_damaged_file(database: Any, tmp_path: Path, command: Any) -> None:
    """A restore replaces a damaged or missing database and keeps the damaged file."""
    assert command("backup", tmp_path / "copy", url=database) == (0, "")
    ruined = tmp_path / "other" / "r.db"
    ruined.parent.mkdir()
    ruined.write_bytes(b"not a database " * 1000)
    assert command("restore", tmp_path / "copy", url=f"sqlite:///{ruined}") == (0, "")
    assert feedback_in(ruined) == set()
    (aside,) = ruined.parent.glob("r.db.before-*")
    assert aside.read_bytes().startswith(b"not a database")
    fresh = tmp_path / "fresh" / "r.db"
    assert command("restore", tmp_path / "copy", url=f"sqlite:///{fresh}") == (0, "")
    assert feedback_in(fresh) == set()


def damaged(copy: Any) -> None:
    data = bytearray(copy.read_bytes())
    data[len(data) // 2 :] = b"\0" * (len(data) - len(data) // 2)
    copy.write_bytes(data)


def from_a_later_version(copy: Any) -> None:
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def of_something_else(copy: Any) -> None:
    copy.unlink()
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name)")


def no_file(copy: Any) -> None:
    copy.unlink()


@pytest.mark.parametrize(
    ("spoil", "expected", "why"),
    [
        (damaged, 1, "damaged"),
        (from_a_later_version, 2, "9999"),  # no start on it either, which is 2 everywhere
        (of_something_else, 1, "not a backup"),
        (no_file, 1, "no file"),
    ],
)
def test_unfit_backup(
    database: Any, tmp_path: Path, command: Any, spoil: Any, expected: int, why: Any
) -> None:
    """An unfit backup is rejected in one line, and the database stays as it was."""
    assert command("backup", tmp_path / "copy", url=database) == (0, "")
    spoil(tmp_path / "copy")
    before = (tmp_path / "r.db").read_bytes()
    status, message = command("restore", tmp_path / "copy", url=database)
    assert status == expected
    assert why in message
    assert message.count("\n") == 1, message
    assert (tmp_path / "r.db").read_bytes() == before
    assert not list(tmp_path.glob("r.db.before-*"))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("room", [0.5, 1.5, 2.2])
def test_restore_on_full_disk(tmp_path: Path, command: Any, room: float) -> None:
    """Where the disk has room for `room` databases more, a restore ends in a line and changes nothing."""
    live = tmp_path / "r.db"
    with small_disk(20) as disk:
        shutil.copy(live, disk / "r.db")
        held = live.read_bytes()
        (disk / "filler").write_bytes(bytes(int(shutil.disk_usage(disk).free - room * len(held))))
        status, message = command("restore", live, url=f"sqlite:///{disk}/r.db")
        assert status == 1
        assert message.count("\n") == 1, message
        assert "database or disk is full" in message
        assert (disk / "r.db").read_bytes() == held
        assert {path.name for path in disk.iterdir()} == {"r.db", "filler"}


def test_backup_on_full_disk(database: str, command: Any) -> None:
    """On a full disk a backup ends in a line and leaves nothing."""
    with small_disk(1) as disk:
        (disk / "filler").write_bytes(bytes(1024 * 1024))
        status, message = command("backup", disk / "copy", url=database)
        assert (status, message.count("\n")) == (1, 1)
        assert "disk is full" in message
        assert [path.name for path in disk.iterdir()] == ["filler"]


def test_backup_without_rights(database: str, command: Any) -> None:
    """A folder that this user may not write is named, and not the database's setting."""
    target = Path("/proc/self/copy")  # root may write anywhere else
    status, message = command("backup", target, url=database)
    assert status == 1
    assert message.startswith(f"{target} cannot be written: ")


def test_backup_onto_existing_file(database: Any, tmp_path: Path, command: Any) -> None:
    """A backup never overwrites a file."""
    (tmp_path / "copy").write_text("mine")
    status, message = command("backup", tmp_path / "copy", url=database)
    assert status == 1
    assert "exists already" in message
    assert (tmp_path / "copy").read_text() == "mine"


@pytest.mark.postgres
def test_postgresql_commands(cluster: str, tmp_path: Path, made_catalogue: Path, command: Any) -> None:
    """For PostgreSQL, backup and restore print pg_dump and pg_restore commands that work."""
    url = new_database(cluster, "backed_up")
    engine = make_engine(url)
    prepare(engine, made_catalogue)
    engine.dispose()
    programs = {**os.environ, "PATH": f"{server_programs()}:{os.environ['PATH']}"}

    def as_told(name: str) -> None:
        status, message = command(name, tmp_path / "copy", url=url.replace("tester@", "tester:hidden@"))
        assert status == 1
        assert "hidden" not in message
        words = shlex.split(message.partition("run: ")[2])
        assert words[0] == {"backup": "pg_dump", "restore": "pg_restore"}[name]
        subprocess.run(words, env=programs, check=True, timeout=60)

    as_told("backup")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM items WHERE id = 1")
    as_told("restore")
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM items WHERE id = 1").fetchone() == (1,)


def test_remove_replaced(tmp_path: Path) -> None:
    """What a restore kept beside the database can be deleted, and nothing else is."""
    for name in ("r.db", "r.db.before-1", "r.db.before-2-wal", "other.db.before-1"):
        (tmp_path / name).touch()
    url = f"sqlite:///{tmp_path / 'r.db'}"
    assert len(backup.remove_replaced(url)) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"r.db", "other.db.before-1"}
    assert backup.remove_replaced(url) == ["nothing was kept"]
