"""Makes the shipped catalogue from the sources; the same sources give the same bytes.

    python -m curation build SOURCES REPORT

SOURCES holds movies.csv, books.csv, songs.csv, games.csv; REPORT is the report's own catalogue. Chooses what
is worth shipping, folds duplicates, and writes one CSV per medium and the report's picks into data/.
"""

import csv
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from curation.affect import Estimate
from curation.sources import deezer, goodbooks, movielens, report, steam
from curation.titles import bare
from services.recommender.imports import csv_file
from services.recommender.imports.csv_file import Refused
from services.recommender.imports.file import Reader
from services.recommender.imports.row import Row
from services.recommender.ranking.mood import cell_of
from services.recommender.schemas.fields import fold
from services.recommender.settings import DATA_DIR

COLUMNS: Final = (
    "medium",
    "title",
    "creator",
    "year",
    "url",
    "genres",
    "emotions",
    "valence",
    "arousal",
    "affect_source",
    "affect_confidence",
    "quality",
    "popularity",
)
LEAST_FILM_MEAN: Final = 2.85
FILMS, BOOKS, SONGS, GAMES = 3_000, 4_000, 4_000, 3_000
PER_ARTIST: Final = 4
UNFIT: Final = {
    "sexual content", "nudity", "hentai", "nsfw", "mature", "utilities", "software", "design illustration",
    "animation modeling", "video production", "game development", "audio production", "photo editing",
    "web publishing",
}  # fmt: skip
"""Steam tags of what is no game or not for a page that anyone may open."""
UNFIT_BOOKS: Final = {"erotica", "bdsm", "picture books", "cookbooks", "textbooks"}
LEADING_TAGS: Final = 8
ENGLISH: Final = {"", "eng", "en-US", "en-GB", "en-CA"}


def unique(rows: Iterable[Row]) -> Iterator[Row]:
    """The first of those that people would call the same by title, creator and year; song versions folded."""
    seen = set()
    for row in rows:
        name = (fold(bare(row.title)), fold(row.creator or ""), row.year if row.medium == "movie" else None)
        if name not in seen:
            seen.add(name)
            yield row


def choose(path: Path, source: Reader, accept: Callable[[dict[str, str]], bool]) -> list[Row]:
    """What the source can read, its cells are fit for, and is not there twice."""
    lines = {line for line, cells in csv_file.read_table(path, set()) if accept(cells)}
    rows = (result[1] for result in source(path) if not isinstance(result, Refused) and result[0] in lines)
    return list(unique(rows))


def fit_book(cells: dict[str, str]) -> bool:
    leading = {fold(tag) for tag, _ in goodbooks.parse_tags(cells["tags"])[:LEADING_TAGS]}
    return cells["language"] in ENGLISH and not leading & UNFIT_BOOKS


def fit_game(cells: dict[str, str]) -> bool:
    return not {fold(tag) for tag in cells["tags"].replace("&amp;", "&").split("|")} & UNFIT


def fit_film(cells: dict[str, str]) -> bool:
    return movielens.shrunken_mean(cells) >= LEAST_FILM_MEAN and "Erotic" not in cells["genres"].split("|")


def merit(row: Row) -> float:
    return (row.quality or 0.5) + (row.popularity or 0.0)


def best(rows: list[Row], count: int) -> list[Row]:
    return sorted(rows, key=lambda row: (-merit(row), row.key))[:count]


def spread(rows: list[Row], count: int) -> list[Row]:
    """From every part of the affect plane in turn its best, so that every mood has songs; few per artist."""
    cells: dict[int, list[Row]] = {}
    artists: Counter[str] = Counter()
    for row in best(rows, len(rows)):
        artist = fold(row.creator or "")
        if artists[artist] < PER_ARTIST:
            artists[artist] += 1
            cells.setdefault(cell_of(row.valence or 0, row.arousal or 0), []).append(row)
    turns = sorted((turn, cell, row) for cell, members in cells.items() for turn, row in enumerate(members))
    return [row for _, _, row in turns[:count]]


def with_report(rows: list[Row], picks: Mapping[str, Row]) -> list[Row]:
    """Rows that the report picks too get the moods that it picked them for."""
    return [
        row.model_copy(update={"emotions": picks[row.key].emotions}) if row.key in picks else row
        for row in rows
    ]


def build(sources: Path, report_csv: Path) -> dict[str, int]:
    """Writes the shipped CSVs; file name to number of rows."""
    picks = {
        result[1].key: result[1] for result in report.read(report_csv) if not isinstance(result, Refused)
    }
    shelves = {
        "movies.csv": best(choose(sources / "movies.csv", movielens.read, fit_film), FILMS),
        "books.csv": best(choose(sources / "books.csv", goodbooks.read, fit_book), BOOKS),
        "songs.csv": spread(choose(sources / "songs.csv", deezer.read, lambda _cells: True), SONGS),
        "games.csv": best(choose(sources / "games.csv", steam.read, fit_game), GAMES),
    }
    shelves = {name: with_report(rows, picks) for name, rows in shelves.items()}
    known = {row.key for rows in shelves.values() for row in rows}
    shelves["report.csv"] = [pick for key, pick in picks.items() if key not in known]
    for name, rows in shelves.items():
        write(DATA_DIR / name, rows)
    return {name: len(rows) for name, rows in shelves.items()}


def write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            cells = row.model_dump()
            joined = {name: "|".join(cells[name]) for name in ("genres", "emotions")}
            writer.writerow([joined.get(name, cells[name]) for name in COLUMNS])


def spreads(sources: Path) -> dict[str, tuple[float, float, float, float]]:
    """What affect.py's SPREADS should say: mean and deviation of the tag means over the sources."""
    return {
        "book": measure(
            goodbooks.estimate(cells)
            for _, cells in csv_file.read_table(sources / "books.csv", goodbooks.NEEDED)
        ),
        "game": measure(
            steam.estimate(cells) for _, cells in csv_file.read_table(sources / "games.csv", steam.NEEDED)
        ),
    }


def measure(estimates: Iterable[Estimate]) -> tuple[float, float, float, float]:
    known = [estimate for estimate in estimates if estimate.known]
    valences, arousals = [e.valence for e in known], [e.arousal for e in known]
    return (
        statistics.fmean(valences),
        statistics.pstdev(valences),
        statistics.fmean(arousals),
        statistics.pstdev(arousals),
    )
