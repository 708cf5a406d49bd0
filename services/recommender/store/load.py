"""Writes the catalogue in bulk, in the caller's transaction: for imports and the first start."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    RowMapping,
    Select,
    Table,
    bindparam,
    column,
    insert,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.orm import Session

from services.recommender.store.alike import Stored, same_item, work_elsewhere
from services.recommender.store.models import CatalogueState, Item

BATCH: Final = 500
"""Rows written by a few statements: well under a second, also on a slow disk."""
ITEMS: Final = cast("Table", Item.__table__)
STATE: Final = table(CatalogueState.__tablename__)
VERSION: Final[Select[int]] = select(column("version", BigInteger)).select_from(STATE)
"""Without the classes of models.py, which would double the cost of this query; each shelf asks it."""
WRITTEN: Final = update(CatalogueState).values(version=CatalogueState.version + 1)
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
    refused: dict[str, str] = field(default_factory=dict)
    """Why rows are left out, by key: the catalogue has their work at another address."""


class Storable(Protocol):
    """A row to be stored; see imports/row.py."""

    url: str

    @property
    def key(self) -> str: ...

    @property
    def work(self) -> str: ...

    def values(self) -> Values: ...

    def over(self, old: Mapping[str, Any]) -> "Storable":
        """The stored item `old` with what this row says."""


def upsert(connection: Connection, rows: Sequence[Storable], *, shipped: bool) -> None:
    """Insert items or update those at the same address; the keys of `rows` are distinct.

    A shipped row replaces all fields.
    """
    for batch in batches(rows):
        write_batch(connection, batch, Changes(), shipped=shipped)


def batches(rows: Sequence[Row], size: int = BATCH) -> Iterator[Sequence[Row]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def write_batch(
    connection: Connection, batch: Sequence[Storable], changes: Changes, *, shipped: bool
) -> bool:
    """Write at most BATCH rows, and add to `changes` what was done with each; whether any was written."""
    new, changed = compare_batch(connection, batch, changes, shipped=shipped)
    if new:
        connection.execute(insert(ITEMS), new)
    if changed:
        _update(connection, changed)
    return bool(new or changed)


def compare_batch(
    connection: Connection, batch: Sequence[Storable], changes: Changes, *, shipped: bool
) -> tuple[list[Values], list[Values]]:
    """The columns to insert and to update; adds to `changes` what would be done with each row.

    A row whose work is in the catalogue under another URL is refused; a shipped one is not refused for
    another shipped one.
    """
    found = _alike(connection, batch)
    new: list[Values] = []
    changed: list[Values] = []
    for row in batch:
        alike = [*found.get(row.key, ()), *found.get(row.work, ())]
        old = same_item(alike, row.key, row.work)
        others = alike if old is None or old.work != row.work else ()
        other = work_elsewhere((one for one in others if not (shipped and one.shipped)), row.key, row.work)
        if other is not None:
            changes.refused[row.key] = f"item {other.id} is this work under {other.url}, not {row.url}"
        elif old is None:
            new.append({**row.values(), "shipped": shipped})
            changes.added.append(row.key)
        elif old.edited:
            changes.kept.append(row.key)
        else:
            values = (row if shipped else row.over(_named(old))).values() | {"key": old.key}
            if not old.removed and all(getattr(old, name) == value for name, value in values.items()):
                changes.same.append(row.key)
            else:
                changed.append({**values, "shipped": shipped or old.shipped, "removed": False})
                changes.changed.append(row.key)
    return new, changed


def _named(item: Stored) -> dict[str, Any]:
    """The columns of a stored item by name."""
    return {column.name: getattr(item, column.name) for column in ITEMS.columns}


def _alike(connection: Connection, batch: Sequence[Storable]) -> dict[str, list[Any]]:
    """The stored items at an address or about a work of the batch, by key and by work."""
    keys, works = [row.key for row in batch], [row.work for row in batch]
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


def every_item(connection: Connection) -> Generator[RowMapping, None, None]:
    """Every item that was not removed, in order of id, in the state of one moment; close it."""
    wanted = select(ITEMS).where(~ITEMS.c.removed).order_by(ITEMS.c.id)
    with connection.execution_options(yield_per=BATCH).execute(wanted) as items:
        yield from items.mappings()


def loaded_digest(connection: Connection) -> str | None:
    return connection.scalar(select(CatalogueState.digest))


def set_digest(connection: Connection, digest: str) -> None:
    """Keep which shipped catalogue was loaded, and that it was written."""
    if not connection.execute(WRITTEN.values(digest=digest)).rowcount:
        connection.execute(insert(CatalogueState).values(id=1, digest=digest))


def note_change(session: Session | Connection) -> None:
    """Let every process read the catalogue anew once the transaction is committed.

    The last statement of a transaction that writes items: on PostgreSQL others that write wait from here on.
    """
    session.execute(WRITTEN)


def catalogue_version(session: Session) -> int | None:
    """A number that differs after each change of the catalogue; None before the first."""
    return session.scalar(VERSION)
