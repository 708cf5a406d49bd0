"""How the catalogue is made of its sources, on small made ones."""

import csv
import gzip
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curation import sequels, song_places, terms
from curation.build import FRAMES, matched, without_facts
from curation.doubles import Doubles, named_after, omnibuses
from curation.entry import Entry, write
from curation.known import check, find, known_works, quadrant_of
from curation.plane import Frame, spread
from curation.ratings import quality, shrunken
from curation.song_fame import Fame
from curation.sources import books, games, report, songs
from curation.titles import bare, clean, first_name, piece, song_key
from services.recommender.imports.shipped import merged_rows
from services.recommender.schemas.fields import fold
from services.recommender.settings import DATA_DIR

TABLES = ("tags", "film_terms", "song_words")


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
    """The first author is taken, and all versions of a song have one key."""
    assert first_name("J.K. Rowling, Mary GrandPré") == "J.K. Rowling"
    assert first_name("Michael   Lewis") == "Michael Lewis"
    assert first_name("") is None
    assert bare("Song (Live) [2004] - Remastered") == "Song"
    assert song_key("Song (Live)", "The Band|Guest") == song_key("song", "Band") == "song|band"


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A source's file with these rows, gzipped if its name says so."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_report(tmp_path: Path) -> None:
    """The report's rows are joined by work; untitled ones are left out; a list of works is a collection."""
    head = {"emotion": "angry", "medium": "movie", "title": "Inside Out"}
    path = written(
        tmp_path / "report.csv",
        [
            head | {"url": "https://www.imdb.com/title/tt2096673/"},
            head | {"emotion": "happy", "url": "https://m.imdb.com/title/tt2096673/?ref_=1"},
            head | {"emotion": "disgust", "title": "", "url": "https://www.imdb.com/title/tt4193394/"},
            head
            | {"medium": "song", "title": "x", "url": "https://www.songfacts.com/category/songs-about-djs"},
        ],
    )
    inside, songs = report.read(path)
    assert inside.emotions == ("angry", "happy")
    assert inside.url == "https://www.imdb.com/title/tt2096673/"
    assert (inside.kind, songs.kind) == (None, "collection")


def made_books(folder: Path) -> dict[str, tuple[Entry, tuple[float, float]]]:
    """Books by title, read from a made source."""
    common = {
        "rating_mean": 4.0,
        "rating_count": 9000,
        "language": "eng",
        "genres_check": "ok",
        "year": "1999.0",
    }
    named = [
        ("1", "Sad One (S, #1)", ""), ("2", "Funny One", "Humor|Romance"), ("3", "Late One (S, #7)", "Humor"),
        ("4", "The Holy Bible", "Religion"), ("5", "Study One", "Textbooks|Science"),
        ("6", "Small Pictures", "Picture Books|Humor"), ("7", "Famous Pictures", "Picture Books|Humor"),
        ("8", "The Official Movie Companion", "Humor"),
    ]  # fmt: skip
    rows = [common | {"goodreads_id": i, "title": t, "authors": "A|B", "genres": g} for i, t, g in named]
    rows[6]["rating_count"] = 200_000
    extra = dict.fromkeys(("genres_other", "isbn13", "image_url"), "")
    written(folder / "goodbooks.csv.gz", [row | extra for row in rows])
    newer = {"goodreads_id": "", "title": "New One", "author": "C", "genres": "Horror", "rating_count": 5}
    written(folder / "best_books_genres.csv.gz", [newer | {"rating_mean": 4}])
    written(folder / "best_books_ever_ranks.csv.gz", [{"title": "Funny One (F, #2)", "author": "A"}])
    tags = written(folder / "tags.csv", [{"goodreads_id": "1", "tags": "tear-jerker:900|suicide:50|sad:400"}])
    return {
        entry.title: (entry, place) for entry, place in books.read(folder, tags, {"funny one": (1.0, 1.0)})
    }


def test_books(tmp_path: Path) -> None:
    """A book is placed by tags, genres and the film made of it; scripture and textbooks stay out."""
    found = made_books(tmp_path)
    assert set(found) == {"Sad One", "Funny One", "New One", "Famous Pictures"}
    assert "picture book" in found["Famous Pictures"][0].tags
    sad, place = found["Sad One"]
    assert (sad.year, sad.url, sad.creator) == (1999, "https://www.goodreads.com/book/show/1", "A")
    assert place[0] < -0.3
    assert {"suicide", "tearjerker"} <= set(sad.tags)
    assert found["Funny One"][1][1] > 0.3
    assert "sequel" in found["Funny One"][0].tags  # as another list says
    assert found["New One"][0].url == "https://www.goodreads.com/search?q=New+One+C"


