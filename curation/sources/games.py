"""Reads games: players' tags on Steam, and console games with genres and the themes of their series."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus

from curation import ratings, terms, titles
from curation.entry import MAX_GENRES, Entry
from curation.plane import Place
from curation.sources.reading import parts, rows, whole
from services.recommender.schemas.fields import fold

LIKED_MEAN: Final = 0.83
LIKED_SD: Final = 0.11
PRIOR_COUNT: Final = 50
STARS_MEAN: Final = 3.4
STARS_SD: Final = 0.45
PER_PLACE: Final = 0.1
"""Tags come with the weightiest first: how fast their weight falls."""
UNFIT: Final = {
    "hentai", "nsfw", "sexual content", "nudity", "utilities", "software", "design illustration",
    "animation modeling",
    "video production", "game development", "audio production", "photo editing", "web publishing",
    "software training",
    "benchmark", "mod", "documentary", "movie", "360 video", "hardware",
}  # fmt: skip
"""Tags of software, films and games for adults."""
LEAST_PLAYS: Final = 300
LEAST_PLAYS_PC: Final = 1_500
"""Games on Windows are mostly on Steam, under a name of their own."""
VERSION: Final = re.compile(
    r"\b(edition|remastered|remake|hd|dlc|demo|definitive|goty|collection|trilogy|anniversary|bundle|mobile|beta|expansion|plus"
    r"|episode|chapter)\b",
    re.IGNORECASE,
)
SHOOTER: Final = "shooter"
DRIVING: Final = frozenset({"driving", "automobile sim"})
GENRES_ONLY: Final = 0.5
"""Confidence in a place, relative to others, of a game of which only genres are known."""
NOISE: Final = re.compile(r" (?:the )?video ?game\b")
WINDOWS: Final = "Windows PC"
SAME_GAME: Final = 8
"""Years from which on a game of the same name is another one."""
CENTURY: Final = 27
"""Two-figure years up to this one are of this century."""


def read(folder: Path, steam_csv: Path) -> Iterator[tuple[Entry, Place]]:
    """Steam's games, then those that are not on Windows, each with its raw place."""
    series = _series()
    consoles = list(rows(folder / "backloggd.csv.gz"))
    first = {_name(cells["title"]): _year(cells["release_date"]) for cells in consoles}
    known = set()
    for cells in rows(steam_csv):
        tags = [fold(html.unescape(tag)) for tag in parts(cells["tags"])]
        name = _name(titles.clean(cells["title"]))
        if name not in known and UNFIT.isdisjoint(tags):
            known.add(name)
            said = [*tags, *_of_series(series, name)]
            entry = _steam(cells)
            yield _placed(replace(entry, year=_first_year(entry.year, first.get(name))), said)
    for cells in consoles:
        name = _name(cells["title"])
        plays = float(cells["plays"] or 0)
        least = LEAST_PLAYS_PC if WINDOWS in parts(cells["platforms"]) else LEAST_PLAYS
        if name not in known and plays >= least and not VERSION.search(cells["title"]):
            known.add(name)
            genres = [fold(genre) for genre in parts(cells["genres"])]
            if SHOOTER in genres:  # the site calls any level to get through a puzzle
                genres = [genre for genre in genres if genre != "puzzle"]
            told = _of_series(series, name)
            entry, place = _placed(_console(cells, plays), [*told, *genres])
            sure = (entry.affect_confidence or 0.0) * (1 if told else GENRES_ONLY)
            yield replace(entry, affect_confidence=round(sure, 2)), place


def _first_year(on_steam: int | None, elsewhere: int | None) -> int | None:
    """The year in which a game came out, which for some was long before Steam had it."""
    if on_steam is None or elsewhere is None or not 0 < on_steam - elsewhere <= SAME_GAME:
        return on_steam
    return elsewhere


def _name(title: str) -> str:
    """The same for "LEGO Batman: The Videogame" and "LEGO Batman"."""
    return NOISE.sub("", fold(title))


def _series() -> list[tuple[re.Pattern[str], list[str]]]:
    table = terms.read_table(terms.TABLES / "game_series.csv")
    return [(re.compile(row["pattern"]), parts(row["tags"])) for row in table]


def _of_series(series: list[tuple[re.Pattern[str], list[str]]], name: str) -> list[str]:
    return next((tags for pattern, tags in series if pattern.search(name)), [])


def _placed(entry: Entry, said: list[str]) -> tuple[Entry, Place]:
    table = terms.table("tags")
    if not DRIVING.isdisjoint(said):  # players call every heavy vehicle a train
        said = [name for name in said if name != "trains"]
    felt = [
        terms.scaled(table["", name], 1 / (1 + PER_PLACE * place))
        for place, name in enumerate(dict.fromkeys(said))
        if ("", name) in table
    ]
    genres = tuple(dict.fromkeys(one.genre for one in felt if one.genre))[:MAX_GENRES]
    full = replace(entry, genres=genres, tags=terms.themes(felt), affect_confidence=terms.confidence(felt))
    return full, terms.mean(felt)


def _steam(cells: dict[str, str]) -> Entry:
    positive, negative = float(cells["positive"]), float(cells["negative"])
    count = positive + negative
    liked = ratings.shrunken(positive / max(1.0, count), count, LIKED_MEAN, PRIOR_COUNT)
    app_id = int(cells["steam_app_id"])
    return Entry(
        medium="game",
        title=titles.clean(cells["title"]),
        creator=html.unescape(cells["developer"]) or None,
        year=whole(cells["year"]),
        url=f"https://store.steampowered.com/app/{app_id}/",
        image_url=f"https://cdn.cloudflare.steamstatic.com/steam/apps/{app_id}/header.jpg",
        affect_source="player tags",
        quality=ratings.quality(liked, LIKED_MEAN, LIKED_SD),
        fame=count,
    )


def _console(cells: dict[str, str], plays: float) -> Entry:
    slug = re.sub(r"\W+", "-", fold(cells["title"]))
    return Entry(
        medium="game",
        title=titles.clean(cells["title"]),
        creator=next(iter(parts(cells["developers"])), None),
        year=_year(cells["release_date"]),
        url=f"https://www.backloggd.com/games/{quote_plus(slug)}/",
        affect_source="genres and series",
        quality=ratings.quality(float(cells["rating"] or STARS_MEAN), STARS_MEAN, STARS_SD),
        fame=plays * PLAYS_WORTH,
    )


PLAYS_WORTH: Final = 2.0
"""Reviews on Steam that a play logged on Backloggd stands for."""


def _year(date: str) -> int | None:
    last = date.rpartition("-")[2]
    if not last.isdigit():
        return None
    return (2000 if int(last) <= CENTURY else 1900) + int(last)
