"""Writes the catalogue in bulk, in the caller's transaction: for imports and the first start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

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


def upsert(connection: Connection, values: Sequence[Values], *, shipped: bool) -> Changes:
    """Insert or update items by `key`; the keys in `values` are distinct."""
    changes = Changes()
    for start in range(0, len(values), BATCH):
        _upsert_batch(connection, values[start : start + BATCH], changes, shipped=shipped)
    return changes


def _upsert_batch(
    connection: Connection, batch: Sequence[Values], changes: Changes, *, shipped: bool
) -> None:
    wanted = select(ITEMS).where(ITEMS.c.key.in_([row["key"] for row in batch]))
    existing = {row["key"]: row for row in connection.execute(wanted).mappings()}
    new: list[Values] = []
    changed: list[Values] = []
    for row in batch:
        old = existing.get(row["key"])
        if old is None:
            new.append({**row, "shipped": shipped})
            changes.added.append(row["key"])
        elif old["edited"]:
            changes.kept.append(row["key"])
        elif not old["removed"] and all(old[name] == value for name, value in row.items()):
            changes.same.append(row["key"])
        else:
            changed.append({**row, "shipped": shipped or old["shipped"], "removed": False})
            changes.changed.append(row["key"])
    if new:
        connection.execute(insert(ITEMS), new)
    if changed:
        _update(connection, changed)


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
