"""Makes the words that search compares: looser than identity, and the same for both kinds of database.

Words are lower case without accents; letters such as ø and ł become their nearest; apostrophes are dropped.
In scripts that do not separate words, and of symbols such as emoji, each character is a word, and each two
neighbours are one, so that any part of a title is found.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

NEAREST: Final = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h",
        "ŧ": "t", "ŋ": "n",
    }
)  # fmt: skip
APOSTROPHES: Final = re.compile("['`’\u2018\u02bc\u02bb\u00b4\u02b9]")
GLUED: Final = "+#$%="
"""ASCII's symbols that are parts of words, as in C++ and C#."""
ASCII_WORD: Final = re.compile(rf"[a-z0-9_{GLUED}]+")
SYMBOLS: Final = frozenset(GLUED)
BARE_WORD: Final = re.compile(rf"[^{GLUED}]+")
UNSPACED: Final = (
    "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR",
    "TIBETAN", "YI",
)  # fmt: skip
BARE: Final = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
"""Scripts that are searched without their marks."""
Kind = Literal["letter", "bare letter", "single", "mark", "joiner", "space"]


def query_words(text: str) -> list[str]:
    """The words that an item's words must begin with; empty if there is nothing to search for."""
    words: list[str] = []
    for run in _runs(APOSTROPHES.sub("", text)):
        words += run if len(run) == 1 else map("".join, pairwise(run))
    return list(dict.fromkeys(words))


def searchable(*texts: str | None) -> str:
    """The words of an item, separated by spaces."""
    words: list[str] = []
    for text in filter(None, texts):
        # With an apostrophe dropped and as a gap: both `oneill` and `neill` find O'Neill.
        for reading in dict.fromkeys(APOSTROPHES.sub(gap, text) for gap in ("", " ")):
            for run in _runs(reading):
                words += [*run, *map("".join, pairwise(run))]
    return " ".join(dict.fromkeys(_with_parts(words)))


def _with_parts(words: Iterable[str]) -> Iterator[str]:
    """Each word, and what it is without its symbols: `1` finds #1."""
    for word in words:
        yield word
        if not SYMBOLS.isdisjoint(word):
            yield from BARE_WORD.findall(word)


def _runs(text: str) -> Iterator[list[str]]:
    """Yield each word as a list of one, and neighbours of scripts without spaces as a list of characters."""
    if text.isascii():
        yield from ([word] for word in ASCII_WORD.findall(text.lower()))
        return
    run: list[str] = []
    before: Kind = "space"
    for char in unicodedata.normalize("NFKC", text.casefold()).translate(NEAREST):
        kind, plain = _kind(char)
        if kind == "joiner" or (kind == "mark" and before in {"bare letter", "space"}):
            continue
        if kind == "mark":
            run[-1] += plain
            continue
        if run and (kind == "space" or (kind == "single") != (before == "single")):
            yield run
            run = []
        if kind == "single" or (kind != "space" and not run):
            run.append(plain)
        elif kind != "space":
            run[-1] += plain
        before = kind
    if run:
        yield run


@lru_cache(maxsize=8192)
def _kind(char: str) -> tuple[Kind, str]:
    """What a character is to a word, and how it is written there."""
    category = unicodedata.category(char)
    name = unicodedata.name(char, "")
    kind: Kind = "space"
    if category == "Cf" or name.startswith("VARIATION SELECTOR"):
        kind = "joiner"
    elif category[0] == "M":
        kind = "mark"
    elif char == "_" or char in SYMBOLS:
        kind = "letter"
    elif category[0] == "S":
        kind = "space" if char.isascii() else "single"
    elif category[0] in "LN":
        kind = "single" if name.startswith(UNSPACED) else "letter"
    if kind == "letter" and name.startswith(BARE):
        return "bare letter", unicodedata.normalize("NFD", char)[0]
    return kind, char
