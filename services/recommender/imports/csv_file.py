"""Reads a CSV that a person can write by hand; the shipped catalogue has the same format.

Columns by name, in any order and case: `medium, title, url` are needed, all others may be left out; README
lists them. Lists are joined with `|`, commas or semicolons.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from services.common.cells import unguarded
from services.common.problems import describe
from services.recommender.imports.row import Row
from services.recommender.imports.table import SourceError, read_table

__all__ = ["COLUMNS", "NEEDED", "Note", "Refused", "SourceError", "checked", "read", "read_table"]

NEEDED: Final = {"medium", "title", "url"}
COLUMNS: Final = ("medium", "title", "url", *(name for name in Row.model_fields if name not in NEEDED))
KNOWN: Final = frozenset(COLUMNS)
DECIMAL_COMMA: Final = re.compile(r"-?\d*,\d+")
TEXTS: Final = {"title", "creator"}
NUMBERS: Final = {"valence", "arousal", "affect_confidence", "quality", "popularity"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was left out."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """What the reader should know of the file as a whole."""

    text: str


def checked(
    line: int, make: Callable[[dict[str, str]], dict[str, Any]], cells: dict[str, str]
) -> tuple[int, Row] | Refused:
    """Make a row of `cells` with `make`, or say why it is left out."""
    try:
        row = Row.model_validate(make(cells))
    except ValidationError as error:
        return Refused(line, describe(list(error.errors())))
    except ValueError as error:
        return Refused(line, str(error))
    row.model_fields_set.update(KNOWN & cells.keys())  # an empty cell clears what was there
    return line, row


def read(path: Path) -> Iterator[tuple[int, Row] | Refused | Note]:
    """Yield each row, and at the end the columns that are not known."""
    unknown: dict[str, None] = {}
    for line, cells in read_table(path, NEEDED):
        unknown |= dict.fromkeys(name for name in cells if name and name not in COLUMNS)
        yield checked(line, _fields, cells)
    if unknown:
        named = ", ".join(_suggest(name) for name in unknown)
        yield Note(f"columns that are not known and were left out: {named}; known are {', '.join(COLUMNS)}")


def _suggest(name: str) -> str:
    near = difflib.get_close_matches(name, COLUMNS, 1)
    return f"{name} (did you mean {near[0]}?)" if near else name


def _fields(cells: dict[str, str]) -> dict[str, Any]:
    """The known cells that are not empty."""
    if beyond := cells.get(""):
        raise ValueError(f"more cells than columns ({beyond[:60]}): put text with separators in quotes")
    return {
        name: _value(name, text)
        for name, cell in cells.items()
        if name in KNOWN and ((text := cell.strip()) or name in NEEDED)
    }


def _value(name: str, cell: str) -> str:
    if name in TEXTS:
        return unguarded(cell)
    # Where the semicolon separates cells, the comma is the decimal point.
    return cell.replace(",", ".") if name in NUMBERS and DECIMAL_COMMA.fullmatch(cell) else cell
