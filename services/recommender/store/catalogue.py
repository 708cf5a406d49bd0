"""Every query of the routes on the catalogue. Bulk writing is in load.py, users in memory.py."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, TextClause, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender.errors import ConflictError, NotFoundError
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.mood import Point, cells_around
from services.recommender.store.models import CatalogueState, Item, from_bits, to_bits

NEAR_CELLS = 6
"""Cells of the affect plane around the target that are looked into first."""
PER_CELL = 12
"""Candidates from each cell, at least: its best by prior."""
PER_CELL_KNOWN = 20
"""The same for a user with a name, so that taste has more to choose from."""
ENOUGH = 3
"""Candidates wanted for each item to be shown, so that ranking has a choice."""
PAGE = 500

COLUMNS = (
    "id, medium, title, creator, year, url, genres, emotions, valence, arousal, "
    "affect_confidence, quality, popularity, prior"
)


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
        wanted.append(Item.emotions.bitwise_and(to_bits([emotion])) != 0)
    wanted.extend(Item.search.contains(word, autoescape=True) for word in words.split())
    return session.scalars(select(Item).where(*wanted).order_by(Item.id).limit(limit)).all()


def get_item(session: Session, item_id: int, *, to_write: bool = False) -> Item:
    """NotFoundError if there is none. `to_write` waits for who else writes it, and sees what they did."""
    item = session.get(Item, item_id, with_for_update=to_write)
    if item is None or item.removed:
        raise NotFoundError(f"There is no item {item_id}.")
    return item


def add_item(session: Session, values: dict[str, Any]) -> Item:
    """A new item; ConflictError if the catalogue has the same thing. One removed earlier comes back."""
    item = session.scalar(select(Item).where(Item.key == values["key"]).with_for_update())
    if item is not None and not item.removed:
        raise ConflictError(f"The catalogue has this as item {item.id}.")
    if item is None:
        item = Item()
        session.add(item)
    write(session, item, values)
    return item


def replace_item(session: Session, item_id: int, values: dict[str, Any]) -> Item:
    """ConflictError where the item was removed, or is to become what another one is or was."""
    item = session.get(Item, item_id, with_for_update=True)
    if item is None:
        raise NotFoundError(f"There is no item {item_id}.")
    if item.removed:
        raise ConflictError(f"Item {item_id} was removed. POST /items adds it again.")
    other = session.scalar(select(Item).where(Item.key == values["key"], Item.id != item_id))
    if other is not None and other.removed:
        raise ConflictError("The catalogue had this and it was removed. POST /items adds it again.")
    if other is not None:
        raise ConflictError(f"The catalogue has this as item {other.id}.")
    write(session, item, values)
    return item


def write(session: Session, item: Item, values: dict[str, Any]) -> None:
    """ConflictError if another request made the same thing since the caller looked."""
    for name, value in values.items():
        setattr(item, name, value)
    item.edited = True
    item.removed = False
    try:
        session.flush()
    except IntegrityError as error:
        raise ConflictError("The catalogue has this by now.") from error


def remove_item(session: Session, item_id: int) -> None:
    item = get_item(session, item_id, to_write=True)
    item.removed = True
    item.edited = True


def look_at_state(session: Session) -> None:
    """Fails where the database does not answer or was never filled."""
    session.execute(select(CatalogueState.digest))


def count_by_medium(session: Session) -> dict[str, int]:
    counted = select(Item.medium, func.count()).where(~Item.removed).group_by(Item.medium)
    return {medium: count for medium, count in session.execute(counted)}  # noqa: C416 # rows are no pairs to mypy


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a shelf of one medium is picked for."""

    target: Point
    emotions: Collection[Emotion]
    """Whose curated links count."""
    limit: int
    excluded: Collection[int]
    """Ids; a set, as every candidate is looked up in it."""
    user_id: str = ""
    """Whose disliked and hidden items are left out; "" is nobody, as no user id is empty."""


