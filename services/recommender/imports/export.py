"""Writes the catalogue as the CSV that `csv_file.read` reads."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection

from services.common.cells import guarded
from services.recommender.imports.csv_file import COLUMNS, TEXTS, SourceError
from services.recommender.settings import Settings
from services.recommender.store import load
from services.recommender.store.db import is_missing, make_engine


def export_csv(path: Path, settings: Settings) -> Iterator[str]:
    """Write every item to a new file; yields the line to print. SourceError where it cannot be written."""
    if is_missing(settings.database_url):
        raise SourceError("there is no database yet: `python -m services.recommender prepare` makes one")
    engine = make_engine(settings.database_url, settings.database_timeout_s)
    try:
        with path.open("x", encoding="utf-8", newline="") as file, engine.connect() as connection:
            count = _write(file, connection)
    except FileExistsError as error:
        raise SourceError(f"{path} exists already: name a new file") from error
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    finally:
        engine.dispose()
    yield f"{path}: {count} items"


def _write(file: TextIO, connection: Connection) -> int:
    """Write the header and a row for each item; return the number of items."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for item in load.every_item(connection):
        writer.writerow([_cell(name, item[name]) for name in COLUMNS])
        count += 1
    return count


def _cell(name: str, value: object) -> object:
    if isinstance(value, tuple):
        return "|".join(value)
    return guarded(value) if name in TEXTS and isinstance(value, str) else value
