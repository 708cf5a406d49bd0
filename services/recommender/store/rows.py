"""Selects rows of the catalogue as ranking takes them."""

from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnClause, Row, TextualSelect, column, text

from services.recommender.ranking.item import Candidate
from services.recommender.store.models import emotions_of

FIELDS: Final = tuple(field.name for field in fields(Candidate))
COLUMNS: Final[list[ColumnClause[Any]]] = [column(name) for name in (*FIELDS, "prior", "arm")]
"""Without types: rows stay as the driver gives them."""
KEPT: Final = 16_384
"""Items that stay made: after a change of the catalogue most rows are the same as before."""
VISIBLE: Final = "NOT removed AND kind = 'work'"
BEST: Final = "ORDER BY prior DESC, id DESC LIMIT :rows"


def joined_query(
    conditions: Iterable[str], kept: tuple[str, ...], all_of: Iterable[str] = ()
) -> TextualSelect:
    """The best that meet one of the conditions, so many of each, and all that meet one in `all_of`.

    Everything meets those in `kept`. Each condition is an arm of its own, which an index answers: one
    condition over all would sort all their rows. `arm` in the result is the number of the condition.
    """
    arms = [
        f"SELECT * FROM ({_select(i, condition, kept)} {BEST}) AS arm{i}"  # noqa: S608 # constants
        for i, condition in enumerate(conditions)
    ]
    arms += [_select(-1, condition, kept) for condition in all_of]
    return text(" UNION ALL ".join(arms)).columns(*COLUMNS)


def _select(arm: int, condition: str, kept: tuple[str, ...]) -> str:
    met = " AND ".join(("medium = :medium", condition, *kept, VISIBLE))
    return f"SELECT {', '.join(FIELDS)}, prior, {arm} AS arm FROM items WHERE {met}"  # noqa: S608 # constants


def to_candidate(row: Row[Any]) -> Candidate:
    """The item in a row of these columns."""
    return _candidate(tuple(row)[: len(FIELDS)])


@lru_cache(maxsize=KEPT)
def _candidate(row: tuple[Any, ...]) -> Candidate:
    """The item in a row, as the driver gives it; `models.py` has how lists are stored."""
    values = dict(zip(FIELDS, row, strict=True))
    for name in ("genres", "tags"):
        values[name] = tuple(values[name].split("|")) if values[name] else ()
    values["emotions"] = emotions_of(values["emotions"])
    values["explicit"] = None if values["explicit"] is None else bool(values["explicit"])
    return Candidate(**values)
