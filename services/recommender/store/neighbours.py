"""Reads who liked what, writes and reads which items the same users liked."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from services.recommender.store.models import Neighbour, UserItem

BATCH: Final = 10_000
ENOUGH_USERS: Final = 20
"""Two items are neighbours only where so many different users like both: ids cost nothing, and one person's
likes must not show in what others get."""
MOST: Final = 500
"""Neighbours of one user's likes that are read."""
LIKES: Final = (
    select(UserItem.user_id, UserItem.item_id)
    .where(UserItem.verdict == "like")
    .order_by(UserItem.user_id, UserItem.item_id)
    .execution_options(yield_per=BATCH)
)
OF_LIKES: Final = (
    select(Neighbour.neighbour_id, func.max(Neighbour.nearness))
    .join(UserItem, UserItem.item_id == Neighbour.item_id)
    .where(UserItem.user_id == bindparam("user_id"), UserItem.verdict == "like")
    .group_by(Neighbour.neighbour_id)
    .order_by(func.max(Neighbour.nearness).desc(), Neighbour.neighbour_id)
    .limit(MOST)
)


def likes(session: Session) -> Iterator[tuple[str, int]]:
    """Every user and item where a like stands, in order of the user."""
    return ((user_id, item_id) for user_id, item_id in session.execute(LIKES))


def replace_all(session: Session, found: Iterable[dict[str, Any]]) -> int:
    """Replace the whole table by `found`; returns how many rows it has now."""
    session.execute(delete(Neighbour))
    rows = list(found)
    for start in range(0, len(rows), BATCH):
        session.execute(insert(Neighbour), rows[start : start + BATCH])
    return len(rows)


def neighbours_of(session: Session, item_id: int, limit: int) -> list[tuple[int, float]]:
    """Ids of the items that those who liked this one liked, and how near each is, the nearest first."""
    nearest = (
        select(Neighbour.neighbour_id, Neighbour.nearness)
        .where(Neighbour.item_id == item_id, Neighbour.users >= ENOUGH_USERS)
        .order_by(Neighbour.nearness.desc(), Neighbour.neighbour_id)
        .limit(limit)
    )
    return [(neighbour, nearness) for neighbour, nearness in session.execute(nearest)]


def near_likes(session: Session, user_id: str) -> dict[int, float]:
    """Item id to how near it is to the nearest of the items that the user likes."""
    return {item: nearness for item, nearness in session.execute(OF_LIKES, {"user_id": user_id})}  # noqa: C416 # rows are no pairs to mypy
