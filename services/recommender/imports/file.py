"""Reads one source into the catalogue in one transaction, and says what it did to which line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine
from tqdm import tqdm

from services.recommender.imports.csv_file import Refused, SourceError
from services.recommender.imports.row import Row
from services.recommender.imports.shipped import digest_of
from services.recommender.prepare import bring_up_to_date
from services.recommender.settings import Settings
from services.recommender.store import load
from services.recommender.store.db import WRITING, is_missing, make_engine
from services.recommender.store.load import Changes
from services.recommender.store.schema import check_sound

Reader = Callable[[Path], Iterator[tuple[int, Row] | Refused]]
"""Line number and row of what a source can read, or why it is left out."""


@dataclass(slots=True)
class Outcome:
    changes: Changes
    refused: list[Refused] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """Key to the line that it came from."""


def bring_in(source: Reader, path: Path, settings: Settings, *, dry_run: bool) -> Iterator[str]:
    """What `import` prints; SourceError for a file that cannot be read at all."""
    if dry_run and is_missing(settings.database_url):
        with TemporaryDirectory() as folder:  # a dry run makes no file where there is none
            return take(source, path, settings, f"sqlite:///{folder}/dry-run.db", dry_run=True)
    return take(source, path, settings, settings.database_url, dry_run=dry_run)


def take(source: Reader, path: Path, settings: Settings, url: str, *, dry_run: bool) -> Iterator[str]:
    engine = make_engine(url, settings.database_timeout_s)
    check_sound(engine)
    outcome = import_file(engine, source, path, settings.catalogue_dir, dry_run=dry_run)
    engine.dispose()
    return describe(outcome, dry_run=dry_run)


def import_file(engine: Engine, source: Reader, path: Path, catalogue_dir: Path, *, dry_run: bool) -> Outcome:
    """All of the file's good rows or, if anything fails, none; a dry run does the same and takes it back.

    What the database still lacks before the first import, it gets in the same transaction.
    """
    outcome = Outcome(Changes())
    rows = list(read(source, path, outcome))
    digest = digest_of(catalogue_dir)
    with engine.execution_options(**WRITING).connect() as connection, connection.begin() as transaction:
        bring_up_to_date(connection, catalogue_dir, digest)
        outcome.changes = load.upsert(connection, [row.values() for row in rows], shipped=False)
        if dry_run:
            transaction.rollback()
    return outcome


def read(source: Reader, path: Path, outcome: Outcome) -> Iterator[Row]:
    """The good rows, each thing once; `outcome` gets the others and the lines."""
    for result in tqdm(source(path), desc=f"reading {path.name}", unit=" rows", leave=False):
        if isinstance(result, Refused):
            outcome.refused.append(result)
            continue
        line, row = result
        key = row.key
        if key in outcome.lines:
            outcome.refused.append(Refused(line, f"the same as line {outcome.lines[key]}, which is used"))
            continue
        outcome.lines[key] = line
        yield row


def describe(outcome: Outcome, *, dry_run: bool) -> Iterator[str]:
    """Lines for people: every refused row, then the counts; SourceError at their end if no row was taken."""
    for refused in outcome.refused:
        yield f"line {refused.line}: refused: {refused.reason}"
    for key in outcome.changes.kept:
        yield f"line {outcome.lines[key]}: left alone, as it was edited here"
    changes = outcome.changes
    counts = (
        f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.same)} unchanged, "
        f"{len(changes.kept)} left alone, {len(outcome.refused)} refused"
    )
    yield f"{counts}; nothing written, as this was a dry run" if dry_run else counts
    if outcome.refused and not outcome.lines:
        raise SourceError("no row was taken: every one was refused")
