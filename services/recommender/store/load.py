"""Bulk writing of the catalogue: what importers and the first start do, in the caller's transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from services.recommender.store.models import CatalogueState, Item

BATCH = 500


@dataclass(slots=True)
class Changes:
    """Keys by what an import did to them."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Edited or removed by a person, and therefore left alone."""


def batches(values: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def upsert(connection: Connection, values: Sequence[dict[str, Any]], *, shipped: bool) -> Changes:
    """Insert or update items by `key`; the keys in `values` are distinct."""
    changes = Changes()
    for batch in batches(values):
        upsert_batch(connection, batch, changes, shipped=shipped)
    return changes


def upsert_batch(
    connection: Connection, batch: Sequence[dict[str, Any]], changes: Changes, *, shipped: bool
) -> None:
    columns = [Item.id, Item.edited, Item.removed, Item.shipped, *(getattr(Item, name) for name in batch[0])]
    wanted = select(*columns).where(Item.key.in_([row["key"] for row in batch]))
    existing = {row["key"]: row for row in connection.execute(wanted).mappings()}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
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
            changed.append(
                {**row, "shipped": shipped or old["shipped"], "removed": False, "at_id": old["id"]}
            )
            changes.changed.append(row["key"])
    if new:
        connection.execute(insert(Item), new)
    if changed:
        table = Item.__table__
        assignments: dict[str, Any] = {name: bindparam(name) for name in changed[0] if name != "at_id"}
        connection.execute(
            update(table).where(table.c.id == bindparam("at_id")).values(assignments),  # type: ignore[arg-type] # __table__ is typed as FromClause
            changed,
        )


def retire_shipped(connection: Connection, keys: set[str]) -> int:
    """Take away what came with an earlier catalogue and is not in `keys`; how many. Feedback on it stays."""
    shipped = select(Item.id, Item.key).where(Item.shipped, ~Item.edited, ~Item.removed)
    gone = [{"id": row.id, "removed": True} for row in connection.execute(shipped) if row.key not in keys]
    if gone:
        table = Item.__table__
        connection.execute(
            update(table).where(table.c.id == bindparam("at_id")).values(removed=True),  # type: ignore[arg-type] # as above
            [{"at_id": row["id"]} for row in gone],
        )
    return len(gone)


def loaded_digest(connection: Connection) -> str | None:
    return connection.scalar(select(CatalogueState.digest))


def set_digest(connection: Connection, digest: str) -> None:
    connection.execute(delete(CatalogueState))
    connection.execute(insert(CatalogueState).values(id=1, digest=digest))
