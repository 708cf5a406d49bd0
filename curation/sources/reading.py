"""Reads the sources' CSVs, plain or gzipped."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path


def rows(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open(path, "rt", encoding="utf-8-sig", newline="") if path.suffix == ".gz" else path.open(
        encoding="utf-8-sig", newline=""
    )
    with opened as file:
        yield from csv.DictReader(file)


def parts(cell: str) -> list[str]:
    return [part for part in cell.split("|") if part]


def number(cell: str) -> float | None:
    return float(cell) if cell else None


def whole(cell: str) -> int | None:
    return int(float(cell)) if cell else None
