"""Every query of the routes on the catalogue. Bulk writing is in load.py, users in memory.py."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, TextualSelect, bindparam, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender.errors import ConflictError, NotFoundError
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.mood import cells_around
from services.recommender.ranking.rank import RankingQuery
from services.recommender.store.models import CatalogueState, EmotionSet, Item

NEAR_CELLS: Final = 6
"""Cells of the affect plane around the target that are searched first."""
PER_CELL: Final = 20
"""Candidates from each cell, at least: its best by prior."""
TURNS: Final = 5
"""The catalogue is looked at in this many parts, one a day, so no item is on a list more often."""
ENOUGH: Final = 3
"""Candidates wanted for each item to be shown, so that ranking has a choice."""
PAGE: Final = 500


def list_items(  # noqa: PLR0913 # one for each filter
    session: Session,
    *,
    medium: str | None,
    emotion: Emotion | None,
    words: str,
    after: int,
    limit: int,
) -> Sequence[Item]:
    """Items with an id above `after`, in order of id; title or creator hold each of the folded `words`."""
    wanted: list[ColumnElement[bool]] = [Item.id > after, ~Item.removed]
    if medium:
        wanted.append(Item.medium == medium)
    if emotion:
        wanted.append(Item.emotions.bitwise_and([emotion]) != [])
    wanted.extend(Item.search.contains(word, autoescape=True) for word in words.split())
    return session.scalars(select(Item).where(*wanted).order_by(Item.id).limit(limit)).all()


def get_item(session: Session, item_id: int, *, lock: bool = False) -> Item:
    """NotFoundError if there is none. `lock` keeps others from writing it until the transaction ends."""
    item = session.get(Item, item_id, with_for_update=lock)
    if item is None or item.removed:
        raise NotFoundError(f"There is no item {item_id}.")
    return item


def add_item(session: Session, values: dict[str, Any]) -> Item:
    """Add an item; ConflictError if the catalogue has the same work. One removed earlier comes back."""
    item = session.scalar(select(Item).where(Item.key == values["key"]).with_for_update())
    if item is not None and not item.removed:
        raise ConflictError(f"The catalogue has this as item {item.id}.")
    if item is None:
        item = Item()
        session.add(item)
    _write(session, item, values)
    return item


def change_item(session: Session, item_id: int, change: Callable[[Item], dict[str, Any]]) -> Item:
    """Write what `change` makes of the item.

    ConflictError where the item was removed, or its new key belongs to another item, removed or not.
    """
    item = session.get(Item, item_id, with_for_update=True)
    if item is None:
        raise NotFoundError(f"There is no item {item_id}.")
    if item.removed:
        raise ConflictError(f"Item {item_id} was removed. POST /items adds it again.")
    values = change(item)
    other = session.scalar(select(Item).where(Item.key == values["key"], Item.id != item_id))
    if other is not None and other.removed:
        raise ConflictError("The catalogue had this and it was removed. POST /items adds it again.")
    if other is not None:
        raise ConflictError(f"The catalogue has this as item {other.id}.")
    _write(session, item, values)
    return item


def _write(session: Session, item: Item, values: dict[str, Any]) -> None:
    """Write the columns; ConflictError if another request made the same work since the caller checked."""
    for name, value in (values | {"edited": True, "removed": False}).items():
        setattr(item, name, value)
    try:
        session.flush()
    except IntegrityError as error:
        raise ConflictError("The catalogue has this by now.") from error


def remove_item(session: Session, item_id: int) -> None:
    item = get_item(session, item_id, lock=True)
    item.removed = True
    item.edited = True


def check_ready(session: Session) -> None:
    """Fail where the database does not answer or was never filled."""
    session.execute(select(CatalogueState.digest))


def count_by_medium(session: Session) -> dict[str, int]:
    counted = select(Item.medium, func.count()).where(~Item.removed).group_by(Item.medium)
    return {medium: count for medium, count in session.execute(counted)}  # noqa: C416 # rows are no pairs to mypy


def candidates(
    session: Session, medium: str, query: RankingQuery, excluded: Collection[int], user_id: str | None
) -> list[Candidate]:
    """Select what ranking should consider: the best around the target, and what people linked to the mood.

    Leaves out the ids in `excluded` and what is blocked for the user. Reads a bounded number of rows by
    index, however large the catalogue is; looks further away, and at last at everything, only when too few
    are left.
    """
    enough = query.limit * ENOUGH
    cells = cells_around(query.target)
    values: dict[str, object] = {
        "medium": medium,
        "user_id": user_id or "",  # no user id is empty
        "now_ms": time.time_ns() // 1_000_000,
        "bits": query.relevant,
        "turn": query.turn % TURNS,
        "rows": max(PER_CELL, query.limit),
    }
    found: dict[int, Candidate] = {}
    for near, turned in ((cells[:NEAR_CELLS], True), (cells[:NEAR_CELLS], False), (cells, False)):
        places = {f"cell{i}": cell for i, cell in enumerate(near)}
        found |= _select(session, around_query(len(near), turned=turned), values | places)
        left = [item for item in found.values() if item.id not in excluded]
        if len(left) >= enough:
            return left
    for item in _best_first(session, values):
        if len(left) >= enough:
            break
        if item.id not in excluded and item.id not in found:
            left.append(item)
    return left


FIELDS: Final = tuple(field.name for field in fields(Candidate))
COLUMNS: Final = [getattr(Item, name) for name in (*FIELDS, "prior")]
SELECT: Final = f"SELECT {', '.join(FIELDS)}, prior FROM items WHERE medium = :medium"  # noqa: S608 # constants
SHOWN: Final = (
    "NOT removed AND kind = 'work' AND NOT EXISTS (SELECT 1 FROM user_items "
    "WHERE user_items.user_id = :user_id AND user_items.item_id = items.id "
    "AND user_items.blocked_until_ms > :now_ms) "
    "ORDER BY prior DESC, id DESC LIMIT :rows"
)
BEST: Final = text(f"{SELECT} AND (prior < :prior OR (prior = :prior AND id < :id)) AND {SHOWN}").columns(
    *COLUMNS
)


@lru_cache(maxsize=8)
def around_query(count: int, *, turned: bool) -> TextualSelect:
    """One indexed look-up per cell and one of what people linked to the mood, joined.

    A condition over all cells would sort all their rows. `turned` looks at one part in TURNS only.
    """
    part = f"AND id % {TURNS} = :turn AND" if turned else "AND"
    conditions = ["emotions <> 0 AND emotions & :bits <> 0", *(f"cell = :cell{i}" for i in range(count))]
    arms = (
        f"SELECT * FROM ({SELECT} AND {condition} {part} {SHOWN}) AS arm{i}"  # noqa: S608 # constants
        for i, condition in enumerate(conditions)
    )
    return text(" UNION ALL ".join(arms)).bindparams(bindparam("bits", type_=EmotionSet)).columns(*COLUMNS)


def _select(session: Session, query: TextualSelect, values: Mapping[str, object]) -> dict[int, Candidate]:
    return {row.id: _to_candidate(row) for row in session.execute(query, values).all()}


def _best_first(session: Session, values: Mapping[str, object]) -> Iterator[Candidate]:
    """All of a medium, page by page."""
    after = {"prior": 2.0, "id": 0, "rows": PAGE}
    while page := session.execute(BEST, {**values, **after}).all():
        yield from map(_to_candidate, page)
        after |= {"prior": page[-1].prior, "id": page[-1].id}


def _to_candidate(row: Row[Any]) -> Candidate:
    return Candidate(**dict(zip(FIELDS, row, strict=False)))