def test_games(tmp_path: Path) -> None:
    """A game is placed by its players' tags, a console's by genres and series; games for adults stay out."""
    common = {"developer": "Dev &amp; Co", "year": 2020, "positive": 900, "negative": 10}
    named = [
        ("Calm", 1, "Cozy|Farming Sim"),
        ("Scary", 2, "Survival Horror|Gore"),
        ("Lewd", 3, "Hentai|Cute"),
    ]
    steam = written(
        tmp_path / "steam.csv", [common | {"title": t, "steam_app_id": i, "tags": g} for t, i, g in named]
    )
    logged = {"plays": 5000, "rating": 4, "developers": "Nintendo", "release_date": "3-Mar-17"}
    titles = [
        ("Mario Kart 8", "Wii U", "Racing"),
        ("Calm", "Wii U", "Simulator"),
        ("Odd", "Windows PC|Mac", "RPG"),
    ]
    written(
        tmp_path / "backloggd.csv.gz",
        [logged | {"title": t, "platforms": p, "genres": g} for t, p, g in titles],
    )
    found = {entry.title: (entry, place) for entry, place in games.read(tmp_path, steam)}
    assert set(found) == {"Calm", "Scary", "Mario Kart 8", "Odd"}
    assert found["Calm"][0].creator == "Dev & Co"
    assert found["Calm"][1][0] > 0.5 > -0.5 > found["Scary"][1][0]
    assert "party" in found["Mario Kart 8"][0].tags
    assert found["Mario Kart 8"][0].year == 2017
    assert found["Calm"][0].year == 2017  # it came to Steam later


@pytest.mark.parametrize("name", TABLES)
def test_tables(name: str) -> None:
    """The tables are large enough and within range, and themes are folded."""
    table = terms.table(name)
    assert len(table) > 20
    assert all(
        -1 <= one.valence <= 1 and -1 <= one.arousal <= 1 and 0 < one.weight <= 4 for one in table.values()
    )
    assert all(fold(one.theme) == one.theme.replace("-", " ") for one in table.values())


def test_themes() -> None:
    """The strongest themes come first, and those that filters go by are never cut off."""
    many = [terms.Felt("", f"theme {i}", 0.0, 0.0, 2.0) for i in range(20)]
    themes = terms.themes(
        [*many, terms.Felt("", "suicide", 0.0, 0.0, 0.1), terms.Felt("", "witty", 0.0, 0.0, 9.0)]
    )
    assert (themes[0], themes[-1], len(themes)) == ("witty", "suicide", 12)


def test_spread() -> None:
    """Places keep their side of the middle and their order, and reach the edges."""
    raw = [(i / 10, -i / 20) for i in range(-5, 11)]
    places = spread(raw, Frame(0.05, 0.01))
    assert [place[0] for place in places] == sorted(place[0] for place in places)
    assert all((place[0] > 0) is (own[0] > 0.05) for own, place in zip(raw, places, strict=True))
    assert places[-1] == (0.95, -0.95)


@pytest.mark.parametrize(
    ("title", "composer", "name"),
    [
        ("Suite bergamasque, L. 75: III. Clair de lune", "Claude Debussy", "Clair de lune"),
        ('Bagatelle No. 25 in A Minor, WoO 59 "Für Elise"', "Ludwig van Beethoven", "Für Elise"),
        ("Tchaikovsky: Swan Lake, Op. 20, Act 2: No. 10", "Pyotr Ilyich Tchaikovsky", "Swan Lake"),
        ("Symphony No. 5: IV. Adagietto. Sehr langsam", "Gustav Mahler", "Symphony No. 5"),
        ("Gnossienne No. 1", "Erik Satie", "Gnossienne No. 1"),
    ],
)
def test_pieces(title: Any, composer: Any, name: Any) -> None:
    """A work of classical music has the name that people know it by."""
    assert piece(title, composer) == name


SONG: Any = dict.fromkeys(
    ("title", "artists", "year", "spotify_id", "cover", "genres", "valence", "energy", "danceability",
     "acousticness", "instrumentalness", "speechiness", "loudness", "tempo", "mode", "popularity",
     "hot100_peak", "hot100_weeks", "streams", "explicit", "deezer_id", "sources"), "",
)  # fmt: skip


