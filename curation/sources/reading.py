"""Reads a source's CSV with a function that makes an item of a line."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from services.recommender.imports.csv_file import Refused, checked, read_table
from services.recommender.imports.file import Reader
from services.recommender.imports.row import Row


def reader(needed: set[str], make: Callable[[dict[str, str]], dict[str, Any]]) -> Reader:
    """`needed` are the columns that the file must have."""

    def read(path: Path) -> Iterator[tuple[int, Row] | Refused]:
        return (checked(line, make, cells) for line, cells in read_table(path, needed))

    return read
