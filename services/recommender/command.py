"""Commands of the recommender: `python -m services.recommender COMMAND --help`."""

import argparse
import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from services.common.starting import print_lines
from services.recommender.imports import csv_file
from services.recommender.imports.csv_file import SourceError
from services.recommender.imports.export import export_csv
from services.recommender.imports.file import add_import_arguments, import_file
from services.recommender.neighbours import find_neighbours
from services.recommender.prepare import prepare
from services.recommender.settings import Settings, read_settings
from services.recommender.store import backup, neighbours
from services.recommender.store.db import WRITING, Sessions, make_engine
from services.recommender.store.turns import ImportRunningError
from services.recommender.store.unusable import explaining
from services.recommender.upkeep import erase_unused


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.recommender", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="bring the database's schema and shipped catalogue up to date")
    saving = commands.add_parser("backup", help="copy the database to a new file, while the service runs")
    saving.add_argument("file", type=Path)
    restoring = commands.add_parser("restore", help="replace the database by a backup; keeps the old one")
    restoring.add_argument("file", type=Path)
    commands.add_parser("remove-replaced", help="delete the databases that restores replaced")
    commands.add_parser("erase-unused", help="erase ids that were not used for RECOMMENDER_MEMORY_DAYS")
    commands.add_parser("neighbours", help="find items that the same users liked; run it nightly")
    importing = commands.add_parser("import", help="add a file's items to the catalogue")
    add_import_arguments(importing, ["csv"])
    exporting = commands.add_parser("export", help="write the catalogue to a file that `import` reads")
    exporting.add_argument("format", choices=["csv"])
    exporting.add_argument("path", type=Path)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    return print_lines(lambda: _run(options), SourceError, ImportRunningError, backup.BackupError)


def _run(options: argparse.Namespace) -> Iterator[str]:
    settings = read_settings()
    with explaining(settings.database_url):
        yield from _lines(options, settings)


def _lines(options: argparse.Namespace, settings: Settings) -> Iterable[str]:
    url, patience_s, shared = settings.database_url, settings.database_timeout_s, settings.database_shared
    match options.command:
        case "backup":
            lines: Iterable[str] = backup.backup(url, options.file)
        case "restore":
            lines = backup.restore(url, options.file, patience_s, shared=shared)
        case "remove-replaced":
            lines = backup.remove_replaced(url)
        case "import":
            only = {"dry_run": options.dry_run, "keep_good": options.keep_good}
            lines = import_file(csv_file.read, options.path, settings, **only)
        case "export":
            lines = export_csv(options.path, settings)
        case _:
            lines = _on_database(options.command, settings)
    return lines


def _on_database(command: str, settings: Settings) -> list[str]:
    engine = make_engine(settings.database_url, settings.database_timeout_s, shared=settings.database_shared)
    prepare(engine, settings.catalogue_dir)
    if command == "erase-unused":
        return _erase_unused(Sessions(engine, settings.database_timeout_s), settings.memory_days)
    if command == "neighbours":
        return _write_neighbours(engine)
    return ["the database is up to date"]


def _write_neighbours(engine: Engine) -> list[str]:
    with Session(engine) as session:
        found = list(find_neighbours(neighbours.likes(session)))
    with Session(engine.execution_options(**WRITING)) as session, session.begin():
        written = neighbours.replace_all(session, found)
    return [f"{written} pairs of items that at least {neighbours.ENOUGH_USERS} users like together"]


def _erase_unused(sessions: Sessions, memory_days: int) -> list[str]:
    if not memory_days:
        return ["nothing was erased: RECOMMENDER_MEMORY_DAYS is 0, which keeps ids for ever"]
    erased = asyncio.run(erase_unused(sessions, memory_days))
    return [f"erased {erased} ids that were not used for {memory_days} days"]
