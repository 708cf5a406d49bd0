"""Turns filters into SQL that both kinds of database understand."""

from typing import Any

from services.recommender.schemas.filters import Filters


def conditions(filters: Filters) -> tuple[str, ...]:
    """What a row of `items` has to meet; `values` gives the values of its parameters."""
    found = []
    if filters.genre:
        found.append(f"({' OR '.join(holds('genres', f'genre{i}') for i in range(len(filters.genre)))})")
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
    return given | {f"genre{i}": holding(genre) for i, genre in enumerate(filters.genre)}


def holds(column: str, parameter: str) -> str:
    """The condition that a list of terms has one, whose parameter is made by `holding`."""
    return f"'|' || {column} || '|' LIKE :{parameter} ESCAPE '!'"


def holding(term: str) -> str:
    """The pattern of LIKE for a list with this term; a folded one has no other signs than `_`."""
    return f"%|{term.replace('_', '!_')}|%"
