"""Reads songs: charts, streams, audio figures and listeners' words, merged by title and first artist."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from curation import song_places
from curation.entry import MAX_GENRES, Entry
from curation.plane import Place
from curation.sources.reading import number, parts, rows, whole
from curation.titles import song_key

UNFIT: Final = re.compile(
    r"karaoke|tribute|kidz bop|glee cast|made famous|in the style of|cover version|workout|lullaby renditions"
    r"|\bskit\b|\bintro\b|interlude",
    re.IGNORECASE,
)
LISTS: Final = {
    "top2000": 0.3, "top10k": 0.12, "tophits": 0.1, "decades": 0.15, "top10s": 0.1, "2023": 0.1,
}  # fmt: skip
"""What it says of a song's fame to be on a list."""
PER_LIST: Final = 0.04
CHART: Final = 0.25
DELISTED: Final = 0.5
"""Popularity of a song on two lists whose own page has none, since the page was replaced."""
LEAST_FAME: Final = 0.7
"""Less is never chosen."""
STAYED: Final = 0.013
"""Fame per year of a popular song: who still listens to an old one is not following the day's charts."""
OLDEST: Final = 40.0
LATEST: Final = 2020
KNOWS_EXPLICIT: Final = {"tophits", "2024hi", "2024lo"}
"""Lists that say of each song whether it is explicit."""


def read(folder: Path, deezer: Path) -> Iterator[tuple[Entry, Place]]:
    """All songs with audio figures, once each, and their raw places."""
    listeners = song_places.Listeners(folder, deezer)
    clean = {
        song_key(row["title"], row["artist"])
        for row in rows(folder / "streams2024.csv.gz")
        if row["explicit"] == "0"
    }
    seen = set()
    for cells in rows(folder / "songs.csv.gz"):
        key = song_key(cells["title"], cells["artists"])
        unfit = _fame(cells) < LEAST_FAME or UNFIT.search(f"{cells['title']} {cells['artists']}")
        if key not in seen and not unfit:
            seen.add(key)
            song = song_places.Song.of(cells)
            place, known = listeners.place(song)
            entry = _entry(cells, listeners.deezer_id(key))
            tags = (*listeners.themes(key), *song_places.sounds(song))
            yield (
                replace(
                    entry,
                    tags=tuple(dict.fromkeys(tags)),
                    affect_confidence=known,
                    explicit=entry.explicit if key not in clean else bool(entry.explicit),
                ),
                place,
            )


def _entry(cells: dict[str, str], deezer_id: str | None) -> Entry:
    artists = parts(cells["artists"])
    return Entry(
        medium="song",
        title=" ".join(cells["title"].split()),
        creator=artists[0],
        year=whole(cells["year"]),
        url=_link(cells, deezer_id),
        genres=_genres(cells["genres"]),
        explicit=_explicit(cells),
        image_url=f"https://i.scdn.co/image/{cells['cover']}" if cells["cover"] else None,
        affect_source="sound, genre and listeners",
        fame=_fame(cells),
    )


def _link(cells: dict[str, str], deezer_id: str | None) -> str:
    if deezer_id or cells["deezer_id"]:
        return f"https://www.deezer.com/track/{int(float(deezer_id or cells['deezer_id']))}"
    return f"https://open.spotify.com/track/{cells['spotify_id']}"


def _explicit(cells: dict[str, str]) -> bool | None:
    if cells["explicit"] == "1":
        return True
    return None if KNOWS_EXPLICIT.isdisjoint(parts(cells["sources"])) else False


def _genres(cell: str) -> tuple[str, ...]:
    """Families of the artist's genres, those of the first-named genres first."""
    found: dict[str, None] = {}
    for name in parts(cell):
        for family in song_places.families():
            if family.genre and family.pattern.search(name):
                found.setdefault(family.genre, None)
    return tuple(found)[:MAX_GENRES]


def _fame(cells: dict[str, str]) -> float:
    lists = parts(cells["sources"])
    popularity = (number(cells["popularity"]) or 0.0) / 100
    if not popularity and len(lists) > 1:
        popularity = DELISTED
    fame = popularity + sum(LISTS.get(name, 0.0) for name in lists) + PER_LIST * (len(lists) - 1)
    peak, weeks = number(cells["hot100_peak"]), number(cells["hot100_weeks"]) or 0.0
    if peak:
        fame += CHART * (100 - peak) / 99 * min(1.0, weeks / 20)
    year = number(cells["year"])
    age = max(0.0, min(OLDEST, LATEST - year)) if year else 0.0
    return fame + STAYED * age * max(0.0, popularity - 0.4) / 0.4
