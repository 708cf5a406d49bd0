"""Makes the shipped catalogue from the sources; the same sources give the same bytes.

    python -m curation build SOURCES REPORT

SOURCES holds movies.csv, books.csv, songs.csv, games.csv; REPORT is the report's own catalogue. Selects
items, drops duplicates, and writes a CSV per medium, and the report's picks, into the recommender's data/.
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
from services.recommender.imports.csv_file import Refused, read_table
from services.recommender.imports.file import Reader
from services.recommender.imports.row import Row
from services.recommender.ranking.mood import cell_of
from services.recommender.schemas.fields import fold
from services.recommender.settings import DATA_DIR

COLUMNS: Final = (
    "medium", "title", "creator", "year", "url", "kind", "genres", "tags", "language", "runtime_min",
    "explicit", "age_rating", "image_url", "emotions", "valence", "arousal", "affect_source",
    "affect_confidence", "quality", "popularity",
)  # fmt: skip
LEAST_FILM_MEAN: Final = 2.85
FILMS: Final = 3_000
BOOKS: Final = 4_000
SONGS: Final = 4_000
GAMES: Final = 3_000
PER_ARTIST: Final = 4
UNFIT_GAMES: Final = {
    "sexual content", "nudity", "hentai", "nsfw", "mature", "utilities", "software", "design illustration",
    "animation modeling", "video production", "game development", "audio production", "photo editing",
    "web publishing",
}  # fmt: skip
"""Tags of software and of games for adults."""
UNFIT_BOOKS: Final = {"erotica", "bdsm", "picture books", "cookbooks", "textbooks"}
LEADING_TAGS: Final = 8
ENGLISH: Final = {"", "eng", "en-US", "en-GB", "en-CA"}


def _unique(rows: Iterable[Row]) -> Iterator[Row]:
    """The first with the same title, creator and (for films) year; versions of a song are the same."""
    seen = set()
    for row in rows:
        name = (fold(bare(row.title)), fold(row.creator or ""), row.year if row.medium == "movie" else None)
        if name not in seen:
            seen.add(name)
            yield row


def _select(path: Path, source: Reader, accept: Callable[[dict[str, str]], bool]) -> list[Row]:
    """The unique rows of a source whose cells are accepted."""
    lines = {line for line, cells in read_table(path, set()) if accept(cells)}
    rows = (result[1] for result in source(path) if isinstance(result, tuple) and result[0] in lines)
    return list(_unique(rows))


def _is_fit_book(cells: dict[str, str]) -> bool:
    leading = {fold(tag) for tag, _ in goodbooks.parse_tags(cells["tags"])[:LEADING_TAGS]}
    return cells["language"] in ENGLISH and not leading & UNFIT_BOOKS


def _is_fit_game(cells: dict[str, str]) -> bool:
    return not {fold(tag) for tag in cells["tags"].replace("&amp;", "&").split("|")} & UNFIT_GAMES


def _is_fit_film(cells: dict[str, str]) -> bool:
    return movielens.shrunken_mean(cells) >= LEAST_FILM_MEAN and "Erotic" not in cells["genres"].split("|")


def _best(rows: list[Row], count: int) -> list[Row]:
    return sorted(rows, key=lambda row: (-(row.quality or 0.5) - (row.popularity or 0.0), row.key))[:count]


def _spread(rows: list[Row], count: int) -> list[Row]:
    """The best of each part of the affect plane in turn, so that every mood has songs; few per artist."""
    cells: dict[int, list[Row]] = {}
    artists: Counter[str] = Counter()
    for row in _best(rows, len(rows)):
        artist = fold(row.creator or "")
        if artists[artist] < PER_ARTIST:
            artists[artist] += 1
            cells.setdefault(cell_of(row.valence or 0, row.arousal or 0), []).append(row)
    turns = sorted((turn, cell, row) for cell, members in cells.items() for turn, row in enumerate(members))
    return [row for _, _, row in turns[:count]]


def _with_emotions(rows: list[Row], picks: Mapping[str, Row]) -> list[Row]:
    """Rows that the report picks too get its emotions."""
    return [
        row.model_copy(update={"emotions": picks[row.key].emotions}) if row.key in picks else row
        for row in rows
    ]


def build(sources: Path, report_csv: Path) -> dict[str, int]:
    """Writes the shipped CSVs; returns the number of rows by file name."""
    results = report.read(report_csv)
    picks = {result[1].key: result[1] for result in results if not isinstance(result, Refused)}
    shelves = {
        "movies.csv": _best(_select(sources / "movies.csv", movielens.read, _is_fit_film), FILMS),
        "books.csv": _best(_select(sources / "books.csv", goodbooks.read, _is_fit_book), BOOKS),
        "songs.csv": _spread(_select(sources / "songs.csv", deezer.read, lambda _cells: True), SONGS),
        "games.csv": _best(_select(sources / "games.csv", steam.read, _is_fit_game), GAMES),
    }
    shelves = {name: _with_emotions(rows, picks) for name, rows in shelves.items()}
    known = {row.key for rows in shelves.values() for row in rows}
    shelves["report.csv"] = [pick for key, pick in picks.items() if key not in known]
    for name, rows in shelves.items():
        _write(DATA_DIR / name, rows)
    return {name: len(rows) for name, rows in shelves.items()}


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        for row in rows:
            joined = {
                "genres": "|".join(row.genres),
                "tags": "|".join(row.tags),
                "emotions": "|".join(row.emotions),
            }
            writer.writerow(row.model_dump() | joined)


def spreads(sources: Path) -> dict[str, tuple[float, ...]]:
    """Mean and standard deviation of valence, then of arousal: the SPREADS of affect.py."""
    return {
        "book": _spread_of(map(goodbooks.estimate, _cells(sources / "books.csv", goodbooks.NEEDED))),
        "game": _spread_of(map(steam.estimate, _cells(sources / "games.csv", steam.NEEDED))),
    }


def _cells(path: Path, needed: set[str]) -> Iterator[dict[str, str]]:
    return (cells for _, cells in read_table(path, needed))


def _spread_of(estimates: Iterable[Estimate]) -> tuple[float, ...]:
    known = [estimate for estimate in estimates if estimate.known]
    axes = [estimate.valence for estimate in known], [estimate.arousal for estimate in known]
    return tuple(figure(axis) for axis in axes for figure in (statistics.fmean, statistics.pstdev))
