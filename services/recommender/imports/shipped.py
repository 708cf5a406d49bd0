"""Loads the shipped catalogue: every CSV of a folder, one table in the end."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from services.recommender.imports import csv_file
from services.recommender.imports.row import Row
from services.recommender.store import load


def files_of(folder: Path) -> list[Path]:
    """SourceError where there is none: a mistyped folder must not empty the catalogue."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise csv_file.SourceError(f"{folder} holds no CSV files: a catalogue needs at least one")
    return files


def digest_of(folder: Path) -> str:
    """Changes with any byte or name of the folder's CSVs."""
    digest = hashlib.sha256()
    for path in files_of(folder):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def load_shipped(connection: Connection, folder: Path, digest: str) -> None:
    """Make the shipped items what the folder says. Items edited or removed by a person stay as they are."""
    rows = merged_rows(folder)
    load.upsert(connection, [row.values() for row in rows.values()], shipped=True)
    load.retire_shipped(connection, set(rows))
    load.set_digest(connection, digest)


def merged_rows(folder: Path) -> dict[str, Row]:
    """Key to row; a thing that several files name is one row. SourceError if a file has a bad row."""
    rows: dict[str, Row] = {}
    for row in read_folder(folder):
        key = row.key
        rows[key] = rows[key].fill_from(row) if key in rows else row
    return rows


def read_folder(folder: Path) -> Iterator[Row]:
    for path in files_of(folder):
        for result in csv_file.read(path):
            if isinstance(result, csv_file.Refused):
                raise csv_file.SourceError(f"{path.name}, line {result.line}: {result.reason}")
            yield result[1]
