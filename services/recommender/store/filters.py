"""Turns filters into SQL that both kinds of database understand."""

from typing import Any

from services.recommender.schemas.filters import Filters


def conditions(filters: Filters) -> tuple[str, ...]:
    """What a row of `items` has to meet; `values` gives the values of its parameters."""
    found = []
    if filters.genre:
        parts = (f"'|' || genres || '|' LIKE :genre{i} ESCAPE '!'" for i in range(len(filters.genre)))
        found.append(f"({' OR '.join(parts)})")
    if filters.language is not None:
        found.append("language = :language")
    if filters.year_from is not None:
        found.append("year >= :year_from")
    if filters.year_to is not None:
        found.append("year <= :year_to")
    if filters.family:
        found.append("family")
    return tuple(found)


def values(filters: Filters) -> dict[str, Any]:
    """The parameters of `conditions`, by name."""
    given = filters.model_dump(include={"language", "year_from", "year_to"}, exclude_none=True)
    return given | {f"genre{i}": f"%|{_literal(genre)}|%" for i, genre in enumerate(filters.genre)}


def _literal(text: str) -> str:
    """A pattern of LIKE for exactly this text; a folded one has no other signs than `_`."""
    return text.replace("_", "!_")
