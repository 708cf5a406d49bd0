from pathlib import Path
from typing import Any

import pytest

from curation.affect import film_affect, mean_of_tags, tag_table
from curation.ratings import popularity, quality, shrunken
from curation.sources import deezer, goodbooks, movielens, report, steam
from curation.titles import bare, clean, first_name
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


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("The Hunger Games (The Hunger Games, #1)", "The Hunger Games"),
        ("Hunger Games, The (1)", "The Hunger Games"),
        ("Misty of Chincoteague (Misty, #1-3)", "Misty of Chincoteague"),
        ("Rock &amp; Roll™", "Rock & Roll"),
        ("(500) Days of Summer", "(500) Days of Summer"),
        ("1984", "1984"),
        ("Frost/Nixon", "Frost/Nixon"),
        ("Crouching Tiger, Hidden Dragon", "Crouching Tiger, Hidden Dragon"),
    ],
)
def test_clean_titles(title: Any, cleaned: Any) -> None:
    """Titles lose series, escapes, trade marks and inverted articles, and keep the rest."""
    assert clean(title) == cleaned


def test_names_and_versions() -> None:
    """The first author is taken, and versions of a song are dropped from its title."""
    assert first_name("J.K. Rowling, Mary GrandPré") == "J.K. Rowling"
    assert first_name("Michael   Lewis") == "Michael Lewis"
    assert first_name("") is None
    assert bare("Song (Live) [2004] - Remastered") == "Song"


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
        ("medium,title,url\nmovie,a,b,c\n", "utf-8", "line 2: more cells"),
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


def test_report(made: Any) -> None:
    """The report's rows are joined by work; untitled ones are left out and links are shortened."""
    text = (
        "emotion,medium,title,url,title_as_printed\n"
        "angry,movie,Inside Out,https://www.imdb.com/title/tt2096673/,x\n"
        "happy,movie,Inside Out,https://m.imdb.com/title/tt2096673/?ref_=1,x\n"
        "disgust,movie,,https://www.imdb.com/title/tt4193394/,link2\n"
    )
    results = list(report.read(made(text)))
    (inside,) = rows(results)
    assert inside.emotions == ["angry", "happy"]
    assert inside.url == "https://www.imdb.com/title/tt2096673/"
    assert [result.line for result in refused(results)] == [4]


def test_goodbooks(made: Any) -> None:
    """A book's affect comes from its readers' tags."""
    head = "title,authors,year,goodreads_id,rating_mean,rating_count,tags\n"
    text = head + (
        '"Sad One (S, #1)",A,1999.0,1,4.5,900000,tear-jerker:900|cancer:500|sad:400\n'
        "Funny One,B,2001,2,3.0,4000,humor:900|funny:800|romance:100\n"
        "No Number,C,2001,x,3.0,4000,humor:900\n"
    )
    results = list(goodbooks.read(made(text)))
    sad, funny = rows(results)
    assert (sad.title, sad.year, sad.url) == ("Sad One", 1999, "https://www.goodreads.com/book/show/1")
    assert sad.valence < -0.3 < 0.3 < funny.valence
    assert funny.genres == ["comedy", "romance"]
    assert sad.quality > funny.quality
    assert sad.popularity > funny.popularity
    assert [result.line for result in refused(results)] == [4]


def test_movielens(made: Any) -> None:
    """A film's affect comes from genres and tags, and its ratings become four tiers."""
    head = "title,year,imdb_id,genres,movielens_genres,movielens_tags,rating_mean,rating_count\n"
    text = head + (
        '"Shining, The",1980,tt0081505,Horror,Horror,creepy,4.1,109\n'
        "Elf,2003,tt0319343,Comedy|Family,Children|Comedy,christmas,3.4,50\n"
    )
    shining, elf = rows(movielens.read(made(text)))
    assert shining.title == "The Shining"
    assert shining.valence < 0 < elf.valence
    assert shining.arousal > elf.arousal
    tiers = {0.2, 0.4, 0.65, 0.9}
    assert {shining.quality, elf.quality} <= tiers
    assert shining.genres == ["horror"]


