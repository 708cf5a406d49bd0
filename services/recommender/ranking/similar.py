"""Chooses what is like one item: alike in themes, genres, maker, time and place in the plane. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from services.recommender.ranking.diversity import diversify, likeness
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.rank import Ranked

TAGS: Final = 12
"""Only so many of an item's strongest themes count."""
THEMES_WEIGHT: Final = 0.35
GENRES_WEIGHT: Final = 0.25
PLACE_WEIGHT: Final = 0.10
CREATOR_WEIGHT: Final = 0.15
YEAR_WEIGHT: Final = 0.05
PRIOR_WEIGHT: Final = 0.10
LIKED_WEIGHT: Final = 1.0
"""For two items that the same users like, at a nearness of 1."""
YEARS: Final = 10
"""Years apart after which closeness in time has fallen to 1/e."""
WIDTH: Final = 0.3
"""Distance in the plane at which closeness has fallen to 0.61."""
VARIETY: Final = 0.64
"""How much less a choice is varied than a shelf is: whoever asks for more of this also wants its sequels."""
SHORTLIST: Final = 4
"""The choice considers this many times the wanted number."""


def choose_similar(
    item: Candidate, candidates: Iterable[Candidate], nearness: Mapping[int, float], limit: int
) -> list[Ranked]:
    """Choose at most `limit` that are like `item` and not all like each other, best first.

    `nearness` holds, by id, how much the same users like both, from 0 to 1; see neighbours.py.
    """
    themes = _weights(item)
    scored = [
        (_similarity(item, other, themes) + LIKED_WEIGHT * nearness.get(other.id, 0.0), other)
        for other in candidates
        if other.id != item.id
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].id))
    drawn = [(value, value, other) for value, other in scored[: limit * SHORTLIST]]
    chosen = diversify(drawn, limit, lambda a, b: VARIETY * likeness(a, b))
    chosen.sort(key=lambda pair: (-pair[0], pair[1].id))
    return [Ranked(other, round(min(1.0, value), 4)) for value, other in chosen]


def _weights(item: Candidate) -> dict[str, float]:
    """The weight of each theme, so that the squares add up to 1; the strongest weighs most."""
    tags = item.tags[:TAGS]
    length = math.sqrt(sum(1 / (1 + i) for i in range(len(tags))))
    return {tag: 1 / math.sqrt(1 + i) / length for i, tag in enumerate(tags)}


def _similarity(item: Candidate, other: Candidate, themes: Mapping[str, float]) -> float:
    """0 to 1."""
    total = PRIOR_WEIGHT * (0.6 * other.quality + 0.4 * other.popularity)
    if themes and other.tags:
        total += THEMES_WEIGHT * sum(
            weight * themes[tag] for tag, weight in _weights(other).items() if tag in themes
        )
    total += GENRES_WEIGHT * _overlap(item.genres, other.genres)
    if item.creator is not None and item.creator == other.creator:
        total += CREATOR_WEIGHT
    if item.year is not None and other.year is not None:
        total += YEAR_WEIGHT * math.exp(-abs(item.year - other.year) / YEARS)
    apart = math.hypot(item.valence - other.valence, item.arousal - other.arousal) / WIDTH
    sure = min(item.affect_confidence, other.affect_confidence)
    return total + PLACE_WEIGHT * sure * math.exp(-apart * apart / 2)


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    shared = len(set(one).intersection(other))
    return shared / (len(one) + len(other) - shared) if shared else 0.0