def candidates(session: Session, medium: str, wanted: Wanted) -> list[Candidate]:
    """What ranking should look at: the best around the target and what people linked to the mood.

    Reads a bounded number of rows by index, however large the catalogue is. Looks further away, and in the
    end at everything, only when too few are left.
    """
    enough = wanted.limit * ENOUGH
    cells = cells_around(wanted.target)
    found = curated(session, medium, wanted, enough)
    for near in (cells[:NEAR_CELLS], cells):
        found |= in_cells(session, medium, near, wanted)
        left = [item for item in found.values() if item.id not in wanted.excluded]
        if len(left) >= enough:
            return left
    for item in best_first(session, medium, wanted.user_id):
        if len(left) >= enough:
            break
        if item.id not in wanted.excluded and item.id not in found:
            left.append(item)
    return left


SHOWN = (
    "NOT removed AND NOT EXISTS (SELECT 1 FROM user_items "
    "WHERE user_items.user_id = :user_id AND user_items.item_id = items.id AND user_items.blocked)"
)
BEST_FIRST = "ORDER BY prior DESC, id DESC LIMIT :rows"


@lru_cache(maxsize=8)
def cells_query(count: int) -> TextClause:
    """One indexed look-up per cell, joined: a condition over all cells would sort what lies in them."""
    arm = (
        f"SELECT * FROM (SELECT {COLUMNS} FROM items WHERE medium = :medium AND cell = :cell{{i}} "  # noqa: S608 # constants
        f"AND {SHOWN} {BEST_FIRST}) AS arm{{i}}"
    )
    return text(" UNION ALL ".join(arm.format(i=i) for i in range(count)))


def in_cells(session: Session, medium: str, cells: Sequence[int], wanted: Wanted) -> dict[int, Candidate]:
    values: dict[str, object] = {f"cell{i}": cell for i, cell in enumerate(cells)}
    rows = max(PER_CELL_KNOWN if wanted.user_id else PER_CELL, wanted.limit)
    values |= {"medium": medium, "user_id": wanted.user_id, "rows": rows}
    return {row[0]: to_candidate(row) for row in session.execute(cells_query(len(cells)), values).all()}


CURATED = text(
    f"SELECT {COLUMNS} FROM items WHERE medium = :medium AND emotions <> 0 AND emotions & :bits <> 0 "  # noqa: S608 # constants
    f"AND {SHOWN} {BEST_FIRST}"
)


def curated(session: Session, medium: str, wanted: Wanted, rows: int) -> dict[int, Candidate]:
    values = {"medium": medium, "bits": to_bits(wanted.emotions), "user_id": wanted.user_id, "rows": rows}
    return {row[0]: to_candidate(row) for row in session.execute(CURATED, values).all()}


BEST = text(
    f"SELECT {COLUMNS} FROM items WHERE medium = :medium "  # noqa: S608 # constants
    f"AND (prior < :prior OR (prior = :prior AND id < :id)) AND {SHOWN} {BEST_FIRST}"
)


def best_first(session: Session, medium: str, user_id: str) -> Iterator[Candidate]:
    """All of a medium, page by page."""
    values = {"medium": medium, "prior": 2.0, "id": 0, "user_id": user_id, "rows": PAGE}
    while page := session.execute(BEST, values).all():
        yield from map(to_candidate, page)
        values |= {"prior": page[-1].prior, "id": page[-1].id}


def to_candidate(row: Any) -> Candidate:  # noqa: ANN401 # a row of COLUMNS, which no static type describes
    return Candidate(
        id=row[0],
        medium=row[1],
        title=row[2],
        creator=row[3],
        year=row[4],
        url=row[5],
        genres=tuple(row[6].split("|")) if row[6] else (),
        emotions=tuple(from_bits(row[7])) if row[7] else (),
        valence=row[8],
        arousal=row[9],
        confidence=row[10],
        quality=row[11],
        popularity=row[12],
    )
