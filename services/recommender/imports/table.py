"""Reads a table as people save it: any usual separator, header in any case, empty cells at the ends."""

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

SEPARATORS: Final = ",;\t"
SEPARATOR_LINE: Final = "sep="
"""Begins the line with which Excel is told the separator."""


class SourceError(Exception):
    """A file that cannot be imported; the message says where and why."""


def read_table(path: Path, needed: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, cells by column name); SourceError on a wrong encoding or missing columns.

    Names are in lower case. A row shorter than the header lacks the last names; what stands beyond the header
    is named "". Empty rows are left out.
    """
    line = 1
    try:
        with _opened(path) as file:
            first, before, separator = _first_line(file, needed)
            reader = csv.reader(chain([first], file), delimiter=separator, strict=True)
            names = _names(next(reader, []), path, needed)
            for cells in reader:
                line = reader.line_num + before
                if any(cell.strip() for cell in cells):
                    yield line, _by_name(names, cells)
    except UnicodeError as error:
        place = f" at byte {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        raise SourceError(f"{path.name}: not UTF-8{place}; save it as UTF-8") from error
    except csv.Error as error:
        raise SourceError(f"{path.name}, line {line + 1}: {error}") from error
    except OSError as error:
        raise SourceError(f"{path.name}: {error.strerror}") from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """Open the file once, as a pipe can be read only once.

    It is UTF-8, with or without a byte-order mark, or UTF-16 with one, as Excel's "Unicode Text" has it.
    """
    with path.open("rb") as file:
        marked = file.peek(2)[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        with TextIOWrapper(file, "utf-16" if marked else "utf-8-sig", newline="") as text:
            yield text


def _first_line(file: TextIO, needed: set[str]) -> tuple[str, int, str]:
    """The header's line, how many lines come before it, and the separator.

    The separator is what `sep=` says, or else what finds most of the needed names, then most names.
    """
    before, line = 0, file.readline()
    while line and not line.strip():
        before, line = before + 1, file.readline()
    if line.lower().startswith(SEPARATOR_LINE):
        told = line[len(SEPARATOR_LINE) :].strip("\r\n")
        return file.readline(), before + 1, told if len(told) == 1 else "\t"

    def found(separator: str) -> tuple[int, int]:
        names = {_plain(name) for name in line.split(separator)}
        return len(names & needed), len(names)

    return line, before, max(SEPARATORS, key=found)


def _plain(name: str) -> str:
    """`"Age rating"` is written `age_rating`."""
    return "_".join(name.strip().strip('"').casefold().split())


def _names(header: list[str], path: Path, needed: set[str]) -> list[str]:
    names = [_plain(name) for name in header]
    if any("\0" in name for name in names):  # UTF-16 without a mark, or UTF-32
        raise SourceError(f"{path.name}: not UTF-8; save it as UTF-8")
    missing = needed - set(names)
    if missing:
        raise SourceError(f"{path.name}: missing columns {', '.join(sorted(missing))}")
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise SourceError(f"{path.name}: there are two columns {', '.join(sorted(twice))}")
    return names


def _by_name(names: list[str], cells: list[str]) -> dict[str, str]:
    """What has no name in the header is joined under "", unless it is empty."""
    row = {name: cell for name, cell in zip(names, cells, strict=False) if name}
    beyond = [cell for i, cell in enumerate(cells) if (i >= len(names) or not names[i]) and cell.strip()]
    return row | {"": ", ".join(beyond)} if beyond else row
