"""Selects what ranking chooses from: a bounded part of the catalogue around a mood."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnClause, TextualSelect, bindparam, column, text
from sqlalchemy.orm import Session

from services.recommender.ranking.item import Candidate
from services.recommender.ranking.mood import NEAR_CELLS, cells_around
from services.recommender.ranking.rank import RankingQuery
from services.recommender.schemas.filters import Filters
from services.recommender.store import filters
from services.recommender.store.memory import now_ms
from services.recommender.store.models import EmotionSet, emotions_of

PER_CELL: Final = 20
"""Candidates from each cell, at least: its best by prior."""
TURNS: Final = 5
"""The catalogue is looked at in this many parts, one a day, so no item is on a list more often."""
ENOUGH: Final = 3
"""Candidates wanted for each item to be shown, so that ranking has a choice."""
PAGE: Final = 500
KEPT: Final = 16_384
"""Candidates that stay made: a recommendation reads hundreds of rows, mostly the same as the one before."""
FIELDS: Final = tuple(field.name for field in fields(Candidate))
COLUMNS: Final[list[ColumnClause[Any]]] = [column(name) for name in (*FIELDS, "prior")]
"""Without types: rows stay as the driver gives them."""
SELECT: Final = f"SELECT {', '.join(FIELDS)}, prior FROM items WHERE medium = :medium"  # noqa: S608 # constants
VISIBLE: Final = "NOT removed AND kind = 'work'"
UNBLOCKED: Final = (
    "NOT EXISTS (SELECT 1 FROM user_items "
    "WHERE user_items.user_id = :user_id AND user_items.item_id = items.id "
    "AND user_items.blocked_until_ms > :now_ms)"
)
SHOWN: Final = f"{VISIBLE} ORDER BY prior DESC, id DESC LIMIT :rows"


def around(  # noqa: PLR0913 # one for each thing that leaves items out
    session: Session,
    medium: str,
    query: RankingQuery,
    excluded: Collection[int],
    user_id: str | None,
    *,
    kept_by: Filters,
) -> list[Candidate]:
    """Select what ranking should consider: the best around the target, and what people linked to the mood.

    Leaves out the ids in `excluded`, what the filters do not keep and what is blocked for the user. Looks
    further away, and at last at everything, only when too few are left: without filters it reads a bounded
    number of rows by index, however large the catalogue is.
    """
    enough = query.limit * ENOUGH
    cells = cells_around(query.target)
    values: dict[str, object] = {
        "medium": medium,
        "user_id": user_id,
        "now_ms": now_ms(),
        "bits": query.relevant,
        "turn": query.turn % TURNS,
        "rows": max(PER_CELL, query.limit),
        **filters.values(kept_by),
    }
    kept = kept_for(user_id, kept_by)
    found: dict[int, Candidate] = {}
    for near, turned in ((cells[:NEAR_CELLS], True), (cells[:NEAR_CELLS], False), (cells, False)):
        places = {f"cell{i}": cell for i, cell in enumerate(near)}
        found |= select(session, around_query(len(near), kept, turned=turned), values | places)
        left = [item for item in found.values() if item.id not in excluded]
        count = sum(map(query.may_show, left))
        if count >= enough:
            return left
    for item in _best_first(session, best_query(kept), values):
        if count >= enough:
            break
        if item.id not in excluded and item.id not in found:
            left.append(item)
            count += query.may_show(item)
    return left


def kept_for(user_id: str | None, kept_by: Filters) -> tuple[str, ...]:
    """The conditions of the filters and, where there is a user, that an item is not blocked."""
    wanted = filters.conditions(kept_by)
    return (*wanted, UNBLOCKED) if user_id else wanted


@lru_cache(maxsize=64)
def best_query(kept: tuple[str, ...] = ()) -> TextualSelect:
    """A page of all that a medium has, the best first; `kept` are further conditions."""
    after = "(prior < :prior OR (prior = :prior AND id < :id))"
    return text(" AND ".join((SELECT, after, *kept, SHOWN))).columns(*COLUMNS)


@lru_cache(maxsize=64)
def around_query(count: int, kept: tuple[str, ...] = (), *, turned: bool) -> TextualSelect:
    """One indexed look-up per cell and one of what people linked to the mood, joined.

    A condition over all cells would sort all their rows. `turned` looks at one part in TURNS only; `kept` are
    further conditions.
    """
    if turned:
        kept = (f"id % {TURNS} = :turn", *kept)
    conditions = ("emotions <> 0 AND emotions & :bits <> 0", *(f"cell = :cell{i}" for i in range(count)))
    return joined_query(conditions, kept).bindparams(bindparam("bits", type_=EmotionSet))


def joined_query(
    conditions: Iterable[str], kept: tuple[str, ...], all_of: Iterable[str] = ()
) -> TextualSelect:
    """The best that meet one of the conditions, so many of each, and all that meet one in `all_of`.

    Everything meets those in `kept`.
    """
    arms = [
        f"SELECT * FROM ({' AND '.join((SELECT, condition, *kept, SHOWN))}) AS arm{i}"  # noqa: S608 # constants
        for i, condition in enumerate(conditions)
    ]
    arms += [" AND ".join((SELECT, condition, *kept, VISIBLE)) for condition in all_of]
    return text(" UNION ALL ".join(arms)).columns(*COLUMNS)


def select(session: Session, query: TextualSelect, values: Mapping[str, object]) -> dict[int, Candidate]:
    """What a query finds, by id."""
    return {row.id: _to_candidate(tuple(row)) for row in session.execute(query, values).all()}


def _best_first(session: Session, query: TextualSelect, values: Mapping[str, object]) -> Iterator[Candidate]:
    """All of a medium, page by page."""
    after = {"prior": 2.0, "id": 0, "rows": PAGE}
    while page := session.execute(query, {**values, **after}).all():
        yield from (_to_candidate(tuple(row)) for row in page)
        after |= {"prior": page[-1].prior, "id": page[-1].id}


@lru_cache(maxsize=KEPT)
def _to_candidate(row: tuple[Any, ...]) -> Candidate:
    """The item in a row of SELECT, as the driver gives it; `models.py` has how lists are stored."""
    values = dict(zip(FIELDS, row, strict=False))
    for name in ("genres", "tags"):
        values[name] = tuple(values[name].split("|")) if values[name] else ()
    values["emotions"] = emotions_of(values["emotions"])
    values["explicit"] = None if values["explicit"] is None else bool(values["explicit"])
    return Candidate(**values)
