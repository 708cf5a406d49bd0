"""Imports one file into the catalogue: checks all of it, then writes it in short transactions."""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Engine
from tqdm import tqdm

from services.recommender.imports.csv_file import Note, Refused, SourceError
from services.recommender.imports.row import Row
from services.recommender.imports.shipped import digest_of
from services.recommender.prepare import prepare
from services.recommender.schemas.identity import may_be_one
from services.recommender.settings import Settings
from services.recommender.store import load
from services.recommender.store.db import WRITING, is_missing, make_engine
from services.recommender.store.schema import check_current
from services.recommender.store.turns import only_import

Reader = Callable[[Path], Iterator[tuple[int, Row] | Refused | Note]]
"""Reads a file: line number and row, or why the row is left out."""
WRITTEN_AT_ONCE: Final = 250
"""Rows of one transaction, for which others wait: well under a second on a machine with much else to do."""
PAUSE_S: Final = 0.12
"""Between two batches: longer than others that wait for SQLite's lock sleep before they try again."""
OLDER_CATALOGUE: Final = "the shipped catalogue is newer than the database's: an import loads it first"


@dataclass(slots=True)
class _File:
    """What a file holds; `rows` by key, with their lines, and the first about each work."""

    rows: dict[str, tuple[int, Row]] = field(default_factory=dict)
    works: dict[str, tuple[int, Row]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    doubles: dict[str, str] = field(default_factory=dict)
    """Reasons, by key, against rows whose work an earlier row has under another URL. The catalogue may hold
    both already, as an export then does: they are refused only where they would be added."""

    def take(self, line: int, row: Row) -> None:
        """Take a row, unless an earlier one is the same."""
        first, _ = self.rows.get(row.key, (line, row))
        earlier, other = self.works.setdefault(row.work, (line, row))
        if first != line:
            self.refused.append(Refused(line, f"the same as line {first}, which is used"))
            return
        if earlier != line and may_be_one(other.key, row.key):
            self.doubles[row.key] = f"line {earlier} is this work under {other.url}, not {row.url}"
        self.rows[row.key] = (line, row)

    def refuse(self, reasons: Mapping[str, str]) -> list[Refused]:
        """Leave out the rows with these keys."""
        refused = [Refused(self.rows.pop(key)[0], reason) for key, reason in reasons.items()]
        self.refused += refused
        return refused


def add_import_arguments(parser: argparse.ArgumentParser, sources: Iterable[str]) -> None:
    parser.add_argument("source", choices=sorted(sources))
    parser.add_argument("path", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    parser.add_argument("--keep-good", action="store_true", help="write the others where rows are refused")


def import_file(
    reader: Reader, path: Path, settings: Settings, *, dry_run: bool, keep_good: bool = False
) -> Iterator[str]:
    """Import a file, and yield the lines to print.

    Writes nothing where a row is refused, unless `keep_good` is set. Raises SourceError for a file that
    cannot be read, and at the end where a row was refused.
    """
    file = _read(reader, path)
    keep_good = keep_good or dry_run
    yield from (note.text for note in file.notes)
    if file.refused and not keep_good:
        file.refuse(file.doubles)  # it ends here, and whether they would be added is not found out
    yield from _said(file.refused)
    _stop_if_refused(file, keep_good=keep_good)
    if not dry_run:
        with _engine(settings) as engine:
            prepare(engine, settings.catalogue_dir)
    changes = load.Changes()
    if not _compare(settings, [row for _, row in file.rows.values()], changes):
        yield OLDER_CATALOGUE
    lines = {key: line for key, (line, _) in file.rows.items()}
    doubles = {key: file.doubles[key] for key in changes.added if key in file.doubles}
    changes.added = [key for key in changes.added if key not in doubles]
    yield from _said(file.refuse(changes.refused | doubles))
    _stop_if_refused(file, keep_good=keep_good)
    if not dry_run:
        changes = load.Changes()
        _write(settings, [row for _, row in file.rows.values()], changes)
    yield from (f"line {lines[key]}: left alone, as it was edited here" for key in changes.kept)
    refused = len(file.refused)
    counts = (
        f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.same)} unchanged, "
        f"{len(changes.kept)} left alone, {refused} refused"
    )
    yield f"{counts}; nothing written, as this was a dry run" if dry_run else counts
    if refused:
        raise SourceError(f"{_rows(refused)} refused")


def _said(refused: Iterable[Refused]) -> Iterator[str]:
    return (f"line {one.line}: refused: {one.reason}" for one in refused)


def _stop_if_refused(file: _File, *, keep_good: bool) -> None:
    """Raise SourceError where a row was refused, unless the good ones are wanted."""
    if file.refused and not keep_good:
        raise SourceError(
            f"nothing was written, as {_rows(len(file.refused))} refused; "
            f"--keep-good writes the other {len(file.rows)}"
        )


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count} rows were"


def _read(reader: Reader, path: Path) -> _File:
    file = _File()
    # No progress where nobody watches, as in a file or a pipe.
    for result in tqdm(reader(path), desc=f"reading {path.name}", unit=" rows", leave=False, disable=None):
        if isinstance(result, Note):
            file.notes.append(result)
        elif isinstance(result, Refused):
            file.refused.append(result)
        else:
            file.take(*result)
    return file


def _compare(settings: Settings, rows: Sequence[Row], changes: load.Changes) -> bool:
    """Find out what an import would do; False where it would load a newer shipped catalogue first.

    Only reads. Where there is no database, it makes one elsewhere.
    """
    missing = is_missing(settings.database_url)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/dry-run.db" if missing else settings.database_url
        with _engine(settings, url) as engine:
            if missing:
                prepare(engine, settings.catalogue_dir)
            check_current(engine)
            with engine.connect() as connection:
                for batch in load.batches(rows):
                    load.compare_batch(connection, batch, changes, shipped=False)
                return load.loaded_digest(connection) == digest_of(settings.catalogue_dir)


def _write(settings: Settings, rows: Sequence[Row], changes: load.Changes) -> None:
    """Write batch after batch, so that others come between; a repeated import goes on after a killed one."""
    with (
        only_import(settings.database_url),
        _engine(settings) as engine,
        tqdm(total=len(rows), desc="writing", unit=" rows", leave=False, disable=None) as progress,
    ):
        for batch in load.batches(rows, WRITTEN_AT_ONCE):
            with engine.execution_options(**WRITING).begin() as connection:
                if load.write_batch(connection, batch, changes, shipped=False):
                    load.note_change(connection)
            progress.update(len(batch))
            time.sleep(PAUSE_S)


@contextmanager
def _engine(settings: Settings, url: str | None = None) -> Iterator[Engine]:
    engine = make_engine(
        url or settings.database_url, settings.database_timeout_s, shared=settings.database_shared
    )
    try:
        yield engine
    finally:
        engine.dispose()
