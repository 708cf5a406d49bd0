"""Writes the catalogue in bulk, in the caller's transaction: for imports and the first start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sqlalchemy import Connection, Table, bindparam, delete, insert, or_, select, update

from services.recommender.store.alike import same_item, work_elsewhere
from services.recommender.store.models import CatalogueState, Item

BATCH: Final = 500
ITEMS: Final = cast("Table", Item.__table__)
Values = dict[str, Any]
"""The columns of one item."""


@dataclass(slots=True)
class Changes:
    """Keys of the imported items by what was done with them."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Edited or removed by a person, and therefore left alone."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why rows were left out, by key: the catalogue has their work at another address."""


def upsert(connection: Connection, values: Sequence[Values], *, shipped: bool) -> Changes:
    """Insert items or update those at the same address; the keys in `values` are distinct.

    A row whose work is in the catalogue under another URL is refused; a shipped one is not refused for
    another shipped one.
    """
    changes = Changes()
    for start in range(0, len(values), BATCH):
        _upsert_batch(connection, values[start : start + BATCH], changes, shipped=shipped)
    return changes


def _upsert_batch(
    connection: Connection, batch: Sequence[Values], changes: Changes, *, shipped: bool
) -> None:
    found = _alike(connection, batch)
    new: list[Values] = []
    changed: list[Values] = []
    for row in batch:
        key, work = row["key"], row["work"]
        alike = [*found.get(key, ()), *found.get(work, ())]
        old = same_item(alike, key, work)
        if old is None or old.work != work:
            others = [one for one in alike if not (shipped and one.shipped)]
            other = work_elsewhere(others, key, work)
            if other is not None:
                changes.refused[key] = (
                    f"item {other.id} is this work under {other.url}, here it is {row['url']}"
                )
                continue
        if old is None:
            new.append({**row, "shipped": shipped})
            changes.added.append(row["key"])
        elif old.edited:
            changes.kept.append(row["key"])
        elif not old.removed and all(getattr(old, name) == row[name] for name in row if name != "key"):
            changes.same.append(row["key"])
        else:
            same = {**row, "key": old.key, "shipped": shipped or old.shipped, "removed": False}
            changed.append(same)
            changes.changed.append(row["key"])
    if new:
        connection.execute(insert(ITEMS), new)
    if changed:
        _update(connection, changed)


def _alike(connection: Connection, batch: Sequence[Values]) -> dict[str, list[Any]]:
    """The stored items at an address or about a work of the batch, by key and by work."""
    keys, works = ([row[name] for row in batch] for name in ("key", "work"))
    found: dict[str, list[Any]] = {}
    for item in connection.execute(select(ITEMS).where(or_(ITEMS.c.key.in_(keys), ITEMS.c.work.in_(works)))):
        found.setdefault(item.key, []).append(item)
        found.setdefault(item.work, []).append(item)
    return found


def _update(connection: Connection, rows: Sequence[Values]) -> None:
    """Write the given columns of the items with these keys."""
    by_key = update(ITEMS).where(ITEMS.c.key == bindparam("at_key"))
    connection.execute(by_key, [{**row, "at_key": row["key"]} for row in rows])


def retire_shipped(connection: Connection, keys: set[str]) -> None:
    """Remove items of an earlier catalogue that are not in `keys`. Feedback on them stays."""
    shipped = select(Item.key).where(Item.shipped, ~Item.edited, ~Item.removed)
    gone = [{"key": key, "removed": True} for key in connection.scalars(shipped) if key not in keys]
    if gone:
        _update(connection, gone)


def loaded_digest(connection: Connection) -> str | None:
    return connection.scalar(select(CatalogueState.digest))


def set_digest(connection: Connection, digest: str) -> None:
    connection.execute(delete(CatalogueState))
    connection.execute(insert(CatalogueState).values(id=1, digest=digest))
