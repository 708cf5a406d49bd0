"""Finds books that are another book once more: in another spelling, edition or set, or as a comic."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

from curation import titles
from services.recommender.schemas.fields import fold

SERIES: Final = re.compile(r"\(([^()#]+?),? #(\d+)(\.\d+)?(?: ?[-–&+] ?(\d))?")
"""The name of a series, the number in it, and a second one of a volume that holds several."""
COLLECTED: Final = re.compile(r"\b(collection|complete|saga)\b|[/&]", re.IGNORECASE)
"""In the title of a volume that holds several, which has no name of its own."""
ALIKE: Final = 0.9
"""Likeness of two titles of one author, both in no series, from which on they are two spellings of one."""


FAR_MORE_READ: Final = 3.0
"""How often as many readers a book has after which others are named."""

Identity = tuple[str, str]


def omnibuses(books: Iterable[tuple[str, str, float]]) -> set[Identity]:
    """Of books, given by title, authors and readers, those of several volumes whose first is read more."""
    first: dict[Identity, float] = {}
    several: dict[Identity, tuple[Identity, float]] = {}
    for title, authors, count in books:
        identity, series = identity_of(title, authors), SERIES.search(title)
        if series:
            name = fold(series[1]), identity[1]
            if series[4]:
                several.setdefault(identity, (name, count))
            elif series[2] == "1" and not series[3]:
                first[name] = max(count, first.get(name, 0.0))
    return {identity for identity, (name, count) in several.items() if first.get(name, 0.0) > count}


def named_after(books: Iterable[tuple[str, str, float]]) -> set[Identity]:
    """Of books, given by title, authors and readers, those about a far more read one of somebody else.

    "Wicked: The Grimmerie" begins with the name of "Wicked: The Life and Times of the Wicked Witch". A book
    that is in a series of its own is none of them.
    """
    found = list(books)
    readers: dict[str, dict[str, float]] = {}
    for title, authors, count in found:
        name, author = identity_of(title, authors)
        for called in {name, _head(title)}:
            known = readers.setdefault(called, {})
            known[author] = max(count, known.get(author, 0.0))
    after = set()
    for title, authors, count in found:
        identity = identity_of(title, authors)
        if ": " in titles.clean(title) and not SERIES.search(title):
            others = (readers[_head(title)][one] for one in readers[_head(title)] if one != identity[1])
            if max(others, default=0.0) > FAR_MORE_READ * count:
                after.add(identity)
    return after


def _head(title: str) -> str:
    """The name up to a colon."""
    return fold(titles.clean(title).partition(": ")[0])


def identity_of(title: str, authors: str) -> Identity:
    """Folded title without series and brackets, and folded first author."""
    first = re.split(r"[|,]", authors)[0]
    return fold(titles.bare(titles.clean(title))), fold(first)


class Doubles:
    """All books by name, and those seen so far."""

    def __init__(self, books: Iterable[tuple[str, str]]) -> None:
        """Take titles and authors of all books."""
        self._names: dict[str, set[str]] = {}
        for title, authors in books:
            name, author = identity_of(title, authors)
            self._names.setdefault(author, set()).add(name)
        self._numbers: set[tuple[str, str, str]] = set()
        self._seen: dict[str, list[str]] = {}
        self._by_anybody: set[str] = set()

    def has(self, title: str, authors: str, *, drawn: bool) -> bool:
        """Whether the book is a double of others; else it counts as seen.

        `drawn`: a comic, which is a double of anybody's book of the same name.
        """
        name, author = identity_of(title, authors)
        name = self._without_subtitle(title, name, author)
        series = SERIES.search(title)
        seen = self._seen.setdefault(author, [])
        if name in seen or (drawn and name in self._by_anybody):
            return True
        if series is None:
            if any(_are_alike(name, other) for other in seen) or self._is_longer(name, author):
                return True
        elif series[4]:
            if COLLECTED.search(title) or self._is_longer(name, author):
                return True
        elif not series[3]:
            number = author, fold(series[1]), series[2]
            if number in self._numbers:
                return True
            self._numbers.add(number)
        seen.append(name)
        self._by_anybody.add(name)
        return False

    def _without_subtitle(self, title: str, name: str, author: str) -> str:
        """The name up to a colon where the author has a book of that name."""
        head = fold(title.partition(":")[0])
        return head if head in self._names[author] else name

    def _is_longer(self, name: str, author: str) -> bool:
        """Whether the title is another one of the author's with a second work or the like behind it."""
        words = name.split()
        return any(" ".join(words[:count]) in self._names[author] for count in range(1, len(words)))


def _are_alike(one: str, other: str) -> bool:
    same_numbers = re.findall(r"\d+", one) == re.findall(r"\d+", other)
    return same_numbers and SequenceMatcher(None, one, other).ratio() >= ALIKE
