"""Builds the shipped catalogue and studies it: `python -m curation COMMAND --help`."""

import argparse
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Final

from curation import build, study
from curation.sources import deezer, goodbooks, movielens, report, steam
from services.common.starting import StartError
from services.recommender.imports.csv_file import SourceError
from services.recommender.imports.file import Reader, import_file
from services.recommender.settings import read_settings

SOURCES: Final[dict[str, Reader]] = {
    "deezer": deezer.read,
    "goodbooks": goodbooks.read,
    "movielens": movielens.read,
    "report": report.read,
    "steam": steam.read,
}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m curation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    calibrating = commands.add_parser("calibrate", help="learn what film genres and tags say (needs numpy)")
    calibrating.add_argument("sources", type=Path)
    building = commands.add_parser("build", help="write the shipped CSVs")
    building.add_argument("sources", type=Path)
    building.add_argument("report", type=Path)
    measuring = commands.add_parser("spreads", help="measure what affect.py's SPREADS say")
    measuring.add_argument("sources", type=Path)
    studying = commands.add_parser("study", help="simulate users with known tastes; prints a table")
    studying.add_argument("--users", type=int, default=24)
    studying.add_argument("--rounds", type=int, default=20)
    commands.add_parser("shelves", help="print what each mood is offered")
    importing = commands.add_parser("import", help="add a source's items to the catalogue")
    importing.add_argument("source", choices=sorted(SOURCES))
    importing.add_argument("path", type=Path)
    importing.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        for line in run(options):
            sys.stdout.write(f"{line}\n")
    except (SourceError, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def run(options: argparse.Namespace) -> Iterable[str]:
    if options.command == "study":
        return study.study(options.users, options.rounds)
    if options.command == "shelves":
        return study.shelves()
    if options.command == "spreads":
        return [f"{name}: {values}" for name, values in build.spreads(options.sources).items()]
    if options.command == "import":
        return import_file(SOURCES[options.source], options.path, read_settings(), dry_run=options.dry_run)
    if options.command == "calibrate":  # imported here: it needs numpy, which the others do without
        figures = import_module("curation.calibrate").calibrate(options.sources)
        return [f"{name}: {value:.3f}" for name, value in figures.items()]
    return [f"{name}: {count} rows" for name, count in build.build(options.sources, options.report).items()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
