"""`python -m services.recommender import` as a user runs it, on SQLite and on PostgreSQL."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from services.recommender.command import main as recommender
from services.recommender.prepare import prepare
from services.recommender.store.db import WRITING, make_engine
from services.recommender.store.models import Item
from services.recommender.store.turns import only_import
from tests.helpers.process import heeding_signals
from tests.helpers.serving import ROOT

HEAD = "medium,title,url,creator,year,genres,emotions,valence,arousal\n"


class Command:
    """The command as a user gives it, and what a test has for it."""

    def __init__(self, database_url: str, catalogue: Path, folder: Path) -> None:
        self.database_url, self.catalogue, self.folder = database_url, catalogue, folder
        self.engine = make_engine(database_url)

    def __call__(self, *arguments: str, inherit: bool = False) -> "subprocess.CompletedProcess[str]":
        """Run it in this process, on the database of the test, or with `inherit` on the environment's."""
        environment = self.environment()
        if inherit:
            environment["RECOMMENDER_DATABASE_URL"] = os.environ["RECOMMENDER_DATABASE_URL"]
        said, complained = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(said),
            redirect_stderr(complained),
        ):
            for name, value in environment.items():
                patch.setenv(name, value)
            try:
                status: object = recommender(list(arguments))
            except SystemExit as end:
                status = end.code
        assert isinstance(status, int)
        return subprocess.CompletedProcess(arguments, status, said.getvalue(), complained.getvalue())

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start it as a process of its own."""
        with heeding_signals():
            return subprocess.Popen(
                [sys.executable, "-m", "services.recommender", *arguments],
                cwd=ROOT,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "RECOMMENDER_CATALOGUE_DIR": str(self.catalogue),
            "RECOMMENDER_DATABASE_URL": self.database_url,
        }

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
    assert first.returncode == 1
    assert first.stderr == "nothing was written, as 3 rows were refused; --keep-good writes the other 1\n"
    assert not {"Mine", "Mine again"} & titles(run.engine)
    first = run("import", "csv", path, "--keep-good")
    assert first.returncode == 1
    assert first.stderr == "3 rows were refused\n"
    assert "line 3: refused: url" in first.stdout
    assert "line 4: refused: the same as line 2" in first.stdout
    assert "line 5: refused: line 2 is this work under" in first.stdout
    assert "https://example.org/mine, not https://example.org/other" in first.stdout
    assert "1 added, 0 changed, 0 unchanged, 0 left alone, 3 refused" in first.stdout
    again = run.write(HEAD + "movie,Mine,https://example.org/mine,Me,2020,comedy,sad,,\n")
    changed = run("import", "csv", again)
    assert changed.returncode == 0
    assert changed.stderr == "", "no progress is drawn where no terminal is"
    assert "0 added, 1 changed, 0 unchanged" in changed.stdout
    assert "0 added, 0 changed, 1 unchanged" in run("import", "csv", again).stdout


def test_dry_run(run: Command) -> None:
    """A dry run reports the same and writes nothing."""
    path = run.write(HEAD + "movie,Only looked at,https://example.org/dry,,,,,,\n")
    before = titles(run.engine)
    with run.engine.execution_options(**WRITING).begin():  # a dry run waits for no writer
        answer = run("import", "csv", path, "--dry-run")
    assert answer.returncode == 0, answer.stderr
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
    """A dry run with refused rows fails too; an empty file does not."""
    path = run.write(HEAD + "movie,Evil,javascript:alert(1),,,,,,\nmovie,,https://example.org/x,,,,,,\n")
    answer = run("import", "csv", path, "--dry-run")
    assert answer.returncode == 1
    assert "line 3: refused: title" in answer.stdout
    assert "0 left alone, 2 refused" in answer.stdout
    assert answer.stderr == "2 rows were refused\n"
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


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.01)


def item(engine: Engine, title: str) -> dict[str, Any]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM items WHERE title = :title"), {"title": title})
        return dict(found.mappings().one())


def test_correction(run: Command) -> None:
    """A column that is absent leaves the value alone; an empty cell clears it."""
    url = "https://www.imdb.com/title/tt7654321/"
    head = "medium,title,url,creator,year,genres,emotions,valence,arousal,affect_source,quality,popularity\n"
    run("import", "csv", run.write(head + f"movie,Right,{url},Me,2020,drama,,0.4,-0.2,measured,0.9,0.8\n"))
    before = item(run.engine, "Right")
    answer = run("import", "csv", run.write(f"medium,title,url,year\nmovie,Right,{url},2021\n"))
    assert "1 changed" in answer.stdout, answer.stderr
    assert item(run.engine, "Right") == {**before, "year": 2021, "work": "movie:right:me:2021"}
    run("import", "csv", run.write(f"medium,title,url,creator,quality\nmovie,Right,{url},,\n"))
    after = item(run.engine, "Right")
    assert (after["creator"], after["quality"], after["popularity"]) == (None, 0.5, 0.8)
    run("import", "csv", run.write(f"medium,title,url,valence,arousal\nmovie,Right,{url},-0.5,0\n"))
    assert item(run.engine, "Right")["affect_source"] == "given"


def test_export(run: Command, tmp_path: Path) -> None:
    """What `export` writes, `import` reads: the same items in another database, to the last column."""
    run(
        "import",
        "csv",
        run.write(
            HEAD + "song,=cmd|' /C calc'!A0,https://example.org/f,-me,2020,pop|rock,sad|happy,,\n"
            'book,\'+1,https://example.org/g,"a, ""b""",-500,,,0.123456789,-1\n'
        ),
    )
    path = str(tmp_path / "all.csv")
    assert run("export", "csv", path).returncode == 0
    assert "\nsong,'=cmd" in Path(path).read_text()
    again = run("export", "csv", path)
    assert (again.returncode, again.stderr) == (1, f"{path} exists already: name a new file\n")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "none.csv").write_text(HEAD)
    other = Command(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "none", tmp_path)
    answer = other("import", "csv", path)
    assert answer.returncode == 0, answer.stderr
    assert "unchanged" in run("import", "csv", path, "--dry-run").stdout
    assert rows_of(other.engine) == rows_of(run.engine)
    other.engine.dispose()


