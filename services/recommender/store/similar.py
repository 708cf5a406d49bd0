"""Selects what may be like one item: a bounded part of the catalogue around it."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import TextualSelect
from sqlalchemy.orm import Session

from services.recommender.ranking.item import Candidate, Medium
from services.recommender.ranking.mood import Point, cells_around
from services.recommender.schemas.recommendation import SimilarQuery
from services.recommender.store import filters
from services.recommender.store.catalogue import get_item
from services.recommender.store.memory import now_ms
from services.recommender.store.rows import FIELDS, joined_query, to_candidate

NEAR_CELLS: Final = 9
PER_CELL: Final = 60
THEMES: Final = 4
"""Only so many of an item's strongest themes are searched for, all over the plane."""
BEST: Final = 3000
"""Items of a medium, the best first, among which themes are searched for."""

UNBLOCKED: Final = (
    "NOT EXISTS (SELECT 1 FROM user_items "
    "WHERE user_items.user_id = :user_id AND user_items.item_id = items.id "
    "AND user_items.blocked_until_ms > :now_ms)"
)


def as_candidate(session: Session, item_id: int) -> Candidate:
    """NotFoundError if there is no such item."""
    item = get_item(session, item_id)
    return Candidate(**{name: getattr(item, name) for name in FIELDS})


def around_item(
    session: Session, item: Candidate, medium: Medium, near: Collection[int], asked: SimilarQuery
) -> list[Candidate]:
    """What may be like the item: near it in the plane, of its maker, of its themes, or with an id in `near`.

    Leaves out the item itself, what the filters do not keep, what is blocked for the user and, unless they
    are asked for, works about suicide, self-harm and abuse.
    """
    tags = item.tags[:THEMES]
    kept = ("id <> :item_id", *filters.conditions(asked))
    if asked.user_id:
        kept = (*kept, UNBLOCKED)
    if asked.sensitive == "leave_out":
        kept = (*kept, "NOT sensitive")
    cells = cells_around(Point(item.valence, item.arousal))[:NEAR_CELLS]
    values: dict[str, Any] = {
        "user_id": asked.user_id,
        "now_ms": now_ms(),
        **filters.values(asked),
        **{f"cell{i}": cell for i, cell in enumerate(cells)},
        **{f"tag{i}": filters.holding(tag) for i, tag in enumerate(tags)},
        **{f"near{i}": one for i, one in enumerate(near)},
        "item_id": item.id,
        "medium": medium,
        "creator": item.creator,
        "best": BEST,
        "rows": PER_CELL,
    }
    rows = session.execute(similar_query(len(tags), len(near), kept), values)
    return list({row.id: to_candidate(row) for row in rows}.values())


@lru_cache(maxsize=64)
def similar_query(tags: int, near: int, kept: tuple[str, ...]) -> TextualSelect:
    """The best of each near cell, of the maker, of the leading themes and of the given ids."""
    conditions = [*(f"cell = :cell{i}" for i in range(NEAR_CELLS)), "creator = :creator"]
    chosen = []
    if tags:
        any_tag = " OR ".join(filters.holds("tags", f"tag{i}") for i in range(tags))
        best = "SELECT id, tags FROM items WHERE medium = :medium ORDER BY prior DESC LIMIT :best"
        chosen.append(f"id IN (SELECT id FROM ({best}) AS best WHERE {any_tag} LIMIT :rows)")  # noqa: S608 # constants
    if near:
        chosen.append(f"id IN ({', '.join(f':near{i}' for i in range(near))})")
    return joined_query(conditions, kept, chosen)
