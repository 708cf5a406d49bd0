"""Every query of the routes on the catalogue. Bulk writing is in load.py, users in memory.py."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    TextClause,
    column,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender.errors import ConflictError, NotFoundError
from services.recommender.schemas.filters import Filters
from services.recommender.store import filters
from services.recommender.store.alike import is_at, same_item, work_elsewhere
from services.recommender.store.load import note_change
from services.recommender.store.models import CatalogueState, Item

WORDS: Final = table("items_words", column("rowid"))
"""SQLite's index of the words in `Item.search`; PostgreSQL has one of the expression in IN_WORDS."""
MATCHES: Final = text("items_words MATCH :words")
IN_WORDS: Final = text("array_to_tsvector(string_to_array(search, ' ')) @@ CAST(:words AS tsquery)")


def list_items(  # noqa: PLR0913 # one for each filter
    session: Session,
    *,
    medium: str | None,
    emotion: Emotion | None,
    kept_by: Filters,
    words: Sequence[str],
    after: int,
    limit: int,
) -> Sequence[Item]:
    """Items with an id above `after`, in order of id; words of theirs begin with each of `words`."""
    wanted: list[ColumnElement[bool] | TextClause] = [Item.id > after, ~Item.removed]
    if medium:
        wanted.append(Item.medium == medium)
    if emotion:
        wanted.append(Item.emotions.bitwise_and([emotion]) != [])
    wanted += map(text, filters.conditions(kept_by))
    items = select(Item).limit(limit)
    if not words:
        items = items.order_by(Item.id)
    elif session.get_bind().dialect.name == "sqlite":
        items, found = items.join(WORDS, WORDS.c.rowid == Item.id).order_by(WORDS.c.rowid), MATCHES
        wanted += [found.bindparams(words=" ".join(f'"{word}"*' for word in words)), WORDS.c.rowid > after]
    else:
        items = items.order_by(Item.id)
        wanted.append(IN_WORDS.bindparams(words=" & ".join(f"'{word}':*" for word in words)))
    return session.scalars(items.where(*wanted), filters.values(kept_by)).all()


def get_item(session: Session, item_id: int, *, lock: bool = False) -> Item:
    """NotFoundError if there is none. `lock` keeps others from writing it until the transaction ends."""
    item = session.get(Item, item_id, with_for_update=lock)
    if item is None or item.removed:
        raise NotFoundError(f"There is no item {item_id}.")
    return item


def add_item(session: Session, values: dict[str, Any]) -> Item:
    """Add an item; ConflictError if the catalogue has it, or its work under another URL.

    One that was removed earlier comes back under its id.
    """
    found = _alike(session, values)
    item = same_item(found, values["key"], values["work"])
    if item is not None and not item.removed:
        raise ConflictError(f"The catalogue has this as item {item.id}.")
    _refuse_work_elsewhere(found, values)
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
    others = [other for other in _alike(session, values) if other.id != item_id]
    if is_at(item, values["key"]):
        values = values | {"key": item.key}
    else:
        other = same_item(others, values["key"], values["work"])
        if other is not None and other.removed:
            raise ConflictError("The catalogue had this and it was removed. POST /items adds it again.")
        if other is not None:
            raise ConflictError(f"The catalogue has this as item {other.id}.")
    if item.work != values["work"]:
        _refuse_work_elsewhere(others, values)
    _write(session, item, values)
    return item


def _alike(session: Session, values: dict[str, Any]) -> Sequence[Item]:
    """The items at the address or about the work, locked; nobody else adds one until the commit."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(values["work"], 1))))
    alike = or_(Item.key == values["key"], Item.work == values["work"])
    return session.scalars(select(Item).where(alike).order_by(Item.id).with_for_update()).all()


def _refuse_work_elsewhere(found: Sequence[Item], values: dict[str, Any]) -> None:
    """Raise ConflictError, which names both URLs, where the work is in the catalogue at another address."""
    other = work_elsewhere(found, values["key"], values["work"])
    if other is not None:
        raise ConflictError(
            f"The catalogue has this work as item {other.id} under {other.url}, not {values['url']}. "
            f"PUT /items/{other.id} changes its URL."
        )


def _write(session: Session, item: Item, values: dict[str, Any]) -> None:
    """Write the columns; ConflictError if another request made the same work since the caller checked."""
    for name, value in (values | {"edited": True, "removed": False}).items():
        setattr(item, name, value)
    try:
        session.flush()
    except IntegrityError as error:
        raise ConflictError("The catalogue has this by now.") from error
    note_change(session)


def remove_item(session: Session, item_id: int) -> None:
    item = get_item(session, item_id, lock=True)
    item.removed = True
    item.edited = True
    session.flush()
    note_change(session)


def check_ready(session: Session) -> None:
    """Fail where the database does not answer or was never filled."""
    session.execute(select(CatalogueState.digest))


def count_by_medium(session: Session) -> dict[str, int]:
    counted = select(Item.medium, func.count()).where(~Item.removed).group_by(Item.medium)
    return {medium: count for medium, count in session.execute(counted)}  # noqa: C416 # rows are no pairs to mypy