def test_deezer(made: Any) -> None:
    """A song's measured affect is rescaled."""
    text = "title,artist,deezer_id,valence,arousal,artist_tracks\nCheer Up_ Boys,Foo,5,1.5,-9,3\n"
    (song,) = rows(deezer.read(made(text)))
    assert (song.title, song.creator) == ("Cheer Up, Boys", "Foo")
    assert song.valence == pytest.approx(0.63)
    assert song.arousal == -1
    assert song.affect_source == "measured"


def test_steam(made: Any) -> None:
    """A game's affect comes from its players' tags."""
    head = "title,developer,year,steam_app_id,tags,positive,negative\n"
    text = head + (
        "Calm,Dev &amp; Co,2020,1,Cozy|Relaxing|Farming Sim,900,10\n"
        "Scary,Dev,2020,2,Survival Horror|Gore|Zombies,100,90\n"
        "Odd,Dev,2020,3,Nothing Known,0,0\n"
    )
    calm, scary, odd = rows(steam.read(made(text)))
    assert calm.creator == "Dev & Co"
    assert calm.valence > 0.5 > -0.5 > scary.valence
    assert calm.arousal < 0 < scary.arousal
    assert calm.quality > scary.quality
    assert odd.affect_confidence == 0


@pytest.mark.parametrize("source", [goodbooks, movielens, deezer, steam, report])
def test_missing_columns(made: Any, source: Any) -> None:
    """Every source names its missing columns."""
    with pytest.raises(SourceError, match="missing columns"):
        list(source.read(made("a,b\n1,2\n")))


def test_tag_table() -> None:
    """The tag table is large, folded and within range."""
    table = tag_table()
    assert len(table) > 250
    assert all(tag == fold(tag) for tag in table)
    assert all(-1 <= t.valence <= 1 and -1 <= t.arousal <= 1 and 0 < t.weight <= 4 for t in table.values())


def test_mean_of_tags() -> None:
    """Each tag counts once, and unknown ones do not count."""
    once = mean_of_tags([("Horror", 1.0)])
    assert mean_of_tags([("horror", 1.0), ("HORROR", 1.0), ("xyzzy", 1.0)]) == once
    assert mean_of_tags([("xyzzy", 1.0)]).known == 0


def test_film_affect() -> None:
    """Genres lie in the right parts of the plane."""
    assert film_affect(["Horror", "Slasher"])[0] < -0.3
    assert film_affect(["Comedy", "Children", "Animation"])[0] > 0.4
    assert film_affect(["Action", "Thriller"])[1] > film_affect(["Drama", "Biography"])[1] + 0.3


def test_shrunken_ratings() -> None:
    """Few ratings are drawn to the mean, and all measures stay in range."""
    assert shrunken(5.0, 0, 3.0, 10) == 3.0
    assert shrunken(5.0, 10, 3.0, 10) == 4.0
    assert quality(3.0, 3.0, 0.2) == 0.5
    assert quality(9.0, 3.0, 0.2) == 1.0
    assert popularity(0, 10, 1000) == 0.0
    assert popularity(100, 10, 1000) == 0.5
    assert popularity(10**9, 10, 1000) == 1.0


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


def test_shipped_films() -> None:
    """Films carry only a few tiers of ratings, as MovieLens' terms demand."""
    films = [
        row for row in merged_rows(DATA_DIR).values() if row.affect_source == "genres and tags, calibrated"
    ]
    assert len({row.quality for row in films}) <= 4
    assert len({row.popularity for row in films}) <= 4


def test_digest(tmp_path: Path) -> None:
    """The digest changes with the files' bytes."""
    (tmp_path / "a.csv").write_text("x")
    first = digest_of(tmp_path)
    (tmp_path / "a.csv").write_text("y")
    assert digest_of(tmp_path) != first
