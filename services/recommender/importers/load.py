"""Reads one source into the catalogue in one transaction, and says what it did to which line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from tqdm import tqdm

from services.recommender import catalogue_load
from services.recommender.catalogue_load import Changes
from services.recommender.db import WRITING
from services.recommender.importers import deezer, goodbooks, movielens, plain, report, steam
from services.recommender.importers.plain import Refused, SourceError
from services.recommender.importers.rows import Row
from services.recommender.importers.shipped import digest_of
from services.recommender.prepare import bring_up_to_date

SOURCES: Final[dict[str, Callable[[Path], Iterator[tuple[int, Row] | Refused]]]] = {
    "csv": plain.read,
    "deezer": deezer.read,
    "goodbooks": goodbooks.read,
    "movielens": movielens.read,
    "report": report.read,
    "steam": steam.read,
}


@dataclass(slots=True)
class Outcome:
    changes: Changes
    refused: list[Refused] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """Key to the line that it came from."""


def import_file(engine: Engine, source: str, path: Path, catalogue_dir: Path, *, dry_run: bool) -> Outcome:
    """All of the file's good rows or, if anything fails, none; a dry run does the same and takes it back.

    What the database still lacks before the first import, it gets in the same transaction.
    """
    outcome = Outcome(Changes())
    rows = list(read(source, path, outcome))
    digest = digest_of(catalogue_dir)
    with engine.execution_options(**WRITING).connect() as connection, connection.begin() as transaction:
        bring_up_to_date(connection, catalogue_dir, digest)
        outcome.changes = catalogue_load.upsert(connection, [row.values() for row in rows], shipped=False)
        if dry_run:
            transaction.rollback()
    return outcome


def read(source: str, path: Path, outcome: Outcome) -> Iterator[Row]:
    """The good rows, each thing once; `outcome` gets the others and the lines."""
    for result in tqdm(SOURCES[source](path), desc=f"reading {path.name}", unit=" rows", leave=False):
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
