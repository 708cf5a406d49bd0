"""Tells which stored items are the same as a row, and which are about its work at another address."""

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from services.recommender.schemas.identity import may_be_one


class Stored(Protocol):
    """An item as the table has it."""

    id: Any
    key: Any
    work: Any
    url: Any
    removed: Any


One = TypeVar("One", bound=Stored)


def is_at(item: Stored, key: str) -> bool:
    """Whether the item has the address that `key` stands for."""
    return bool(item.key in {key, f"{key} {item.id}"})


def same_item(found: Iterable[One], key: str, work: str) -> One | None:
    """The item at this address; of several that an earlier version kept there, the one with this work."""
    there = sorted(
        (item for item in found if is_at(item, key)), key=lambda item: (item.work != work, item.id)
    )
    return there[0] if there else None


def work_elsewhere(found: Iterable[One], key: str, work: str) -> One | None:
    """An item about this work at another address, unless it was removed or its site says it is another."""
    return next(
        (
            item
            for item in found
            if item.work == work and not item.removed and not is_at(item, key) and may_be_one(item.key, key)
        ),
        None,
    )
