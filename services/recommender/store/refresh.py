"""Computes anew the columns that follow from others, after their rules changed."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, Table, bindparam, select, update

from services.recommender.ranking import care
from services.recommender.schemas.fields import to_genre
from services.recommender.schemas.identity import key_of, work_of
from services.recommender.schemas.words import searchable
from services.recommender.store.models import Item

ITEMS: Final = cast("Table", Item.__table__)
GIVEN: Final = ("id", "medium", "title", "creator", "year", "genres", "tags", "explicit", "age_rating")
FOLLOWING: Final = ("work", "search", "genres", "family", "sensitive")
PAGE: Final = 2_000


def refresh(connection: Connection) -> None:
    """Write what follows from an item's own fields; the ids, and all that refers to them, stay."""
    for page in _pages(connection, tuple(dict.fromkeys((*GIVEN, *FOLLOWING)))):
        changed = [values for row in page if (values := _following(row)) != _kept(row)]
        _write(connection, changed, FOLLOWING)


def _kept(row: Row[Any]) -> dict[str, Any]:
    return {"at_id": row.id, **{name: getattr(row, name) for name in FOLLOWING}}


def _following(row: Row[Any]) -> dict[str, Any]:
    genres = tuple(dict.fromkeys(map(to_genre, row.genres)))
    terms = {*genres, *row.tags}
    return {
        "at_id": row.id,
        "work": work_of(row.medium, row.title, row.creator, row.year),
        "search": searchable(row.title, row.creator),
        "genres": genres,
        "family": care.is_for_family(row.medium, terms, explicit=row.explicit, age_rating=row.age_rating),
        "sensitive": care.is_sensitive(terms),
    }


def recompute_keys(connection: Connection) -> None:
    """Give each item the key of its address; where several have one, the others keep it with their id."""
    taken: set[int] = set()
    pending: list[tuple[bool, int, str]] = []
    for page in _pages(connection, ("id", "url", "key", "removed")):
        for row in page:
            key = key_of(row.url)
            if row.key == key:
                taken.add(hash(key))
            else:
                pending.append((row.removed, row.id, key))
    changed = []
    for _, item_id, key in sorted(pending):
        changed.append({"at_id": item_id, "key": f"{key} {item_id}" if hash(key) in taken else key})
        taken.add(hash(key))
    for start in range(0, len(changed), PAGE):
        _write(connection, changed[start : start + PAGE], ("key",))


def _pages(connection: Connection, names: Sequence[str]) -> Iterator[Sequence[Row[Any]]]:
    """All items, removed ones too, in order of id."""
    wanted = select(*(ITEMS.c[name] for name in names)).order_by(ITEMS.c.id).limit(PAGE)
    after = 0
    while page := connection.execute(wanted.where(ITEMS.c.id > after)).all():
        yield page
        after = page[-1].id


def _write(connection: Connection, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    if rows:
        by_id = update(ITEMS).where(ITEMS.c.id == bindparam("at_id"))
        connection.execute(by_id.values({name: bindparam(name) for name in names}), rows)
