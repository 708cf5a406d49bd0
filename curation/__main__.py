"""Builds the shipped catalogue and studies it: `python -m curation COMMAND --help`."""

import argparse
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Final

from curation import build, study, variety
from curation.sources import deezer, goodbooks, movielens, report, steam
from services.common.starting import print_lines
from services.recommender.imports.csv_file import SourceError
from services.recommender.imports.file import Reader, add_import_arguments, import_file
from services.recommender.settings import read_settings
from services.recommender.store.turns import ImportRunningError

Run = Callable[[argparse.Namespace], Iterable[str]]

SOURCES: Final[dict[str, Reader]] = {
    "deezer": deezer.read,
    "goodbooks": goodbooks.read,
    "movielens": movielens.read,
    "report": report.read,
    "steam": steam.read,
}


def _calibrate(options: argparse.Namespace) -> Iterable[str]:
    calibrate = import_module("curation.calibrate").calibrate  # needs numpy, as no other command does
    return (f"{name}: {value:.3f}" for name, value in calibrate(options.sources).items())


def _build(options: argparse.Namespace) -> Iterable[str]:
    return (f"{name}: {rows} rows" for name, rows in build.build(options.sources, options.report).items())


def _spreads(options: argparse.Namespace) -> Iterable[str]:
    return (f"{name}: {values}" for name, values in build.spreads(options.sources).items())


def _import(options: argparse.Namespace) -> Iterable[str]:
    only = {"dry_run": options.dry_run, "keep_good": options.keep_good}
    return import_file(SOURCES[options.source], options.path, read_settings(), **only)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m curation", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace], Iterable[str]], text: str
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    calibrating = command("calibrate", _calibrate, "learn the effects of film genres and tags (needs numpy)")
    building = command("build", _build, "write the shipped CSVs")
    measuring = command("spreads", _spreads, "measure the SPREADS of affect.py")
    for one in (calibrating, building, measuring):
        one.add_argument("sources", type=Path)
    building.add_argument("report", type=Path)
    studying = command(
        "study", lambda given: study.study(given.users, given.rounds), "simulate users; print a table"
    )
    studying.add_argument("--users", type=int, default=24)
    studying.add_argument("--rounds", type=int, default=20)
    command("variety", lambda _: variety.variety(), "measure variety, repeats and steadiness of the shelves")
    command("shelves", lambda _: study.shelves(), "print what each mood is offered")
    importing = command("import", _import, "add a source's items to the catalogue")
    add_import_arguments(importing, SOURCES)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    return print_lines(lambda: options.run(options), SourceError, ImportRunningError)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
