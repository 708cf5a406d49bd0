"""Says which rows are the same item (`key_of`) and which are about the same work (`work_of`).

An item is its address: a known site's id, else the URL without what does not change the page. A work is its
medium, title, creator and year as a person would compare them; one at two addresses is a conflict, which the
store refuses.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from services.recommender.schemas.fields import WORDS

REGION: Final = r"(?:/(?:intl-)?[a-z]{2}(?:-[a-z]{2})?)?"
"""The language that some sites put before the path."""
SITES: Final[dict[str, tuple[str, re.Pattern[str]]]] = {
    "imdb.com": ("imdb", re.compile(REGION + r"/title/(tt\d+)")),
    "goodreads.com": ("goodreads", re.compile(REGION + r"/book/show/(\d+)")),
    "deezer.com": ("deezer", re.compile(REGION + r"/track/(\d+)")),
    "open.spotify.com": ("spotify", re.compile(REGION + r"/(?:embed/)?track/([A-Za-z0-9]+)")),
    "store.steampowered.com": ("steam", re.compile(REGION + r"/app/(\d+)")),
}
MAX_LENGTH: Final = 300
DIGEST_LENGTH: Final = 32
TELLING: Final = frozenset("#%*@\\")
"""Punctuation that tells titles apart as symbols do: C# is not C."""
PORT: Final = re.compile(r":(?!80$|443$)\d+$")
WIDTHS: Final = re.compile("[\uff00-\uffef]+")
"""Full-width Latin and half-width kana."""
DECORATION: Final = frozenset("™®©℠`\u00b4\u00a8")
BETWEEN_DIGITS: Final = re.compile(r"\d[^\w\s]+\d")
FOLDED_SCRIPTS: Final = ("LATIN", "GREEK", "CYRILLIC")
LOSING_FORMS: Final = ("<super>", "<sub>", "<circle>", "<square>", "<fraction>")


def site_id(url: str) -> str | None:
    """`imdb:tt0109830` for a page of a known site, whatever its language, host prefix or query."""
    parts = urlsplit(url)
    name, pattern = SITES.get((parts.hostname or "").removeprefix("www.").removeprefix("m."), ("", None))
    match = pattern and pattern.match(parts.path)
    return f"{name}:{match[1]}"[:MAX_LENGTH] if match else None


def key_of(url: str) -> str:
    """What identifies the item at this address; http and https, with and without `www.`, are one."""
    known = site_id(url)
    if known:
        return known
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    port = PORT.search(parts.netloc)
    rest = "".join(sign + part for sign, part in (("?", parts.query), ("#", parts.fragment)) if part)
    return _shortened(f"web:{host}{port[0] if port else ''}{parts.path.rstrip('/')}{rest}")


def work_of(medium: str, title: str, creator: str | None, year: int | None) -> str:
    """What two rows about the same work have in common."""
    return _shortened(f"{medium}:{plain(title)}:{plain(creator or '')}:{year or ''}")


def may_be_one(key: str, other: str) -> bool:
    """Whether items with these keys can be the same work; one site does not give a work two ids."""
    site, other_site = key.partition(":")[0], other.partition(":")[0]
    return site == "web" or site != other_site


def plain(text: str) -> str:
    """Lower case without accents of Latin, Greek and Cyrillic letters and without punctuation.

    Where that would lose letters or symbols (vowel signs, emoji, C++, 1-1), the text as written, in lower
    case.
    """
    if text.isascii():
        written = " ".join(text.lower().split())
        if None in map(_kept, set(written)) or BETWEEN_DIGITS.search(written):
            return written
        return " ".join(WORDS.findall(written.replace("&", " and "))) or written
    wide = WIDTHS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    written = " ".join(unicodedata.normalize("NFC", wide.casefold()).split())
    kept = [_kept(char) for char in _without_accents(written)]
    folded = " ".join(WORDS.findall("".join(char for char in kept if char is not None)))
    return written if None in kept or BETWEEN_DIGITS.search(written) else folded or written


def _without_accents(written: str) -> list[str]:
    """The characters, without the marks that follow a letter of the folded scripts."""
    chars: list[str] = []
    base_is_folded = False
    for char in written:
        if base_is_folded and unicodedata.combining(char):
            continue
        base_is_folded = _is_folded(char)
        chars.append(unicodedata.normalize("NFD", char)[0] if base_is_folded else char)
    return chars


@lru_cache(maxsize=4096)
def _is_folded(char: str) -> bool:
    return unicodedata.name(unicodedata.normalize("NFD", char)[0], "").startswith(FOLDED_SCRIPTS)


@lru_cache(maxsize=4096)
def _kept(char: str) -> str | None:
    """What folding makes of a character: itself, a plainer form, a space; None where it would be lost."""
    if char in DECORATION:
        return ""
    if char == "&":
        return " and "
    category = unicodedata.category(char)
    if category[0] in "SM" or char in TELLING or unicodedata.decomposition(char).startswith(LOSING_FORMS):
        return None
    return unicodedata.normalize("NFKC", char) if category[0] in "LN" or char == "_" else " "


def _shortened(text: str) -> str:
    """At most MAX_LENGTH characters; the end of a longer text is told by its hash."""
    if len(text) <= MAX_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
    return f"{text[: MAX_LENGTH - DIGEST_LENGTH - 1]}~{digest}"
