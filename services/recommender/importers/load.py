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
from services.recommender.importers.plain import Refused
from services.recommender.importers.rows import Row

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


def import_file(engine: Engine, source: str, path: Path, *, dry_run: bool) -> Outcome:
    """All of the file's good rows or, if anything fails, none; a dry run does the same and takes it back."""
    outcome = Outcome(Changes())
    rows: dict[str, Row] = {}
    for result in tqdm(SOURCES[source](path), desc=f"reading {path.name}", unit=" rows", leave=False):
        if isinstance(result, Refused):
            outcome.refused.append(result)
            continue
        line, row = result
        key = row.key
        if key in rows:
            outcome.refused.append(Refused(line, f"the same as line {outcome.lines[key]}, which is used"))
            continue
        rows[key] = row
        outcome.lines[key] = line
    values = [row.values() for row in rows.values()]
    with engine.execution_options(**WRITING).connect() as connection, connection.begin() as transaction:
        outcome.changes = catalogue_load.upsert(connection, values, shipped=False)
        if dry_run:
            transaction.rollback()
    return outcome


def describe(outcome: Outcome, *, dry_run: bool) -> Iterator[str]:
    """Lines for people: every refused row, then the counts."""
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
