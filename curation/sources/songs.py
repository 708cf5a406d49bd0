"""Reads songs: charts, streams, audio figures and listeners' words, merged by title and first artist."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median_low
from typing import Final
from urllib.parse import quote

from curation import song_fame, song_places
from curation.entry import MAX_GENRES, Entry
from curation.plane import Place
from curation.sources.reading import parts, rows, whole
from curation.titles import piece, song_key
from services.recommender.schemas.fields import fold

UNFIT: Final = re.compile(
    r"karaoke|tribute|kidz bop|glee cast|made famous|in the style of|cover version|workout|lullaby renditions"
    r"|\bskit\b|\bintro\b|interlude",
    re.IGNORECASE,
)
LEAST_FAME: Final = 0.7
"""Less is never chosen."""
KNOWS_EXPLICIT: Final = "tophits"
"""The list that says of each song whether it is explicit, as the most streamed ones of 2024 do."""
DECADES: Final = "hit"
"""The source that has decades, not years."""
MISREAD: Final = "ï¿"
"""What a list made of letters beyond ASCII: the name is lost."""
RETURNED: Final = 5
"""Years that most lists put a song before its first chart, if the charts have it for a return only."""
FESTIVE: Final = re.compile(
    r"christmas|x-?mas\b|(?<!la )\bsanta\b(?! (?:monica|lucia|fe)\b)|jingle bell|sleigh|rudolph|reindeer"
    r"|frosty|mistletoe|\bnoel\b|navidad|winter wonderland|let it snow|drummer boy|silent night|holy night"
    r"|silver bells|most wonderful time|baby,? it's cold|auld lang syne|holly jolly|fairytale of new york"
    r"|stay another day|2000 miles|little saint nick|carol of the bells|deck the halls|walking in the air"
    r"|marshmallow world|underneath the tree|first no[eë]l|come all ye faithful|away in a manger|snowman"
    r"|hallelujah chorus|chestnuts roasting",
    re.IGNORECASE,
)
"""Titles of Christmas songs."""
ADULT: Final = re.compile(
    r"\bs&m\b|\bsex|\bnaked\b|\bwhores?\b|\bhoes?\b|\bbitch|\bpussy\b|\bdick\b|\bf[u*]ck|\bstrip(per)?\b"
    r"|\borgasm|\bhorny\b|\bthong|\bbooty\b|\bpimp|\bp\.i\.m\.p|\bpornstar|\bhumps\b|\bblow ?job|\bwap\b"
    r"|\bass\b|\bmilf",
    re.IGNORECASE,
)
"""Titles that say what not everybody wants to hear unasked."""


def read(folder: Path, deezer: Path) -> Iterator[tuple[Entry, Place]]:
    """All songs with audio figures, once each, and their raw places."""
    listeners = song_places.Listeners(folder, deezer)
    marked = {song_key(row["title"], row["artist"]) for row in rows(folder / "streams2024.csv.gz")}
    songs = _songs(folder)
    fames = song_fame.Fame(songs)
    seen = set()
    for cells in songs:
        key, fame = song_key(cells["title"], cells["artists"]), fames.of(cells)
        if key in seen or fame < LEAST_FAME or UNFIT.search(f"{cells['title']} {cells['artists']}"):
            continue
        seen.add(key)
        song = song_places.Song.of(cells)
        place, sure = listeners.place(song)
        yield (
            replace(
                _entry(cells, listeners.deezer_id(key)),
                tags=_tags(cells, song, [*listeners.themes(key), *song_places.sounds(song)]),
                explicit=_explicit(cells, marked=key in marked),
                affect_confidence=sure,
                fame=fame,
            ),
            place,
        )


def _songs(folder: Path) -> list[dict[str, str]]:
    """The merged rows whose names can be read, each with its first year.

    One that was on a list of an earlier decade has the last year of that decade, and `bound`.
    """
    years: dict[str, list[int]] = {}
    latest: dict[str, int] = {}
    for row in rows(folder / "spotify_features.csv.gz"):
        if row["year"]:
            key, year = song_key(row["title"], row["artist"].replace(", ", "|")), int(float(row["year"]))
            if row["source"] == DECADES:
                latest[key] = min(year + 9, latest.get(key, year + 9))
            else:
                years.setdefault(key, []).append(year)
    songs = [row for row in rows(folder / "songs.csv.gz") if MISREAD not in row["title"] + row["artists"]]
    charts = _charts(folder)
    for row in songs:
        key, charted = song_key(row["title"], row["artists"]), whole(row["year"])
        listed = years.get(key)
        if listed and charted and charted - median_low(listed) >= RETURNED:
            row["year"] = str(min(listed))
        if charted and key in latest and int(row["year"]) > latest[key]:
            row["year"] = str(latest[key])
            row["bound"] = "1"
        title, _, artist = key.partition("|")
        if not row["hot100_peak"]:
            for credit, peak, weeks in charts.get(title, ()):
                if f" {artist} " in f" {credit} ":
                    row["hot100_peak"], row["hot100_weeks"] = peak, weeks
    return songs


def _charts(folder: Path) -> dict[str, list[tuple[str, str, str]]]:
    """By title the whole credits, which may name a guest first, and their highest places and weeks."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows(folder / "hot100.csv.gz"):
        title = song_key(row["title"], "").removesuffix("|")
        found.setdefault(title, []).append((fold(row["artist"]), row["peak"], row["weeks"]))
    return found


def _entry(cells: dict[str, str], deezer_id: str | None) -> Entry:
    title, artist = " ".join(cells["title"].split()), parts(cells["artists"])[0]
    essential = song_fame.is_essential(cells)  # its year is the recording's
    return Entry(
        medium="song",
        title=piece(title, artist) if essential else title,
        creator=artist,
        year=None if essential or "bound" in cells else whole(cells["year"]),
        url=_link(cells, deezer_id),
        genres=_genres(cells["genres"]),
        image_url=f"https://i.scdn.co/image/{cells['cover']}" if cells["cover"] else None,
        affect_source="sound, genre and listeners",
    )


def _link(cells: dict[str, str], deezer_id: str | None) -> str:
    if deezer_id or cells["deezer_id"]:
        return f"https://www.deezer.com/track/{int(float(deezer_id or cells['deezer_id']))}"
    if cells["spotify_id"]:
        return f"https://open.spotify.com/track/{cells['spotify_id']}"
    return "https://open.spotify.com/search/" + quote(
        f"{cells['title']} {parts(cells['artists'])[0]}", safe=""
    )


def _tags(cells: dict[str, str], song: song_places.Song, said: list[str]) -> tuple[str, ...]:
    told = {
        "christmas": FESTIVE.search(cells["title"]) is not None,
        "adult": ADULT.search(cells["title"]) is not None,
        "dark title": song_places.has_dark_title(song),
    }
    return tuple(dict.fromkeys([*(tag for tag, holds in told.items() if holds), *said]))


def _explicit(cells: dict[str, str], *, marked: bool) -> bool | None:
    if cells["explicit"] == "1":
        return True
    return False if marked or KNOWS_EXPLICIT in parts(cells["sources"]) else None


def _genres(cell: str) -> tuple[str, ...]:
    """Families of the artist's genres, those of the first-named genres first."""
    found: dict[str, None] = {}
    for name in parts(cell):
        for family in song_places.families():
            if family.genre and family.pattern.search(name):
                found.setdefault(family.genre, None)
    return tuple(found)[:MAX_GENRES]
