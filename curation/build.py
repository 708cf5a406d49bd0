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

SIZES: Final = {"movies": 4_000, "books": 5_000, "songs": 8_000, "games": 3_000}
FRAMES: Final = {
    "movies": Frame(0.0, 0.105),
    "books": Frame(0.05, 0.17, tilt=0.15, slope=0.1),
    "songs": Frame(0.1, -0.02),
    "games": Frame(0.12, 0.15, tilt=0.4),
}
"""The raw place of a work that is neither pleasant nor unpleasant, neither calm nor exciting; tuned on
the half `tune` of the known works."""

ARTICLES: Final = ("the", "a", "an")
SPELLINGS: Final = {"pyjamas": "pajamas", "colour": "color", "grey": "gray", "theatre": "theater"}
UNKNOWN: Final = 0.0
"""Quality of a pick of which nothing is known, and the confidence in its place."""


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
    picks = matched(picks.values(), [entry for pairs in found.values() for entry, _ in pairs])
    shelves = {
        name: _with_picks(_chosen(pairs, SIZES[name], FRAMES[name], picks), picks)
        for name, pairs in found.items()
    }
    known = {entry.key for entries in shelves.values() for entry in entries}
    shelves["report"] = [without_facts(pick) for key, pick in picks.items() if key not in known]
    return {f"{name}.csv": write(DATA_DIR / f"{name}.csv", entries) for name, entries in shelves.items()}


def matched(picks: Iterable[Entry], entries: Iterable[Entry]) -> dict[str, Entry]:
    """The picks by key: the key of the best known work so called where the sources have it elsewhere."""
    named: dict[tuple[str, str], Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.fame):
        named[entry.medium, _called(entry.title)] = entry
    keys = {entry.key for entry in named.values()}
    found: dict[str, Entry] = {}
    for pick in picks:
        source = None if pick.key in keys or pick.kind else named.get((pick.medium, _called(pick.title)))
        key = source.key if source else pick.key
        found[key] = pick.picked_for(found[key].emotions) if key in found else pick
    return found


def _called(title: str) -> str:
    """A title without articles, in one spelling: "the boy in striped pajamas"."""
    words = [SPELLINGS.get(word, word) for word in fold(title).split()]
    return " ".join(word for word in words if word not in ARTICLES)


def without_facts(pick: Entry) -> Entry:
    """A work that no source knows: it is listed, and seldom recommended."""
    return (
        replace(pick, affect_confidence=UNKNOWN, quality=UNKNOWN, popularity=0.0) if not pick.kind else pick
    )


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
