"""Games on Steam: title, developer, year, steam_app_id, tags (weightiest first), positive, negative."""

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curation import affect, ratings, titles
from services.recommender.imports.csv_file import Refused, checked, read_table
from services.recommender.imports.row import Row

NEEDED = {"title", "developer", "year", "steam_app_id", "tags", "positive", "negative"}
MEAN, MEAN_SD = 0.83, 0.11
PRIOR_COUNT = 50
LEAST, MOST = 100, 500_000


def read(path: Path) -> Iterator[tuple[int, Row] | Refused]:
    for line, cells in read_table(path, NEEDED):
        yield checked(line, to_row, cells)


def to_row(cells: dict[str, str]) -> dict[str, Any]:
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
        "genres": affect.genres_of(tags_of(cells)),
        "valence": valence,
        "arousal": arousal,
        "affect_source": "player tags",
        "affect_confidence": affect.confidence(felt.known, 0.6),
        "quality": ratings.quality(liked, MEAN, MEAN_SD),
        "popularity": ratings.popularity(count, LEAST, MOST),
    }


def tags_of(cells: dict[str, str]) -> list[str]:
    return [html.unescape(tag) for tag in cells["tags"].split("|") if tag]


def estimate(cells: dict[str, str]) -> affect.Estimate:
    return affect.mean_of_tags((tag, 1 / (1 + 0.1 * place)) for place, tag in enumerate(tags_of(cells)))
