"""Writes the catalogue as the CSV that `csv_file.read` reads."""

import csv
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection

from services.common.cells import guarded
from services.recommender.imports.csv_file import COLUMNS, TEXTS, SourceError
from services.recommender.settings import Settings
from services.recommender.store import load
from services.recommender.store.db import is_missing, make_engine
from services.recommender.store.schema import check_current


def export_csv(path: Path, settings: Settings) -> Iterator[str]:
    """Write every item to a new file; yields the line to print. SourceError where it cannot be written.

    The file gets its name when it is whole.
    """
    if is_missing(settings.database_url):
        raise SourceError("there is no database yet: `python -m services.recommender prepare` makes one")
    if path.exists():
        raise SourceError(f"{path} exists already: name a new file")
    engine = make_engine(settings.database_url, settings.database_timeout_s)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        check_current(engine)
        with partial.open("w", encoding="utf-8", newline="") as file, engine.connect() as connection:
            count = _write(file, connection)
        partial.rename(path)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    finally:
        engine.dispose()
        with suppress(OSError):
            partial.unlink()
    yield f"{path}: {count} items"


def _write(file: TextIO, connection: Connection) -> int:
    """Write the header and a row for each item; return the number of items."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    with closing(load.every_item(connection)) as items:
        for item in items:
            writer.writerow([_cell(name, item[name]) for name in COLUMNS])
            count += 1
    return count


def _cell(name: str, value: object) -> object:
    if isinstance(value, tuple):
        return "|".join(value)
    return guarded(value) if name in TEXTS and isinstance(value, str) else value
