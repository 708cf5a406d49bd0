"""Starting on a SQLite file that is damaged."""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.recommender.command import main
from services.recommender.prepare import prepare
from services.recommender.store.db import make_engine
from tests.helpers.serving import ROOT, free_port, serve

PAGE = 4096


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, made_catalogue: Path) -> Any:
    path = tmp_path_factory.mktemp("sound") / "r.db"
    engine = make_engine(f"sqlite:///{path}")
    prepare(engine, made_catalogue)
    engine.dispose()
    return path.read_bytes()


def cut_in_half(data: Any) -> Any:
    return data[: len(data) // 2]


def cut_to_its_header(data: Any) -> Any:
    return data[:100]


def garbage_header(data: Any) -> Any:
    return b"not what it was " * 2 + data[32:]


def no_database_at_all(_data: Any) -> Any:
    return b"Dear diary,\n" * 1000


def pages_swapped(data: Any) -> Any:
    one, other = 3 * PAGE, 20 * PAGE  # roots of a table and of an index
    pages = bytearray(data)
    pages[one : one + PAGE], pages[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]
    return bytes(pages)


def a_page_of_noise(data: Any) -> Any:
    noise = random.Random(1).randbytes(PAGE)  # noqa: S311 # made data, no secret
    return data[: 10 * PAGE] + noise + data[11 * PAGE :]


DAMAGES = (cut_in_half, cut_to_its_header, garbage_header, no_database_at_all, pages_swapped, a_page_of_noise)


def start(path: Path, catalogue: Path) -> Any:
    environment = {
        **os.environ,
        "RECOMMENDER_DATABASE_URL": f"sqlite:///{path}",
        "RECOMMENDER_CATALOGUE_DIR": str(catalogue),
    }
    command = [sys.executable, "-m", "services.recommender.serve"]
    return subprocess.run(
        [*command, "--port", str(free_port())],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_prepare_on_damaged_file(
    damage: Any,
    sound: Any,
    tmp_path: Path,
    made_catalogue: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`prepare` rejects a damaged file in one line and leaves it as it is."""
    path = tmp_path / "r.db"
    path.write_bytes(damage(sound))
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("RECOMMENDER_CATALOGUE_DIR", str(made_catalogue))
    assert main(["prepare"]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1, message
    assert f"The database {path} is damaged" in message
    assert "restore a backup" in message
    assert path.read_bytes() == damage(sound)


def test_start_on_damaged_file(sound: Any, tmp_path: Path, made_catalogue: Path) -> None:
    """The service ends with one line that says what to do."""
    path = tmp_path / "r.db"
    path.write_bytes(cut_in_half(sound))
    done = start(path, made_catalogue)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "is damaged" in line
    assert "restore a backup" in line


def test_torn_write_ahead_log(sound: Any, tmp_path: Path, made_catalogue: Path) -> None:
    """A write-ahead log that a crash cut off is no damage."""
    path = tmp_path / "r.db"
    path.write_bytes(sound)
    (tmp_path / "r.db-wal").write_bytes(random.Random(2).randbytes(10_000))  # noqa: S311 # made data
    settings = {"database_url": f"sqlite:///{path}", "catalogue_dir": str(made_catalogue)}
    with serve("recommender", tmp_path / "log", **settings):
        pass
