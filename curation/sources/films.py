"""Reads films: facts, sub-genres, people's emotion tags, keywords and posters, joined by IMDb id."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from curation import ratings, sequels, terms
from curation.entry import MAX_GENRES, MAX_TAGS, Entry
from curation.plane import Place
from curation.sources.reading import parts, rows, whole

FIT_SHARE: Final = 0.25
"""Weight of the place fitted on the feelings data; the rest is the mean of the terms."""
FIT_SCALE: Final = (0.35, 0.3)
"""Valence and arousal that one standard deviation of the fitted place is worth on the terms' scale."""
FIT_CENTRE: Final = (0.1, 0.2)
RATING_MEAN: Final = 6.6
RATING_SD: Final = 0.8
PRIOR_VOTES: Final = 5_000
LEAST_VOTES: Final = 2_000
UNFIT: Final = {"Erotica", "Softcore", "Adult"}
UNRATED: Final = {"Not Rated", "Unrated"}
OF_BOOKS: Final = {"based on novel", "based on novel or book", "based on young adult novel"}
EARLY: Final = 1960
LATE: Final = 2022
LAST_GENRES: Final = ("drama", "thriller", "adventure", "fantasy")
"""Genres that say least: listed after the others."""


def read(folder: Path) -> Iterator[tuple[Entry, Place]]:
    """All films with enough known of them, and their raw places."""
    said = _Said(folder)
    for cells in rows(folder / "films.csv.gz"):
        genres = parts(cells["genres"])
        if UNFIT.isdisjoint(genres) and cells["rating"] and float(cells["votes"] or 0) >= LEAST_VOTES:
            felt = said.of(cells["imdb_id"], cells["tmdb_id"], genres)
            if felt:
                yield _entry(cells, felt, said), said.place(cells["imdb_id"], felt)


def _entry(cells: dict[str, str], felt: list[terms.Felt], said: "_Said") -> Entry:
    votes = float(cells["votes"] or 0)
    rating = ratings.shrunken(float(cells["rating"]), votes, RATING_MEAN, PRIOR_VOTES)
    languages = parts(cells["languages"])
    known = sum(one.weight for one in felt)
    themes = terms.themes(felt)
    return Entry(
        medium="movie",
        title=cells["title"],
        creator=next(iter(parts(cells["directors"])), None),
        year=whole(cells["year"]),
        url=f"https://www.imdb.com/title/{cells['imdb_id']}/",
        genres=_genres(parts(cells["genres"])),
        tags=(sequels.SEQUEL, *themes)[:MAX_TAGS] if said.is_sequel(cells["imdb_id"]) else themes,
        language=terms.language(languages[0]) if languages else None,
        runtime_min=whole(cells["runtime"]),
        age_rating=cells["mpa"] if cells["mpa"] not in UNRATED else None,
        image_url=said.poster(cells),
        affect_source="genres, keywords and moods",
        affect_confidence=round(0.85 * known / (known + 2), 2),
        quality=round(20 * ratings.quality(rating, RATING_MEAN, RATING_SD)) / 20,
        fame=_fame(cells, votes, languages),
    )


def _genres(names: list[str]) -> tuple[str, ...]:
    table = terms.table("film_terms")
    known = dict.fromkeys(
        table["imdb", name].genre for name in names if ("imdb", name) in table and table["imdb", name].genre
    )
    return tuple(sorted(known, key=lambda genre: genre in LAST_GENRES))[:MAX_GENRES]


def _fame(cells: dict[str, str], votes: float, languages: list[str]) -> float:
    """Votes on a logarithmic scale; their site is young and mostly American, so others count for more."""
    fame = math.log10(max(votes, 1))
    year = int(float(cells["year"]))
    fame += 0.02 * max(0, EARLY - year) / 2 + 0.12 * max(0, year - LATE)
    return fame + (0.25 if languages and languages[0] != "English" else 0.0)


class _Said:
    """What people and editors say about films, by id."""

    def __init__(self, folder: Path) -> None:
        self._by_source = {
            "mpst": _column(folder / "mpst_tags.csv.gz", "imdb_id", "tags"),
            "omdb": _column(folder / "omdb_emotions.csv.gz", "imdb_id", "emotions"),
            "tmdb": _column(folder / "tmdb_keywords.csv.gz", "imdb_id", "keywords"),
        }
        self._newer = _column(folder / "tmdb_2025_sample.csv.gz", "tmdb_id", "keywords")
        self._fits = {row["imdb_id"]: row for row in rows(folder / "film_places.csv.gz")}
        self._posters = _column(folder / "tmdb_posters.csv.gz", "imdb_id", "poster_path")
        self._thumbnails = _column(folder / "wikipedia_posters.csv.gz", "wikipedia", "thumbnail")

    def of(self, imdb_id: str, tmdb_id: str, genres: list[str]) -> list[terms.Felt]:
        """What is said of a film, each term once."""
        table = terms.table("film_terms")
        said = [("imdb", name) for name in genres]
        for source, column in self._by_source.items():
            said += [(source, name) for name in parts(column.get(imdb_id, ""))]
        said += [("tmdb", name) for name in parts(self._newer.get(tmdb_id, ""))]
        return [table[one] for one in dict.fromkeys(said) if one in table]

    def is_sequel(self, imdb_id: str) -> bool:
        """Whether a keyword says so; titles tell of most others."""
        return sequels.SEQUEL in parts(self._by_source["tmdb"].get(imdb_id, ""))

    def place(self, imdb_id: str, felt: list[terms.Felt]) -> Place:
        mean = terms.mean(felt)
        fit = self._fits.get(imdb_id)
        if fit is None:
            return mean
        fitted = [float(fit[f"fit_{axis}_z"]) for axis in ("valence", "arousal")]
        valence, arousal = (
            (1 - FIT_SHARE) * own + FIT_SHARE * (centre + scale * z)
            for own, centre, scale, z in zip(mean, FIT_CENTRE, FIT_SCALE, fitted, strict=True)
        )
        return valence, arousal

    def poster(self, cells: dict[str, str]) -> str | None:
        path = self._posters.get(cells["imdb_id"])
        if path:
            return f"https://image.tmdb.org/t/p/w342{path}"
        thumbnail = self._thumbnails.get(cells["wikipedia"])
        return f"https://upload.wikimedia.org/wikipedia/{thumbnail}" if thumbnail else None


def _column(path: Path, key: str, value: str) -> dict[str, str]:
    return {row[key]: row[value] for row in rows(path)}


def adapted(folder: Path, films: list[tuple[Entry, Place]]) -> Iterator[tuple[Entry, Place]]:
    """The films made of books, the least known first."""
    keywords = _column(folder / "tmdb_keywords.csv.gz", "imdb_id", "keywords")
    made = {f"imdb:{imdb_id}" for imdb_id, cell in keywords.items() if not OF_BOOKS.isdisjoint(parts(cell))}
    found = [(entry, place) for entry, place in films if entry.key in made]
    return iter(sorted(found, key=lambda pair: (pair[0].fame, pair[0].key)))