def test_song_fame() -> None:
    """Streams, charts and the artist's other songs tell of a song whose own count of listeners began anew."""
    known = [
        SONG | {"artists": "Star", "year": "1971", "title": str(i), "popularity": "80"} for i in range(3)
    ]
    listened = SONG | {"artists": "A", "year": "2020", "popularity": "80"}
    streamed = SONG | {"artists": "B", "year": "2022", "streams": "1000000000"}
    chart = {"year": "1972", "hot100_peak": "1", "hot100_weeks": "18"}
    hit, hit_of_star = SONG | chart | {"artists": "C"}, SONG | chart | {"artists": "Star"}
    flop = SONG | {"artists": "Star", "year": "1972", "hot100_peak": "99", "hot100_weeks": "1"}
    voted = SONG | {"artists": "D", "year": "1999", "popularity": "60", "sources": "top2000"}
    at_home = voted | {"genres": "dutch pop"}
    fame = Fame([*known, listened, streamed, hit, hit_of_star, flop, voted, at_home])
    assert fame.of(listened) == pytest.approx(fame.of(streamed), abs=0.1)
    assert fame.of(hit_of_star) > fame.of(hit) > 0.7 > fame.of(flop)
    assert fame.of(voted) > fame.of(at_home)


def test_songs(tmp_path: Path) -> None:
    """Only a source that marks songs makes one clean; a song without a page of its own is looked up."""
    named = [
        {"title": "Clean", "artists": "A|B", "sources": "tophits", "explicit": "0", "spotify_id": "x1",
         "year": "2008"},
        {"title": "Streamed", "artists": "A", "sources": "hit", "explicit": "0", "spotify_id": "x2"},
        {"title": "Rude", "artists": "A", "sources": "hit", "explicit": "1", "spotify_id": "x3"},
        {"title": "Unmarked & old", "artists": "Ä", "sources": "hit", "explicit": "0"},
        {"title": "Lost ï¿½", "artists": "A", "sources": "hit", "spotify_id": "x4"},
        {"title": "Obscure", "artists": "A", "sources": "hit", "popularity": "20", "spotify_id": "x5"},
        {"title": "S: I. Moon", "artists": "E", "sources": "hit", "year": "2001", "spotify_id": "x6",
         "genres": "classical|essential"},
        {"title": "White Xmas", "artists": "A", "sources": "hit", "spotify_id": "x7", "year": "2018"},
        {"title": "Tears", "artists": "The Band", "sources": "top10k", "spotify_id": "x8", "year": "1999"},
    ]  # fmt: skip
    written(tmp_path / "songs.csv.gz", [SONG | {"popularity": "90"} | one for one in named])
    written(tmp_path / "streams2024.csv.gz", [{"title": "Streamed", "artist": "A"}])
    charted = {"title": "Tears", "artist": "Someone With The Band", "peak": 1, "weeks": 20}
    written(tmp_path / "hot100.csv.gz", [charted])
    years = [("White Xmas", "tt", 1942), ("White Xmas", "tt", 1969), ("Clean", "hit", 1960)]
    written(
        tmp_path / "spotify_features.csv.gz",
        [{"title": t, "artist": "A", "source": source, "year": year} for t, source, year in years],
    )
    deezer = written(tmp_path / "deezer.csv", [{"title": "", "artist": "", "deezer_id": "1"}])
    words = {"title": "Clean", "artist": "A", "emotions": "calmness:9"}
    written(tmp_path / "deezer_lastfm_emotions.csv.gz", [words])
    labels: dict[str, list[dict[str, Any]]] = {
        "moodylyrics4q.csv": [{"title": "Rude", "artist": "A", "mood": "angry"}],
        "panda_allmusic.csv": [{"title": "Rude", "artist": "A", "quadrant": "Q2"}],
        "pmemo.csv": [{"title": "Rude", "artist": "A", "valence": "0.2", "arousal": "0.9"}],
    }
    for name, rows in labels.items():
        written(tmp_path / name, rows)
    found = {entry.title: (entry, place) for entry, place in songs.read(tmp_path, deezer)}
    assert {title: entry.explicit for title, (entry, _) in found.items()} == {
        "Clean": False, "Streamed": False, "Rude": True, "Unmarked & old": None, "Moon": None,
        "White Xmas": None, "Tears": None,
    }  # fmt: skip
    assert found["Unmarked & old"][0].url == "https://open.spotify.com/search/Unmarked%20%26%20old%20%C3%84"
    assert found["Clean"][0].url == "https://open.spotify.com/track/x1"
    assert found["Moon"][0].year is None
    assert found["Clean"][0].year is None  # it was on a list of the sixties: 2008 is a reissue
    assert "dark title" in found["Tears"][0].tags
    assert found["Tears"][0].fame > found["Unmarked & old"][0].fame + 0.2
    assert found["White Xmas"][0].year == 1942
    assert "christmas" in found["White Xmas"][0].tags
    assert found["Rude"][1][0] < 0 < found["Rude"][1][1]


