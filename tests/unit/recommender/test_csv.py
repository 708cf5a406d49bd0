"""CSVs as people and spreadsheets write them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from services.common.cells import guarded
from services.recommender.imports import csv_file
from services.recommender.imports.csv_file import Note, Refused, SourceError
from services.recommender.imports.row import Row

Write = Callable[..., Path]
URL = "http://example.org/1"


@pytest.fixture
def made(tmp_path: Path) -> Write:
    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "made.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def one(path: Path) -> Row:
    """The only row of a file that has nothing else to say."""
    (result,) = csv_file.read(path)
    assert isinstance(result, tuple), result
    return result[1]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={}\n", "SEP={}\r\n"])
def test_separators(made: Write, separator: str, first: str) -> None:
    """Comma, semicolon and tab are recognised, with or without the line that names the separator."""
    text = f"{first.format(separator)}Title,Medium,URL,Age Rating\nA,Movie,{URL},\n"
    row = one(made(text.replace(",", separator).replace("Age Rating", "Year")))
    assert (row.title, row.medium, row.url) == ("A", "movie", URL)


def test_utf_16(made: Write) -> None:
    """Excel's "Unicode Text" is tab-separated UTF-16."""
    assert one(made(f"title\tmedium\turl\nAmélie\tmovie\t{URL}\n", "utf-16")).title == "Amélie"


def test_empty_cells(made: Write) -> None:
    """Empty cells and rows at the ends, as spreadsheets leave them, do no harm."""
    row = one(made(f"title,medium,url,,\nA,movie,{URL},,,,\n,,,\n\n"))
    assert row.title == "A"


@pytest.mark.parametrize("cell", ["drama|comedy", '"comedy, drama; thriller"', '"Comedy; Drama"'])
def test_lists(made: Write, cell: str) -> None:
    """Lists are split at bars, commas and semicolons."""
    assert {"comedy", "drama"} <= set(one(made(f"title,medium,url,genres\nA,movie,{URL},{cell}\n")).genres)


def test_decimal_comma(made: Write) -> None:
    """Where semicolons separate the cells, numbers may have decimal commas."""
    row = one(made(f"title;medium;url;valence;arousal\nA;movie;{URL};-0,5;0,25\n"))
    assert (row.valence, row.arousal) == (-0.5, 0.25)


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Asterix\u00a0chez\u00a0les\u3000Bretons", "Asterix chez les Bretons"),
        (
            "क्\u200dष \u200c \u0645\u06cc\u200c\u062e\u0648\u0627",
            "क्\u200dष \u200c \u0645\u06cc\u200c\u062e\u0648\u0627",
        ),
        ("👩\u200d🚀 \U0001fae8 \U0001faef", "👩\u200d🚀 \U0001fae8 \U0001faef"),
        ("שלום\u200f!", "שלום\u200f!"),
    ],
)
def test_spaces_and_joiners(made: Write, title: str, kept: str) -> None:
    """Spaces of every kind become plain ones; joiners, marks of direction and new emoji stay."""
    assert one(made(f"title,medium,url\n{title},book,{URL}\n")).title == kept


@pytest.mark.parametrize("title", ["a\u0007b", "a\u202eb", "a\u202db", "a\u0085b", '"a\nb"'])
def test_controls(made: Write, title: str) -> None:
    """Control characters and overrides of direction are refused."""
    (result,) = csv_file.read(made(f"title,medium,url\n{title},book,{URL}\n"))
    assert isinstance(result, Refused)
    assert "control characters" in result.reason


def test_more_cells_than_columns(made: Write) -> None:
    """A row with more text than columns is refused alone."""
    results = list(csv_file.read(made(f"title,medium,url\nA,movie,{URL},c\nB,movie,{URL}\n")))
    assert isinstance(results[0], Refused)
    assert "more cells than columns (c)" in results[0].reason
    assert isinstance(results[1], tuple)


def test_absent_cells(made: Write) -> None:
    """An empty cell is given as nothing; a missing cell or column is not given."""
    row = one(made(f"title,medium,url,creator,year,genres\nA,movie,{URL},,\n"))
    assert row.model_fields_set == {"title", "medium", "url", "creator", "year"}
    assert row.creator is None


def test_unknown_columns(made: Write) -> None:
    """Columns that are not known are named at the end, also those of short rows."""
    _, note = csv_file.read(made(f"title,medium,url,genre,x\nA,movie,{URL},comedy,y\n"))
    assert isinstance(note, Note)
    assert "left out: genre (did you mean genres?), x; known are medium, title, url" in note.text


def test_empty_lines_before_header(made: Write) -> None:
    """Empty lines before the header, as spreadsheets leave them, do no harm, and lines keep their numbers."""
    path = made(f"\r\n\r\ntitle,medium,url\r\nA,movie,{URL}\r\nB,tv,{URL}\r\n")
    good, bad = csv_file.read(path)
    assert isinstance(good, tuple)
    assert isinstance(bad, Refused)
    assert (good[0], bad.line) == (4, 5)


def test_old_line_ends(made: Write) -> None:
    """Lines may end with a carriage return alone."""
    assert one(made(f"title,medium,url\rA,movie,{URL}\r")).title == "A"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32", "latin-1"])
def test_other_encodings(made: Write, encoding: str) -> None:
    """What is neither UTF-8 nor UTF-16 with a mark is named so."""
    with pytest.raises(SourceError, match=r"made\.csv: not UTF-8.*; save it as UTF-8"):
        list(csv_file.read(made(f"title,medium,url\nAm\xe9lie,movie,{URL}\n", encoding)))


def test_pipe(tmp_path: Path) -> None:
    """A pipe, such as /dev/stdin or a shell's <(...), is read as a file is."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    rows = "".join(f"A{i},movie,{URL}{i}\n" for i in range(2000))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(path.write_text, f"title,medium,url\n{rows}")
        assert len(list(csv_file.read(path))) == 2000


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("A,movie,ftp://x", "url: a link must begin with http:// or https:// and name a host"),
        (f",movie,{URL}", "title: String should have at least 1 character"),
        (f"{'a' * 301},movie,{URL}", "title: String should have at most 300 characters"),
        (f"A,movie,{URL},0.5", "valence and arousal come together or not at all"),
    ],
)
def test_reasons(made: Write, cells: str, reason: str) -> None:
    """What is wrong with a row is said in plain words."""
    (result,) = csv_file.read(made(f"title,medium,url,valence\n{cells}\n"))
    assert isinstance(result, Refused)
    assert result.reason == reason


def test_column_twice(made: Write) -> None:
    """Two columns of one name are an error."""
    with pytest.raises(SourceError, match="there are two columns title"):
        list(csv_file.read(made("title,Title,medium,url\n")))


@pytest.mark.parametrize("title", ["=1+1", "+1", "-", "@me", "'=1", "''+x", "plain", "'quoted'"])
def test_formulas(made: Write, title: str) -> None:
    """What `export` writes in place of a formula is read as it was."""
    cell: Any = guarded(title)
    assert not cell.startswith(("=", "+", "-", "@"))
    assert one(made(f'title,medium,url\n"{cell}",book,{URL}\n')).title == title
