"""Bulk without its engine: which photos, what is kept, what goes on, and one-line errors."""

import os
import runpy
import sys
from pathlib import Path

import pandas as pd
import pytest

from bulk.command import main
from bulk.journal import is_finished, opened
from bulk.photos import InputError, find_photos
from bulk.work import failure

ABOUT = {"input": "here", "model": "net", "model_version": "1", "model_sha256": "ab"}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where a run has done the first of two chunks, and ended."""
    with opened(tmp_path / "out.parquet", ABOUT) as journal:
        journal.add(["a", "b", "c", "d"], 2)
        journal.keep(0, [failure("a", "missing", ""), failure("b", "missing", "")])
    return tmp_path / "out.parquet"


def test_list_of_photos(tmp_path: Path) -> None:
    """A list is read as `find` prints it."""
    path = tmp_path / "list"
    path.write_bytes(b"\xef\xbb\xbf/a b.jpg\r\nc.jpg\n\n/a b.jpg\ncaf\xe9.jpg")
    found = find_photos(path)
    assert found.names == ["/a b.jpg", "c.jpg", os.fsdecode(b"caf\xe9.jpg")]
    assert str(found.root) == os.getcwd()  # noqa: PTH109 # compared with what a shell calls it


def test_left(out: Path) -> None:
    """A finished chunk is not left."""
    with opened(out, ABOUT) as journal:
        assert list(journal.left()) == [(1, ["c", "d"])]


def test_new_photos(out: Path) -> None:
    """New photos are added, and photos that are gone stay in the list."""
    with opened(out, ABOUT) as journal:
        assert journal.add(["a", "aa", "d"], 2) == 1
    with opened(out, ABOUT) as journal:
        assert list(journal.left()) == [(1, ["c", "d"]), (2, ["aa"])]


def test_finish(out: Path) -> None:
    """The table is in the order of the photos, and the parts are removed."""
    with opened(out, ABOUT) as journal:
        journal.keep(1, [failure("c", "missing", ""), failure("d", "missing", "")])
        assert journal.finish() == {"rows": 4, "failed": 4, "faces": 0}
    assert pd.read_parquet(out)["path"].tolist() == ["a", "b", "c", "d"]
    assert not journal.folder.exists()
    assert is_finished(out, ABOUT)
    with pytest.raises(InputError, match="another model_sha256"):
        is_finished(out, ABOUT | {"model_sha256": "cd"})


def test_another_run(out: Path) -> None:
    """A run with another input is refused."""
    with pytest.raises(InputError, match="was made with another input"), opened(out, ABOUT | {"input": "x"}):
        pass


def test_two_at_once(out: Path) -> None:
    """A second process on the same table is refused."""
    with (
        opened(out, ABOUT),
        pytest.raises(InputError, match="another process is writing"),
        opened(out, ABOUT),
    ):
        pass


@pytest.mark.parametrize(
    ("given", "out", "complaint"),
    [
        ("nowhere", "out.parquet", "cannot read {0}/nowhere: No such file or directory"),
        ("empty", "out.parquet", "{0}/empty holds no pictures"),
        ("blank.txt", "out.parquet", "{0}/blank.txt names no photos"),
        ("binary", "out.parquet", "{0}/binary is neither a folder nor a text file with a path per line"),
        (
            "list.txt",
            "no/out.parquet",
            "{0}/no/out.parquet cannot be written: name a file in a folder that exists",
        ),
        ("list.txt", "empty", "{0}/empty cannot be written: name a file in a folder that exists"),
        ("list.txt", "binary", "{0}/binary is there already and is no table of this command"),
    ],
)
def test_wrong_paths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, out: str, complaint: str
) -> None:
    """A wrong path gives one line and status 2."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank.txt").write_text(" \n\n")
    (tmp_path / "list.txt").write_text("a.jpg\n")
    (tmp_path / "binary").write_bytes(b"\xff\0\xff")
    assert main([str(tmp_path / given), str(tmp_path / out)]) == 2
    assert capsys.readouterr().err == complaint.format(tmp_path) + "\n"


def test_no_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster that does not answer gives one line and leaves no files."""
    (tmp_path / "list.txt").write_text("a.jpg\n")
    words = [str(tmp_path / "list.txt"), str(tmp_path / "out.parquet"), "--cluster", "nonsense://x"]
    assert main(words) == 2
    assert capsys.readouterr().err == "no Dask scheduler answers at nonsense://x\n"
    assert [path.name for path in tmp_path.iterdir()] == ["list.txt"]


def test_without_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the extra, the command says how to install it."""
    for name in [name for name in sys.modules if name.startswith("bulk")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as Python sees a package that is not there
    monkeypatch.setattr(sys, "argv", ["bulk", "in", "out"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("bulk", run_name="__main__", alter_sys=False)
    assert ended.value.code == 2
    assert "python -m pip install -r requirements/bulk.txt" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["out.csv", "OUT.CSV", "out.xlsx"])
def test_output_of_another_kind(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that promises another format than Parquet is refused."""
    with pytest.raises(SystemExit) as refused:
        main([str(tmp_path), name])
    assert refused.value.code == 2
    assert f"{name}: the output is Parquet" in capsys.readouterr().err
