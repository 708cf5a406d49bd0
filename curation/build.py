"""Makes the shipped catalogue from the sources; the same sources give the same bytes.

    python -m curation build SOURCES NEW REPORT

SOURCES and NEW are the folders of the sources (docs/data-sources.md), REPORT the report's own catalogue.
Chooses what is best known, places it in the plane, and writes a CSV per medium, and the report's other
picks, into the recommender's data/.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from curation import sequels
from curation.entry import Entry, write
from curation.plane import Frame, Place, spread
from curation.sources import books, films, games, report, songs
from services.recommender.schemas.fields import fold
from services.recommender.settings import DATA_DIR

SIZES: Final = {"movies": 4_000, "books": 4_000, "songs": 8_000, "games": 3_000}
FRAMES: Final = {
    "movies": Frame(0.0, 0.105),
    "books": Frame(0.05, 0.17, tilt=0.15),
    "songs": Frame(0.1, -0.02),
    "games": Frame(0.12, 0.15, tilt=0.4),
}
"""The raw place of a work that is neither pleasant nor unpleasant, neither calm nor exciting; tuned on
the half `tune` of the known works."""


def build(sources: Path, new: Path, report_csv: Path) -> dict[str, int]:
    """Write the shipped CSVs; returns the number of rows by file name."""
    picks = {entry.key: entry for entry in report.read(report_csv)}
    found = {
        "movies": list(sequels.marked(films.read(new / "films"))),
        "songs": list(songs.read(new / "songs", sources / "songs.csv")),
        "games": list(games.read(new / "games", sources / "games.csv")),
    }
    adapted = {fold(entry.title): place for entry, place in films.adapted(new / "films", found["movies"])}
    found["books"] = list(books.read(new / "books", sources / "books.csv", adapted))
    shelves = {
        name: _with_picks(_chosen(pairs, SIZES[name], FRAMES[name], picks), picks)
        for name, pairs in found.items()
    }
    known = {entry.key for entries in shelves.values() for entry in entries}
    shelves["report"] = [pick for key, pick in picks.items() if key not in known]
    return {f"{name}.csv": write(DATA_DIR / f"{name}.csv", entries) for name, entries in shelves.items()}


def _chosen(pairs: list[tuple[Entry, Place]], size: int, frame: Frame, picks: Iterable[str]) -> list[Entry]:
    """The best known works, and the report's, in order of fame, with places and popularity."""
    wanted = set(picks)
    unique: dict[str, tuple[Entry, Place]] = {}
    urls: set[str] = set()
    for pair in sorted(pairs, key=lambda pair: (-pair[0].fame, pair[0].url)):
        if pair[0].url not in urls:
            urls.add(pair[0].url)
            unique.setdefault(pair[0].key, pair)
    chosen = [pair for rank, (key, pair) in enumerate(unique.items()) if rank < size or key in wanted]
    places = spread([place for _, place in chosen], frame)
    last = len(chosen)
    return [
        replace(entry.placed(place), popularity=round(1 - rank / last, 3))
        for rank, ((entry, _), place) in enumerate(zip(chosen, places, strict=True))
    ]


def _with_picks(entries: list[Entry], picks: dict[str, Entry]) -> list[Entry]:
    """Works that the report picks too get its emotions."""
    return [entry.picked_for(picks[entry.key].emotions) if entry.key in picks else entry for entry in entries]
