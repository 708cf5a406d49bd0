"""Makes the key that identifies a work: a known site's id for it, else medium, title, creator and year."""

import re
from typing import Final
from urllib.parse import urlsplit

from services.recommender.schemas.fields import fold

SITES: Final[dict[str, tuple[str, re.Pattern[str]]]] = {
    "imdb.com": ("imdb", re.compile(r"/title/(tt\d+)")),
    "goodreads.com": ("goodreads", re.compile(r"/book/show/(\d+)")),
    "deezer.com": ("deezer", re.compile(r"/track/(\d+)")),
    "store.steampowered.com": ("steam", re.compile(r"/app/(\d+)")),
}
MAX_KEY: Final = 300


def site_id(url: str) -> str | None:
    """`imdb:tt0109830` for a page of a known site, whatever its language, host prefix or query."""
    parts = urlsplit(url)
    name, pattern = SITES.get((parts.hostname or "").removeprefix("www.").removeprefix("m."), ("", None))
    match = pattern and pattern.match(parts.path)
    return f"{name}:{match[1]}"[:MAX_KEY] if match else None


def key_of(medium: str, url: str, title: str, creator: str | None, year: int | None) -> str:
    plain = fold(title) or title  # a title may be all punctuation
    return site_id(url) or f"{medium}:{plain}:{fold(creator or '')}:{year or ''}"[:MAX_KEY]