def test_export_of_doubles(tmp_path: Path) -> None:
    """A work that the catalogue holds under two addresses is imported from its own export."""
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "songs.csv").write_text(
        HEAD + "song,Alive And Kicking,https://www.deezer.com/track/1,Simple Minds,1985,rock,,,\n"
        "song,Alive & Kicking,https://open.spotify.com/track/2,Simple Minds,1985,rock,,,\n"
    )
    command = Command(f"sqlite:///{tmp_path / 'r.db'}", folder, tmp_path)
    prepare(command.engine, folder)
    path = str(tmp_path / "all.csv")
    assert command("export", "csv", path).returncode == 0
    answer = command("import", "csv", path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 added, 0 changed, 2 unchanged, 0 left alone, 0 refused" in answer.stdout
    command.engine.dispose()


def rows_of(engine: Engine) -> list[dict[str, Any]]:
    own = {"id", "shipped", "edited"}
    with engine.connect() as connection:
        found = connection.execute(select(Item.__table__).where(~Item.removed)).mappings()
        rows = [{name: value for name, value in row.items() if name not in own} for row in found]
    return sorted(rows, key=lambda row: str(row["key"]))


def test_unknown_columns(run: Command) -> None:
    """Columns that are not known are named, with the one that was meant."""
    path = run.write("title,medium,url,genre,shelf\nA,movie,https://example.org/a,comedy,\n")
    answer = run("import", "csv", path, "--dry-run")
    assert answer.returncode == 0
    assert (
        "left out: genre (did you mean genres?), shelf; known are medium, title, url, creator"
        in answer.stdout
    )


def test_second_import(run: Command) -> None:
    """While an import runs, another ends with a sentence."""
    path = run.write(HEAD + "movie,Second,https://example.org/second,,,,,,\n")
    with only_import(run.database_url):
        answer = run("import", "csv", path)
        assert answer.returncode == 1
        assert answer.stderr == "Another import is running: start this one again when that has ended.\n"
    assert run("import", "csv", path).returncode == 0


def test_interrupted_import(run: Command) -> None:
    """Ctrl-C ends an import with a line, and repeating it completes it."""
    rows = "".join(f"movie,Row {i},https://example.org/row/{i},,{1900 + i % 100},,,,\n" for i in range(6000))
    path = run.write(HEAD + rows)
    process = run.start("import", "csv", path)
    until(lambda: "Row 0" in titles(run.engine), "the first batch is written")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == "stopped; the same command goes on\n"
    answer = run("import", "csv", path)
    assert answer.returncode == 0, answer.stderr
    assert "6000" not in answer.stdout.partition(" added")[0]
    assert len({title for title in titles(run.engine) if title.startswith("Row ")}) == 6000


@pytest.mark.parametrize("refused", [1, 2000])
def test_reader_that_leaves(run: Command, refused: int) -> None:
    """Where nobody reads the lines to their end, as behind `| head`, the import ends without a traceback."""
    path = run.write(HEAD + "movie,,x,,,,,,\n" * refused)
    with run.start("import", "csv", path, "--dry-run") as importing:
        assert importing.stdout is not None
        assert importing.stderr is not None
        importing.stdout.close()
        assert importing.stderr.read() == ""
    assert importing.returncode == 141


def test_import_while_others_write(run: Command) -> None:
    """Other writers come between the batches of a large import: they wait for a batch, not for all of it."""
    rows = "".join(f"movie,Beside {i},https://example.org/beside/{i},,,,,,\n" for i in range(6000))
    path = run.write(HEAD + rows)
    seen: set[int] = set()
    with run.start("import", "csv", path) as importing:
        while importing.poll() is None:
            with run.engine.execution_options(**WRITING).begin() as connection:
                connection.execute(text("UPDATE items SET popularity = 0.5 WHERE title = 'Handpicked'"))
                imported = "SELECT count(*) FROM items WHERE title LIKE 'Beside %'"
                seen.add(connection.execute(text(imported)).scalar_one())
            time.sleep(0.01)
        assert importing.returncode == 0, importing.communicate()[1]
    assert len(seen - {0, 6000}) > 5, f"others wrote only after {sorted(seen)} rows"


def test_import_sources(run: Command) -> None:
    """The service imports only its own CSV."""
    assert run("import", "vinyl", run.write(HEAD)).returncode == 2
