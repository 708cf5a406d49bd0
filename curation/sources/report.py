"""Reads the report's own recommendations: `emotion, medium, title, url`, a row per emotion.

Rows without a title are left out; disgust counts as angry; a title under two emotions is one work with both.
A link to a list of many works is a collection.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from curation.entry import Entry
from curation.sources.reading import rows
from services.emotions import parse_emotion
from services.recommender.imports.keys import site_id

LISTS: Final = re.compile(r"songfacts\.com/category/|amctheatres\.com/amc-scene/|gutenberg\.org/ebooks/902$")
"""Addresses of pages that list many works."""
MIXES: Final = re.compile(r"youtube\.com/watch")
"""The report's videos are mixes of many songs."""


def read(path: Path) -> Iterator[Entry]:
    merged: dict[str, Entry] = {}
    for cells in rows(path):
        title = cells["title"].strip()
        if title:
            url = _canonical(cells["url"])
            entry = Entry(medium=cells["medium"], title=title, url=url, kind=_kind(url))
            entry = entry.picked_for([parse_emotion(cells["emotion"])])
            first = merged.get(entry.key)
            merged[entry.key] = first.picked_for(entry.emotions) if first else entry
    yield from merged.values()


def _kind(url: str) -> str | None:
    return "collection" if LISTS.search(url) or MIXES.search(url) else None


def _canonical(url: str) -> str:
    """An IMDb address without mobile host and tracking query."""
    known = site_id(url)
    if known and known.startswith("imdb:"):
        return f"https://www.imdb.com/title/{known.removeprefix('imdb:')}/"
    return url
