"""`python -m services.recommender import` as a user runs it, on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from services.recommender.prepare import prepare
from services.recommender.store.db import WRITING, make_engine
from tests.helpers.serving import ROOT

HEAD = "medium,title,url,creator,year,genres,emotions,valence,arousal\n"


class Command:
    """The command as a user gives it, and what a test has for it."""

    def __init__(self, database_url: str, catalogue: Path, folder: Path) -> None:
        self.database_url, self.catalogue, self.folder = database_url, catalogue, folder
        self.engine = make_engine(database_url)

    def __call__(self, *arguments: str, inherit: bool = False) -> "subprocess.CompletedProcess[str]":
        """On the database of the test, or with `inherit` on the one that the environment names."""
        environment = {**os.environ, "RECOMMENDER_CATALOGUE_DIR": str(self.catalogue)}
        if not inherit:
            environment["RECOMMENDER_DATABASE_URL"] = self.database_url
        return subprocess.run(
            [sys.executable, "-m", "services.recommender", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def write(self, content: str, name: str = "mine.csv") -> str:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return str(path)


@pytest.fixture
def run(database_url: str, made_catalogue: Path, tmp_path: Path) -> Iterator[Command]:
    command = Command(database_url, made_catalogue, tmp_path)
    prepare(command.engine, made_catalogue)
    yield command
    with command.engine.execution_options(**WRITING).begin() as connection:
        connection.execute(text("DELETE FROM items WHERE NOT shipped"))
    command.engine.dispose()


def titles(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return {row.title for row in connection.execute(text("SELECT title FROM items WHERE NOT removed"))}


def test_import_csv(run: Command) -> None:
    """Rows of a CSV are added, changed or refused, each reported by its line."""
    path = run.write(
        HEAD + "movie,Mine,https://example.org/mine,Me,2020,drama,sad,,\n"
        "movie,Evil,javascript:alert(1),,,,,,\n"
        "movie,Mine again,https://example.org/mine,Me,2020,,,,\n"
        "movie,Mine,https://example.org/other,Me,2020,,,,\n"
    )
    first = run("import", "csv", path)
    assert first.returncode == 0, first.stderr
    assert "line 3: refused: url" in first.stdout
    assert "line 5: refused: the same as line 2" in first.stdout
    assert "2 added, 0 changed, 0 unchanged, 0 left alone, 2 refused" in first.stdout
    again = run.write(HEAD + "movie,Mine,https://example.org/mine,Me,2020,comedy,sad,,\n")
    assert "0 added, 1 changed, 0 unchanged" in run("import", "csv", again).stdout
    assert "0 added, 0 changed, 1 unchanged" in run("import", "csv", again).stdout


def test_dry_run(run: Command) -> None:
    """A dry run reports the same and writes nothing."""
    path = run.write(HEAD + "movie,Only looked at,https://example.org/dry,,,,,,\n")
    before = titles(run.engine)
    answer = run("import", "csv", path, "--dry-run")
    assert "1 added" in answer.stdout
    assert "nothing written" in answer.stdout
    assert titles(run.engine) == before


def test_dry_run_without_database(run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run creates no database where there is none."""
    path = run.write(HEAD + "movie,Only looked at,https://example.org/dry,,,,,,\n")
    folder = tmp_path / "not" / "made"
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", f"sqlite:///{folder / 'r.db'}")
    answer = run("import", "csv", path, "--dry-run", inherit=True)
    assert answer.returncode == 0, answer.stderr
    assert "1 added" in answer.stdout
    assert not folder.parent.exists()


def test_dry_run_on_older_catalogue(run: Command, made_catalogue: Path) -> None:
    """A dry run does not update an older catalogue."""
    path = run.write(HEAD + "movie,Only looked at,https://example.org/dry,,,,,,\n")
    with run.engine.execution_options(**WRITING).begin() as connection:
        connection.execute(text("UPDATE catalogue_state SET digest = 'older'"))
    assert run("import", "csv", path, "--dry-run").returncode == 0
    with run.engine.connect() as connection:
        assert connection.scalar(text("SELECT digest FROM catalogue_state")) == "older"
    prepare(run.engine, made_catalogue)


def test_import_without_valid_row(run: Command) -> None:
    """An import that takes no row fails; an empty file does not."""
    path = run.write(HEAD + "movie,Evil,javascript:alert(1),,,,,,\nmovie,,https://example.org/x,,,,,,\n")
    for more in ([], ["--dry-run"]):
        answer = run("import", "csv", path, *more)
        assert answer.returncode == 1
        assert "line 3: refused: title" in answer.stdout
        assert "2 refused" in answer.stdout
        assert answer.stderr.splitlines()[-1] == "no row was taken: every one was refused"
    assert run("import", "csv", run.write(HEAD)).returncode == 0


def test_import_keeps_edits(run: Command) -> None:
    """An import leaves edited items alone and says so."""
    path = run.write(HEAD + "movie,Edited,https://example.org/edited,,,,,,\n")
    run("import", "csv", path)
    with run.engine.execution_options(**WRITING).begin() as connection:
        connection.execute(text("UPDATE items SET edited = true, year = 1900 WHERE title = 'Edited'"))
    assert "line 2: left alone" in run("import", "csv", path).stdout
    with run.engine.connect() as connection:
        assert connection.scalar(text("SELECT year FROM items WHERE title = 'Edited'")) == 1900


@pytest.mark.parametrize(
    ("content", "message"),
    [("title\nx\n", "missing columns"), (HEAD + 'movie,"a"b,c\n', "line 2"), (None, "No such file")],
)
def test_unreadable_file(run: Command, content: Any, message: Any) -> None:
    """An unreadable file changes nothing and fails with one line."""
    path = run.write(content) if content else "none.csv"
    before = titles(run.engine)
    answer = run("import", "csv", path)
    assert answer.returncode == 1
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr
    assert titles(run.engine) == before


def test_broken_file(run: Command) -> None:
    """A file that is broken half-way adds nothing."""
    good = "".join(f"movie,Row {i},https://example.org/row/{i},,,,,,\n" for i in range(600))
    path = run.write(HEAD + good + 'movie,"broken"x,https://example.org/\n')
    assert run("import", "csv", path).returncode == 1
    assert "Row 1" not in titles(run.engine)


def test_import_sources(run: Command) -> None:
    """The service imports only its own CSV."""
    assert run("import", "vinyl", run.write(HEAD)).returncode == 2
