"""Reads games on Steam; tags come with the weightiest first."""

import html
from typing import Any, Final

from curation import affect, ratings, titles
from curation.sources.reading import reader

NEEDED: Final = {"title", "developer", "year", "steam_app_id", "tags", "positive", "negative"}
MEAN: Final = 0.83
MEAN_SD: Final = 0.11
PRIOR_COUNT: Final = 50
LEAST: Final = 100
MOST: Final = 500_000


def _row(cells: dict[str, str]) -> dict[str, Any]:
    felt = estimate(cells)
    valence, arousal = affect.stretch(felt, "game")
    positive, negative = float(cells["positive"]), float(cells["negative"])
    count = positive + negative
    liked = ratings.shrunken(positive / max(1.0, count), count, MEAN, PRIOR_COUNT)
    return {
        "medium": "game",
        "title": titles.clean(cells["title"]),
        "creator": html.unescape(cells["developer"]),
        "year": cells["year"].removesuffix(".0"),
        "url": f"https://store.steampowered.com/app/{int(cells['steam_app_id'])}/",
        "genres": affect.genres_of(_tags(cells)),
        "valence": valence,
        "arousal": arousal,
        "affect_source": "player tags",
        "affect_confidence": affect.confidence(felt.known, 0.6),
        "quality": ratings.quality(liked, MEAN, MEAN_SD),
        "popularity": ratings.popularity(count, LEAST, MOST),
    }


def _tags(cells: dict[str, str]) -> list[str]:
    return [html.unescape(tag) for tag in cells["tags"].split("|") if tag]


def estimate(cells: dict[str, str]) -> affect.Estimate:
    return affect.mean_of_tags((tag, 1 / (1 + 0.1 * place)) for place, tag in enumerate(_tags(cells)))


read: Final = reader(NEEDED, _row)
