"""Reads a CSV that a person can write by hand; the shipped catalogue has the same format.

Columns by name, in any order: `medium, title, url` are needed; `creator, year, kind, genres, tags, language,
runtime_min, explicit, age_rating, image_url, emotions, valence, arousal, affect_source, affect_confidence,
quality, popularity` may be left out or blank. Lists are joined with `|`.
UTF-8, with or without a byte-order mark; any line ends.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from services.common.problems import describe
from services.recommender.imports.row import Row

NEEDED: Final = {"medium", "title", "url"}


class SourceError(Exception):
    """A file that cannot be read at all; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was left out."""

    line: int
    reason: str


def read_table(path: Path, needed: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, row by column name); SourceError on a wrong encoding or missing columns."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True, restval="")
            missing = needed - set(reader.fieldnames or [])
            if missing:
                raise SourceError(f"{path.name}: missing columns {', '.join(sorted(missing))}")
            for row in reader:
                if None in row:
                    raise SourceError(f"{path.name}, line {reader.line_num}: more cells than columns")
                yield reader.line_num, row
    except UnicodeDecodeError as error:
        raise SourceError(f"{path.name}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except csv.Error as error:
        raise SourceError(f"{path.name}, line {reader.line_num + 1}: {error}") from error
    except OSError as error:
        raise SourceError(f"{path.name}: {error.strerror}") from error


def checked(
    line: int, make: Callable[[dict[str, str]], dict[str, Any]], cells: dict[str, str]
) -> tuple[int, Row] | Refused:
    """Make a row of `cells` with `make`, or say why it is left out."""
    try:
        return line, Row.model_validate(make(cells))
    except ValidationError as error:
        return Refused(line, describe(list(error.errors())))
    except ValueError as error:
        return Refused(line, str(error))


def read(path: Path) -> Iterator[tuple[int, Row] | Refused]:
    for line, cells in read_table(path, NEEDED):
        yield checked(line, dict, cells)
