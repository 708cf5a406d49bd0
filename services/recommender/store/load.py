"""Writes the catalogue in bulk, in the caller's transaction: for imports and the first start."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar, cast

from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, insert, select, update

from services.recommender.store.models import CatalogueState, Item

BATCH: Final = 500
"""Rows written by a few statements: well under a second, also on a slow disk."""
ITEMS: Final = cast("Table", Item.__table__)
Row = TypeVar("Row")
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


class Storable(Protocol):
    """A row to be stored; see imports/row.py."""

    @property
    def key(self) -> str: ...

    def values(self) -> Values: ...

    def over(self, old: Mapping[str, Any]) -> "Storable":
        """The stored item `old` with what this row says."""


def upsert(connection: Connection, rows: Sequence[Storable], *, shipped: bool) -> None:
    """Insert or update items by `key`; the keys of `rows` are distinct. A shipped row replaces all fields."""
    for batch in batches(rows):
        write_batch(connection, batch, Changes(), shipped=shipped)


def batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def write_batch(
    connection: Connection, batch: Sequence[Storable], changes: Changes, *, shipped: bool
) -> None:
    """Write at most BATCH rows, and add to `changes` what was done with each."""
    new, changed = compare_batch(connection, batch, changes, shipped=shipped)
    if new:
        connection.execute(insert(ITEMS), new)
    if changed:
        _update(connection, changed)


def compare_batch(
    connection: Connection, batch: Sequence[Storable], changes: Changes, *, shipped: bool
) -> tuple[list[Values], list[Values]]:
    """The columns to insert and to update; adds to `changes` what would be done with each row."""
    wanted = select(ITEMS).where(ITEMS.c.key.in_([row.key for row in batch]))
    existing = {row["key"]: row for row in connection.execute(wanted).mappings()}
    new: list[Values] = []
    changed: list[Values] = []
    for row in batch:
        old = existing.get(row.key)
        if old is None:
            new.append({**row.values(), "shipped": shipped})
            changes.added.append(row.key)
        elif old["edited"]:
            changes.kept.append(row.key)
        else:
            values = (row if shipped else row.over(dict(old))).values()
            if not old["removed"] and all(old[name] == value for name, value in values.items()):
                changes.same.append(row.key)
            else:
                changed.append({**values, "shipped": shipped or old["shipped"], "removed": False})
                changes.changed.append(row.key)
    return new, changed


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


def every_item(connection: Connection) -> Iterator[RowMapping]:
    """Every item that was not removed, in order of id, in the state of one moment."""
    wanted = select(ITEMS).where(~ITEMS.c.removed).order_by(ITEMS.c.id)
    return iter(connection.execution_options(yield_per=BATCH).execute(wanted).mappings())


def loaded_digest(connection: Connection) -> str | None:
    return connection.scalar(select(CatalogueState.digest))


def set_digest(connection: Connection, digest: str) -> None:
    connection.execute(delete(CatalogueState))
    connection.execute(insert(CatalogueState).values(id=1, digest=digest))
