"""Reads the report's own recommendations: `emotion, medium, title, url`, a row per emotion.

Rows without a title are refused; disgust counts as angry; a title under two emotions is one item with both.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from services.common.problems import describe
from services.recommender.imports.csv_file import Refused, read_table
from services.recommender.imports.row import Row
from services.recommender.schemas.identity import site_id


def read(path: Path) -> Iterator[tuple[int, Row] | Refused]:
    merged: dict[str, tuple[int, Row]] = {}
    for line, cells in read_table(path, {"emotion", "medium", "title", "url"}):
        if not cells["title"].strip():
            yield Refused(line, "no known title")
            continue
        try:
            own = {"url": _canonical(cells["url"]), "emotions": [cells["emotion"]]}
            row = Row.model_validate(cells | own)
        except ValidationError as error:
            yield Refused(line, describe(list(error.errors())))
            continue
        first = merged.get(row.key)
        merged[row.key] = (line, row) if first is None else (first[0], first[1].fill_from(row))
    yield from merged.values()


def _canonical(url: str) -> str:
    """An IMDb address without mobile host and tracking query."""
    known = site_id(url)
    if known and known.startswith("imdb:"):
        return f"https://www.imdb.com/title/{known.removeprefix('imdb:')}/"
    return url
