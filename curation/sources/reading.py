"""Reads the sources' CSVs, plain or gzipped."""

import csv
import gzip
from collections.abc import Iterator
from io import BufferedReader, TextIOWrapper
from pathlib import Path


def rows(path: Path) -> Iterator[dict[str, str]]:
    with (
        path.open("rb") as raw,
        TextIOWrapper(_unpacked(path, raw), encoding="utf-8-sig", newline="") as file,
    ):
        yield from csv.DictReader(file)


def _unpacked(path: Path, raw: BufferedReader) -> BufferedReader | gzip.GzipFile:
    return gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw


def parts(cell: str) -> list[str]:
    return [part for part in cell.split("|") if part]


def number(cell: str) -> float | None:
    return float(cell) if cell else None


def whole(cell: str) -> int | None:
    return int(float(cell)) if cell else None
