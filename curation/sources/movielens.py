"""Reads films of MovieLens and Wikipedia.

MovieLens' ratings and tags may be used but not passed on, so an item gets only a place in the affect plane
and one of four tiers of quality and of popularity.
"""

from typing import Any, Final

from curation import affect, ratings, titles
from curation.sources.reading import reader

NEEDED: Final = {
    "title", "year", "imdb_id", "genres", "movielens_genres", "movielens_tags", "rating_mean", "rating_count",
}  # fmt: skip
MEAN: Final = 3.22
PRIOR_COUNT: Final = 10.0
QUALITY_STEPS: Final = ((3.15, 0.2), (3.45, 0.4), (3.75, 0.65))
POPULARITY_STEPS: Final = ((8.0, 0.1), (25.0, 0.35), (80.0, 0.65))
HIGHEST: Final = 0.9
CONFIDENCE: Final = 0.6
"""About the cross-validated correlation of the estimates with the reference: docs/data-sources.md."""


def _row(cells: dict[str, str]) -> dict[str, Any]:
    genres = [*split(cells["genres"]), *split(cells["movielens_genres"])]
    valence, arousal = affect.film_affect([*genres, *split(cells["movielens_tags"])])
    return {
        "medium": "movie",
        "title": titles.clean(cells["title"]),
        "year": cells["year"].removesuffix(".0"),
        "url": f"https://www.imdb.com/title/{cells['imdb_id']}/",
        "genres": affect.genres_of(genres),
        "valence": valence,
        "arousal": arousal,
        "affect_source": "genres and tags, calibrated",
        "affect_confidence": CONFIDENCE,
        "quality": _tier(shrunken_mean(cells), QUALITY_STEPS),
        "popularity": _tier(float(cells["rating_count"]), POPULARITY_STEPS),
    }


def shrunken_mean(cells: dict[str, str]) -> float:
    return ratings.shrunken(float(cells["rating_mean"]), float(cells["rating_count"]), MEAN, PRIOR_COUNT)


def _tier(value: float, steps: tuple[tuple[float, float], ...]) -> float:
    return next((level for below, level in steps if value < below), HIGHEST)


def split(cell: str) -> list[str]:
    return [part for part in cell.split("|") if part]


read: Final = reader(NEEDED, _row)