def test_doubles() -> None:
    """Other spellings, longer editions, sets with parts of their own and comics of a book are doubles."""
    books = [
        ("The Boy in Striped Pajamas", "J. Boyne", False), ("The Boy in Striped Pyjamas", "J. Boyne", False),
        ("Wizard's Stone (W, #1)", "R", False), ("Sorcerer's Stone (W, #1)", "R", False),
        ("Second (W, #2)", "R", False), ("Alice", "C", False), ("Alice & Other Stories", "C", False),
        ("Alice: The Classic Edition", "C", False), ("Alice", "D", True), ("Alice", "E", False),
        ("W: The Complete Collection (W, #1-7)", "R", False), ("Lord (Lord, #1-3)", "T", False),
    ]  # fmt: skip
    doubles = Doubles((title, author) for title, author, _ in books)
    kept = [title for title, author, drawn in books if not doubles.has(title, author, drawn=drawn)]
    assert kept == [
        "The Boy in Striped Pajamas", "Wizard's Stone (W, #1)", "Second (W, #2)", "Alice", "Alice",
        "Lord (Lord, #1-3)",
    ]  # fmt: skip


def test_sets_and_companions() -> None:
    """Sets whose first volume is read more are told, and books about somebody else's famous one."""
    books = [
        ("Ring (Rings, #1)", "T", 9.0), ("Rings (Rings, #1-3)", "T", 5.0), ("Once (Once, #1-4)", "W", 5.0),
        ("Sword (Once, #1)", "W", 1.0), ("Wicked: A Life", "M", 50.0), ("Wicked: The Book", "D", 4.0),
        ("Wicked: Part (Wicked, #2)", "E", 4.0), ("Wicked", "F", 20.0),
    ]  # fmt: skip
    assert omnibuses(books) == {("rings", "t")}
    assert named_after(books) == {("wicked the book", "d")}


def test_picks() -> None:
    """A pick of a work that the sources have elsewhere is that work; one that nobody knows steps back."""
    known = Entry(
        medium="book", title="The Boy in the Striped Pyjamas", url="https://example.org/1", fame=9.0
    )
    namesake = replace(known, url="https://example.org/2", fame=1.0)
    pick = Entry(medium="book", title="the boy in striped pajamas", url="https://example.org/3")
    other = Entry(medium="book", title="Unknown", url="https://example.org/4")
    picks = matched([pick.picked_for(["fear"]), other.picked_for(["sad"])], [namesake, known])
    assert set(picks) == {known.key, other.key}
    assert picks[known.key].emotions == ("fear",)
    assert (without_facts(other).popularity, without_facts(replace(other, kind="collection")).popularity) == (
        0,
        None,
    )


