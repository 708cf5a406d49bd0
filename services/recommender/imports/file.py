"""Imports one file into the catalogue in one transaction, and reports by line."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine
from tqdm import tqdm

from services.recommender.imports.csv_file import Refused, SourceError
from services.recommender.imports.row import Row
from services.recommender.imports.shipped import digest_of
from services.recommender.prepare import bring_up_to_date
from services.recommender.schemas.identity import may_be_one
from services.recommender.settings import Settings
from services.recommender.store import load
from services.recommender.store.db import WRITING, is_missing, make_engine
from services.recommender.store.schema import check_sound

Reader = Callable[[Path], Iterator[tuple[int, Row] | Refused]]
"""Reads a file: line number and row, or why the row is left out."""


def add_import_arguments(parser: argparse.ArgumentParser, sources: Iterable[str]) -> None:
    parser.add_argument("source", choices=sorted(sources))
    parser.add_argument("path", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")


def import_file(reader: Reader, path: Path, settings: Settings, *, dry_run: bool) -> Iterator[str]:
    """Import all valid rows, or none if anything fails; yields the lines to print.

    Raises SourceError for a file that cannot be read, and at the end if every row was refused.
    """
    refused: list[Refused] = []
    rows: dict[str, tuple[int, Row]] = {}
    works: dict[str, tuple[int, Row]] = {}
    for result in tqdm(reader(path), desc=f"reading {path.name}", unit=" rows", leave=False):
        if isinstance(result, Refused):
            refused.append(result)
            continue
        line, row = result
        first, _ = rows.setdefault(row.key, result)
        if first != line:
            refused.append(Refused(line, f"the same as line {first}, which is used"))
            continue
        earlier, other = works.setdefault(row.work, result)
        if earlier != line and may_be_one(row.key, other.key):
            refused.append(Refused(line, f"the work of line {earlier} under {other.url}, here {row.url}"))
            del rows[row.key]
    values = [row.values() for _, row in rows.values()]
    with TemporaryDirectory() as folder:
        url = settings.database_url
        if dry_run and is_missing(url):  # a dry run makes no file where there is none
            url = f"sqlite:///{folder}/dry-run.db"
        engine = make_engine(url, settings.database_timeout_s)
        changes = _upsert(engine, values, settings.catalogue_dir, dry_run=dry_run)
        engine.dispose()
    refused += [Refused(rows[key][0], reason) for key, reason in changes.refused.items()]
    for one in sorted(refused, key=lambda one: one.line):
        yield f"line {one.line}: refused: {one.reason}"
    for key in changes.kept:
        yield f"line {rows[key][0]}: left alone, as it was edited here"
    counts = (
        f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.same)} unchanged, "
        f"{len(changes.kept)} left alone, {len(refused)} refused"
    )
    yield f"{counts}; nothing written, as this was a dry run" if dry_run else counts
    if refused and len(changes.refused) == len(rows):
        raise SourceError("no row was taken: every one was refused")


def _upsert(engine: Engine, values: list[load.Values], catalogue_dir: Path, *, dry_run: bool) -> load.Changes:
    """Prepare the database and write the rows, in one transaction; a dry run rolls it back."""
    check_sound(engine)
    digest = digest_of(catalogue_dir)
    with engine.execution_options(**WRITING).connect() as connection, connection.begin() as transaction:
        bring_up_to_date(connection, catalogue_dir, digest)
        changes = load.upsert(connection, values, shipped=False)
        if dry_run:
            transaction.rollback()
    return changes
