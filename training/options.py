"""Command-line options that several commands share."""

import argparse
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from training import dataset
from training.dataset import Faces


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="the .npz of `python -m training data`")


def add_csv(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--csv", type=Path, required=True, help="fer2013.csv, plain or .gz")


def add_faces(parser: argparse.ArgumentParser) -> None:
    """`--csv` or `--data`; `read_faces` reads the one that was given."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--csv", type=Path, help="fer2013.csv, plain or .gz")
    source.add_argument("--data", type=Path, help="the .npz of `python -m training data`")


def read_faces(args: argparse.Namespace) -> Faces:
    return dataset.read(args.csv) if args.csv else dataset.load(args.data)


def add_fields(parser: argparse.ArgumentParser, settings: type[Any]) -> None:
    """An option for each field of a dataclass whose default is a number or a text."""
    for field in _simple_fields(settings):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default
        )


def field_values(args: argparse.Namespace, settings: type[Any]) -> dict[str, Any]:
    """What was given for the options that `add_fields` made."""
    return {field.name: getattr(args, field.name) for field in _simple_fields(settings)}


def _simple_fields(settings: type[Any]) -> Iterator[Field[Any]]:
    return (f for f in fields(settings) if isinstance(f.default, int | float | str))
