"""Loads the shipped catalogue: every CSV of a folder into one table."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from services.common.starting import StartError
from services.recommender.imports.csv_file import Note, Refused, SourceError, read
from services.recommender.imports.row import Row
from services.recommender.store import load


class CatalogueError(StartError):
    """The folder cannot be loaded; the message names the file and what is wrong with it."""


def _files(folder: Path) -> list[Path]:
    """The folder's CSVs; SourceError if there are none, so that a wrong path cannot empty the catalogue."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise SourceError(f"{folder} holds no CSV files: a catalogue needs at least one")
    return files


def digest_of(folder: Path) -> str:
    """Hash the names and bytes of the folder's CSVs."""
    digest = hashlib.sha256()
    with _blaming_setting():
        for path in _files(folder):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _blaming_setting() -> Iterator[None]:
    """Turn what is wrong with the folder into a CatalogueError."""
    try:
        yield
    except (SourceError, OSError) as error:
        raise CatalogueError(f"RECOMMENDER_CATALOGUE_DIR: {error}") from error


def load_shipped(connection: Connection, folder: Path, digest: str) -> None:
    """Make the shipped items match the folder. Items that a person edited or removed stay as they are."""
    with _blaming_setting():
        rows = merged_rows(folder)
    load.upsert(connection, list(rows.values()), shipped=True)
    load.retire_shipped(connection, set(rows))
    load.set_digest(connection, digest)


def merged_rows(folder: Path) -> dict[str, Row]:
    """Read all files into rows by key, merging rows of the same work; SourceError for a bad row."""
    rows: dict[str, Row] = {}
    for path in _files(folder):
        for result in read(path):
            if isinstance(result, Note):
                continue
            if isinstance(result, Refused):
                raise SourceError(f"{path.name}, line {result.line}: {result.reason}")
            row = result[1]
            key = row.key
            rows[key] = rows[key].fill_from(row) if key in rows else row
    return rows
