from pathlib import Path
from typing import Any

import pytest

from services.recommender.imports import csv_file
from services.recommender.imports.csv_file import Refused, SourceError
from services.recommender.imports.keys import key_of, site_id
from services.recommender.imports.row import Row
from services.recommender.imports.shipped import digest_of, merged_rows
from services.recommender.schemas.fields import fold
from services.recommender.settings import DATA_DIR


def rows(results: Any) -> Any:
    return [result[1] for result in results if not isinstance(result, Refused)]


def refused(results: Any) -> Any:
    return [result for result in results if isinstance(result, Refused)]


@pytest.fixture
def made(tmp_path: Path) -> Any:
    def write(text: Any, encoding: Any = "utf-8") -> Any:
        path = tmp_path / "made.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_fold() -> None:
    """Folding drops accents, case and punctuation."""
    assert fold("Amélie: L’Été & “Déjà-vu”!") == "amelie l ete deja vu"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.imdb.com/title/tt2096673/", "imdb:tt2096673"),
        ("https://m.imdb.com/title/tt2096673/?ref_=x", "imdb:tt2096673"),
        ("http://www.goodreads.com/book/show/1885.Pride_and_Prejudice", "goodreads:1885"),
        ("https://store.steampowered.com/app/620/Portal_2/", "steam:620"),
        ("https://example.org/title/tt2096673/", None),
        ("https://www.imdb.com/name/nm1/", None),
    ],
)
def test_site_id(url: Any, key: Any) -> None:
    """The id of a known site is found in any form of its addresses."""
    assert site_id(url) == key


def test_key_without_site() -> None:
    """Without a known site, medium, title, creator and year make the key."""
    key = key_of("book", "https://example.org/1", "The  Étranger!", "A. Camus", 1942)
    assert key == key_of("book", "https://example.org/2", "the etranger", "a camus", 1942)
    assert key != key_of("song", "https://example.org/1", "The Étranger", "A. Camus", 1942)


def test_known_columns(made: Any) -> None:
    """What is known of an item is read from its columns; blank cells are unknown."""
    text = (
        "medium,title,url,kind,genres,tags,language,runtime_min,explicit,age_rating,image_url\n"
        "movie,One,https://example.org/1,,drama,Witty|Self-harm,EN,96,false,PG,https://example.org/1.jpg\n"
        "song,Two,https://example.org/2,collection,,,,,,,\n"
    )
    one, two = (row.values() for row in rows(csv_file.read(made(text))))
    assert (one["kind"], one["tags"], one["language"]) == ("work", ("witty", "self harm"), "en")
    assert (one["runtime_min"], one["explicit"], one["age_rating"]) == (96, False, "PG")
    assert (one["family"], one["sensitive"]) == (True, True)
    assert (two["kind"], two["tags"], two["explicit"], two["image_url"]) == ("collection", (), None, None)
    assert (two["family"], two["sensitive"]) == (False, False)


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_forms(made: Any, start: Any, end: Any) -> None:
    """A CSV may have a byte-order mark and any line ends."""
    lines = ["title,medium,url,emotions", '"One, two",movie,https://example.org/1,sad|joy', ""]
    read = rows(csv_file.read(made(start + end.join(lines))))
    assert [(row.title, row.emotions) for row in read] == [("One, two", ["happy", "sad"])]


def test_refused_rows(made: Any) -> None:
    """Each refused row is reported with its line and reason."""
    text = (
        "medium,title,url,year,valence,arousal\n"
        "movie,Good,https://example.org/1,1999,0.5,0.1\n"
        "movie,Bad link,javascript:alert(1),,,\n"
        "opera,Bad medium,https://example.org/2,,,\n"
        "movie,,https://example.org/3,,,\n"
        "movie,Bad year,https://example.org/4,soon,,\n"
        "movie,Bad place,https://example.org/5,,nan,0\n"
    )
    results = list(csv_file.read(made(text)))
    assert [row.title for row in rows(results)] == ["Good"]
    assert [result.line for result in refused(results)] == [3, 4, 5, 6, 7]
    assert "http" in refused(results)[0].reason


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("medium,title\nmovie,x\n", "utf-8", "missing columns url"),
        ("", "utf-8", "missing columns"),
        ("medium,title,url\nmovie,Amélie,https://example.org/\n", "latin-1", "not UTF-8"),
        ('medium,title,url\n"movie"x,a,b\n', "utf-8", "line 2"),
    ],
)
def test_unreadable_file(made: Any, text: Any, encoding: Any, message: Any) -> None:
    """A file that cannot be read raises SourceError with the reason."""
    with pytest.raises(SourceError, match=message):
        list(csv_file.read(made(text, encoding)))


def test_missing_file(tmp_path: Path) -> None:
    """A missing file raises SourceError."""
    with pytest.raises(SourceError, match="No such file"):
        list(csv_file.read(tmp_path / "none.csv"))


def test_fill_from() -> None:
    """A row keeps its values, gets missing ones from another, and joins the emotions."""
    known = Row(medium="movie", title="A", url="https://example.org/", emotions=["sad"], quality=0.9)
    other = Row(
        medium="movie", title="B", url="https://example.org/", year=1999, emotions=["happy"], quality=0.1
    )
    both = known.fill_from(other)
    assert (both.title, both.year, both.quality, both.emotions) == ("A", 1999, 0.9, ["happy", "sad"])


def test_shipped_catalogue() -> None:
    """The shipped catalogue has its size, links, clean titles and licences."""
    shipped = list(merged_rows(DATA_DIR).values())
    sizes = {
        medium: sum(row.medium == medium for row in shipped) for medium in ("movie", "book", "song", "game")
    }
    assert sizes["movie"] >= 3000
    assert sizes["book"] >= 4000
    assert sizes["song"] >= 4000
    assert sizes["game"] >= 3000
    linked = [row for row in shipped if row.emotions]
    assert len(linked) == 81
    assert next(row for row in linked if row.title == "Inside Out").emotions == ["angry"]
    assert not [
        row for row in shipped if "#" in row.title and row.medium == "book" and row.title.endswith(")")
    ]
    for part in ("movies", "books", "songs", "games", "report"):
        assert (DATA_DIR / f"{part}.LICENSE.md").is_file()


def test_digest(tmp_path: Path) -> None:
    """The digest changes with the files' bytes."""
    (tmp_path / "a.csv").write_text("x")
    first = digest_of(tmp_path)
    (tmp_path / "a.csv").write_text("y")
    assert digest_of(tmp_path) != first
