"""Reads books of goodbooks-10k (CC BY-SA 4.0). `tags` is `tag:count|tag:count`, weighted by readers."""

from typing import Any, Final

from curation import affect, ratings, titles
from curation.sources.reading import reader

NEEDED: Final = {"title", "authors", "year", "goodreads_id", "rating_mean", "rating_count", "tags"}
MEAN: Final = 3.97
MEAN_SD: Final = 0.24
PRIOR_COUNT: Final = 5_000
LEAST: Final = 3_000
MOST: Final = 2_000_000


def _row(cells: dict[str, str]) -> dict[str, Any]:
    felt = estimate(cells)
    valence, arousal = affect.stretch(felt, "book")
    count = float(cells["rating_count"])
    mean = ratings.shrunken(float(cells["rating_mean"]), count, MEAN, PRIOR_COUNT)
    return {
        "medium": "book",
        "title": titles.clean(cells["title"]),
        "creator": titles.first_name(cells["authors"]),
        "year": cells["year"].removesuffix(".0"),
        "url": f"https://www.goodreads.com/book/show/{int(cells['goodreads_id'])}",
        "genres": affect.genres_of(tag for tag, _ in parse_tags(cells["tags"])),
        "valence": valence,
        "arousal": arousal,
        "affect_source": "reader tags",
        "affect_confidence": affect.confidence(felt.known, 0.6),
        "quality": ratings.quality(mean, MEAN, MEAN_SD),
        "popularity": ratings.popularity(count, LEAST, MOST),
    }


def estimate(cells: dict[str, str]) -> affect.Estimate:
    tags = parse_tags(cells["tags"])
    top = max((count for _, count in tags), default=1.0)
    return affect.mean_of_tags((tag, (count / top) ** 0.5) for tag, count in tags)


def parse_tags(cell: str) -> list[tuple[str, float]]:
    """(tag, readers), most used first."""
    parts = [part.rpartition(":") for part in cell.split("|") if part]
    return [(tag, float(count)) for tag, _, count in parts]


read: Final = reader(NEEDED, _row)
