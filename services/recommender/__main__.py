"""Commands of the recommender: `python -m services.recommender COMMAND --help`."""

import argparse
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from services.recommender import backup
from services.recommender.building import study
from services.recommender.db import is_missing, make_engine
from services.recommender.importers.load import SOURCES, describe, import_file
from services.recommender.importers.plain import SourceError
from services.recommender.prepare import check_sound, prepare
from services.recommender.settings import Settings
from services.recommender.starting import StartError, read_settings


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.recommender", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="bring the database's schema and shipped catalogue up to date")
    saving = commands.add_parser("backup", help="copy the database to a new file, while the service runs")
    saving.add_argument("file", type=Path)
    restoring = commands.add_parser(
        "restore", help="make the database what a backup holds; keeps the old one"
    )
    restoring.add_argument("file", type=Path)
    studying = commands.add_parser("study", help="simulate users with known tastes; prints a table")
    studying.add_argument("--users", type=int, default=24)
    studying.add_argument("--rounds", type=int, default=20)
    commands.add_parser("shelves", help="print what each mood is offered")
    importing = commands.add_parser("import", help="add a file's items to the catalogue")
    importing.add_argument("source", choices=sorted(SOURCES))
    importing.add_argument("path", type=Path)
    importing.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    building = commands.add_parser("build", help="make the shipped catalogue anew (needs numpy)")
    steps = building.add_subparsers(dest="step", required=True)
    calibrating = steps.add_parser("calibrate", help="learn what film genres and tags say")
    calibrating.add_argument("sources", type=Path)
    choosing = steps.add_parser("catalogue", help="write the CSVs in data/")
    choosing.add_argument("sources", type=Path)
    choosing.add_argument("report", type=Path)
    measuring = steps.add_parser("spreads", help="measure what importers/affect.py's SPREADS say")
    measuring.add_argument("sources", type=Path)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        for line in run(options):
            sys.stdout.write(f"{line}\n")
    except (SourceError, StartError, backup.BackupError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def run(options: argparse.Namespace) -> Iterable[str]:
    if options.command == "build":
        return build(options)
    if options.command == "study":
        return study.study(options.users, options.rounds)
    if options.command == "shelves":
        return study.shelves()
    settings = read_settings()
    if options.command == "backup":
        return backup.backup(settings.database_url, options.file)
    if options.command == "restore":
        return backup.restore(settings.database_url, options.file, settings.database_timeout_s)
    return fill(options, settings)


def fill(options: argparse.Namespace, settings: Settings) -> Iterable[str]:
    if options.command == "import" and options.dry_run and is_missing(settings.database_url):
        with TemporaryDirectory() as folder:  # a dry run makes no file where there is none
            return take(options, settings, f"sqlite:///{folder}/dry-run.db")
    if options.command == "import":
        return take(options, settings, settings.database_url)
    prepare(make_engine(settings.database_url, settings.database_timeout_s), settings.catalogue_dir)
    return ["the database is up to date"]


def take(options: argparse.Namespace, settings: Settings, url: str) -> Iterable[str]:
    engine = make_engine(url, settings.database_timeout_s)
    check_sound(engine)
    outcome = import_file(
        engine, options.source, options.path, settings.catalogue_dir, dry_run=options.dry_run
    )
    engine.dispose()
    return describe(outcome, dry_run=options.dry_run)


def build(options: argparse.Namespace) -> list[str]:
    # Imported here: it needs numpy, which serving does without.
    if options.step == "calibrate":
        figures = import_module("services.recommender.building.calibrate").calibrate(options.sources)
        return [f"{name}: {value:.3f}" for name, value in figures.items()]
    building = import_module("services.recommender.building.build")
    if options.step == "spreads":
        return [f"{name}: {values}" for name, values in building.spreads(options.sources).items()]
    return [
        f"{name}: {count} rows" for name, count in building.build(options.sources, options.report).items()
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
