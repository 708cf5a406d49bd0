"""Builds the shipped catalogue and studies it: `python -m curation COMMAND --help`."""

import argparse
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from curation import build, known, study, variety
from services.common.starting import print_lines
from services.recommender.imports.csv_file import SourceError

Run = Callable[[argparse.Namespace], Iterable[str]]


def _calibrate(options: argparse.Namespace) -> Iterable[str]:
    calibrate = import_module("curation.calibrate").calibrate  # needs numpy, as no other command does
    return (f"{name}: {value:.3f}" for name, value in calibrate(options.sources, options.new).items())


def _build(options: argparse.Namespace) -> Iterable[str]:
    built = build.build(options.sources, options.new, options.report)
    return (f"{name}: {rows} rows" for name, rows in built.items())


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m curation", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Run, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    calibrating = command("calibrate", _calibrate, "fit the model that places songs (needs numpy)")
    building = command("build", _build, "write the shipped CSVs")
    for one in (calibrating, building):
        one.add_argument("sources", type=Path, help="the folder of the first sources")
        one.add_argument("new", type=Path, help="the folder of the newer sources, one folder a medium")
    building.add_argument("report", type=Path, help="the report's own catalogue")
    command("known", lambda _: known.check(known.shipped()), "check the catalogue with 200 known works")
    command("corners", lambda _: known.corners(known.shipped()), "print what each corner of the plane holds")
    studying = command(
        "study", lambda given: study.study(given.users, given.rounds), "simulate users; print a table"
    )
    studying.add_argument("--users", type=int, default=24)
    studying.add_argument("--rounds", type=int, default=20)
    command("variety", lambda _: variety.variety(), "measure variety, repeats and steadiness of the shelves")
    showing = command(
        "shelves", lambda given: study.shelves(given.readers), "print what each mood is offered"
    )
    showing.add_argument("--readers", type=int, default=4)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    return print_lines(lambda: options.run(options), SourceError)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