def test_sequels() -> None:
    """What continues a film of at most 40 years before is a sequel; another film of that name is none."""
    named = [
        ("Toy Story", 1995), ("Toy Story 2", 1999), ("District 9", 2009), ("Rocky II", 1979),
        ("The Ring: First", 2001), ("The Ring: Last", 2003), ("Dune", 1944), ("Dune: Part Two", 2024),
        ("Batman", 1989), ("Batman Forever", 1995), ("Indy and the Ark", 1981), ("Indy and the Grail", 1989),
        ("Men in Black", 1997), ("Men in Black³", 2012), ("Magic Mike", 2012), ("Magic Mike XXL", 2015),
        ("Magic Mike's Life", 2016),
        ("The Boy", 2014), ("The Boy and the Bird", 2016), ("Shout!", 2019), ("Shout! Again and More", 2023),
    ]  # fmt: skip
    heroes = [("Robin", 1973, ("comedy", "family")), ("Robin: Prince", 1991, ("action", "adventure"))]
    films = [
        (Entry(medium="movie", title=title, url=f"https://example.org/{i}", year=year), (0.0, 0.0))
        for i, (title, year) in enumerate(named)
    ]
    films = [(replace(film, creator="S" if film.title[0] in "IS" else None), at) for film, at in films]
    films += [
        (Entry(medium="movie", title=t, url=f"https://example.org/{t}", year=y, genres=g), (0.0, 0.0))
        for t, y, g in heroes
    ]
    found = [entry.title for entry, _ in sequels.marked(films) if "sequel" in entry.tags]
    assert found == [
        "Toy Story 2", "The Ring: Last", "Batman Forever", "Indy and the Grail", "Men in Black³",
        "Magic Mike XXL", "Shout! Again and More",
    ]  # fmt: skip


def test_song_model() -> None:
    """Loud angry metal is unpleasant and excited, quiet acoustic songs are calm."""
    loud = song_places.Song("x|y", -0.3, 0.3, -0.2, -0.25, 0.0, 0.1, 1.0, 0.5, 0.0, "nu metal|metal")
    quiet = song_places.Song("x|y", -0.1, -0.45, 0.0, 0.6, 0.0, 0.0, -1.0, -0.5, 0.3, "folk")
    model = {row["feature"]: row for row in terms.read_table(terms.TABLES / "song_model.csv")}

    def place(song: song_places.Song) -> list[float]:
        found = song_places.features(song, (0.0, 0.0))
        return [
            sum(v * float(model[n][axis]) for n, v in found.items() if n in model)
            for axis in ("valence", "arousal")
        ]

    assert place(loud)[0] < FRAMES["songs"].valence
    assert place(loud)[1] > FRAMES["songs"].arousal
    assert place(quiet)[1] < -0.2


def test_shrunken_ratings() -> None:
    """Few ratings are drawn to the mean, and quality stays in range."""
    assert shrunken(5.0, 0, 3.0, 10) == 3.0
    assert shrunken(5.0, 10, 3.0, 10) == 4.0
    assert quality(3.0, 3.0, 0.2) == 0.5
    assert quality(9.0, 3.0, 0.2) == 1.0


def test_written(tmp_path: Path) -> None:
    """A written CSV is what the recommender reads."""
    entry = Entry(
        medium="song", title="One", url="https://example.org/1", explicit=False, tags=("calm", "happy")
    )
    write(tmp_path / "songs.csv", [entry.placed((0.5, -0.25))])
    (row,) = merged_rows(tmp_path).values()
    assert (row.title, row.explicit, row.tags, row.valence) == ("One", False, ["calm", "happy"], 0.5)


def test_known_works() -> None:
    """Fifty works a medium, and two later lists of songs; a missing or misplaced one is named."""
    works = known_works()
    first = [work for work in works if work.half in {"tune", "report"}]
    assert {sum(work.medium == medium for work in first) for medium in ("movie", "song", "book", "game")} == {
        50
    }
    assert all(work.quadrant for work in first)
    assert sum(work.half == "later" for work in works) >= 60
    up = Entry(medium="movie", title="Elf", url="https://example.org/1").placed((-0.5, 0.5))
    elf = next(work for work in works if work.title == "Elf")
    assert find(elf, [up]) is up
    assert any("Elf: intense" in line for line in check([up]))
    assert quadrant_of(0.5, -0.5) == "calm"
    disputed = next(work for work in works if not work.quadrant)
    song = Entry(medium="song", title=disputed.title, creator=disputed.creator, url="https://example.org/2")
    lines = check([song.placed((0.5, 0.5))])
    assert not any(f": {disputed.title}:" in line for line in lines)


def test_shipped_places() -> None:
    """Few works share their exact place, and every corner of the plane has some of each medium."""
    shipped = [row for row in merged_rows(DATA_DIR).values() if row.valence is not None]
    for medium in ("movie", "song", "book", "game"):
        places = [(row.valence, row.arousal) for row in shipped if row.medium == medium]
        assert len(set(places)) > (0.8 if medium == "game" else 0.9) * len(places)
        corners = [quadrant_of(v or 0.0, a or 0.0) for v, a in places]
        assert all(corners.count(name) > 0.04 * len(places) for name in ("lively", "intense", "sad", "calm"))
