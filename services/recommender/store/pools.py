"""Keeps the best items of each part of the catalogue in memory until somebody writes the catalogue.

A recommendation chooses from some forty parts. Reading their rows and making items of them costs more than
all the rest, and only imports and edits change them.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import TextualSelect, bindparam
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender.ranking.item import Candidate
from services.recommender.schemas.filters import Filters
from services.recommender.store import filters
from services.recommender.store.load import catalogue_version
from services.recommender.store.models import EmotionSet
from services.recommender.store.rows import joined_query, to_candidate

FIRST: Final = 20
"""Items of a part that are read at first; each further reading at least doubles them."""
MOST: Final = 40_000
"""Items that are kept, about 1 kB each. With more, all are dropped, and read again when they are needed."""
TURNS: Final = 5
"""The catalogue is looked at in this many parts, one a day, so no item is on a list more often."""
INFO: Final = "pools"
"""Key of the pools in `Session.info`."""
CURATED: Final = "emotions <> 0 AND emotions & :bits <> 0"
ALL: Final = "prior >= 0"
AFTER: Final = "prior <= :prior AND (prior < :prior OR id < :id)"
IN_TURN: Final = f"id % {TURNS} = :turn"

Place = int | tuple[Emotion, ...] | None
"""A cell of the affect plane; what people linked to one of these emotions; or everything."""


class Part(NamedTuple):
    """A part of what one medium has."""

    medium: str
    place: Place
    turn: int | None
    """Only items whose id leaves this remainder when divided by TURNS; None: all."""
    conditions: tuple[str, ...]
    """Of filters, with their values."""
    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """The best items of a part as far as they were read. Never changed, as threads share it."""

    items: tuple[Candidate, ...] = ()
    prior: float = 2.0
    """Of the last item; at first more than any has."""
    complete: bool = False
    """Whether the part has no more items."""


@dataclass(slots=True)
class Version:
    """The pools of one version of the catalogue."""

    number: int | None = None
    pools: dict[Part, Pool] = field(default_factory=dict)
    held: int = 0
    """Items in `pools`, about: threads that add at once may count only one."""

    def put(self, part: Part, pool: Pool) -> None:
        if self.held > MOST:
            self.pools.clear()
            self.held = 0
        self.held += len(pool.items) - len(self.pools.get(part, Pool()).items)
        self.pools[part] = pool


class Pools:
    """Shared by the sessions of one process that read the same database and do not write."""

    def __init__(self) -> None:
        self._version = Version()

    def seen_by(self, session: Session) -> Version:
        """The pools of the catalogue as the session sees it."""
        number, version = catalogue_version(session), self._version
        if version.number != number:
            version = self._version = Version(number)
        return version


class Reader:
    """Reads the best items for one request: from memory, or from the database where they are not there."""

    def __init__(self, session: Session, kept_by: Filters, blocked: Collection[int] = ()) -> None:
        """Leave out what the filters do not keep and the ids in `blocked`."""
        self.session, self.blocked = session, blocked
        self.conditions = filters.conditions(kept_by)
        self.values = tuple(filters.values(kept_by).items())
        # A session that writes sees what others do not, and keeps it for itself.
        self.version = session.info.setdefault(INFO, Pools()).seen_by(session)

    def best_of(self, medium: str, places: Sequence[Place], turn: int | None, rows: int) -> list[Candidate]:
        """The best of each place, so many of each."""
        parts = [Part(medium, place, turn, self.conditions, self.values) for place in places]
        known = self.version.pools
        missing = [part for part in parts if part not in known]
        read = self._read(missing, Pool(), max(rows, FIRST)) if missing else {}
        best: list[Candidate] = []
        for part in parts:
            pool = read.get(part) or known.get(part, Pool())
            if self.blocked or not (pool.complete or len(pool.items) >= rows):
                best += islice(self._each(part, pool), rows)
            else:
                best += pool.items[:rows]
        return best

    def best_first(self, medium: str) -> Iterator[Candidate]:
        """All of a medium."""
        part = Part(medium, None, None, self.conditions, self.values)
        return self._each(part, self.version.pools.get(part, Pool()))

    def _each(self, part: Part, pool: Pool) -> Iterator[Candidate]:
        """The items of a part, the best first, read as far as they are taken."""
        done = 0
        while True:
            for item in pool.items[done:]:
                if item.id not in self.blocked:
                    yield item
            if pool.complete:
                return
            done = len(pool.items)
            pool = self._read([part], pool, max(FIRST, done))[part]

    def _read(self, parts: Sequence[Part], pool: Pool, rows: int) -> dict[Part, Pool]:
        """Read so many more items of each part; `pool` is what was read of it before, the same for all."""
        places = [part.place for part in parts]
        values = {
            "medium": parts[0].medium,
            "turn": parts[0].turn,
            "rows": rows,
            "prior": pool.prior,
            "id": pool.items[-1].id if pool.items else 0,
            **dict(self.values),
            **{f"cell{i}": place for i, place in enumerate(places) if isinstance(place, int)},
            "bits": next((place for place in places if isinstance(place, tuple)), ()),
        }
        conditions = tuple(_condition(i, place) for i, place in enumerate(places))
        query = best_query(conditions, self.conditions, turned=parts[0].turn is not None)
        found: list[list[Any]] = [[] for _ in parts]
        for row in self.session.execute(query, values):
            found[row.arm].append(row)
        pools = {}
        for part, read in zip(parts, found, strict=True):
            items = (*pool.items, *map(to_candidate, read))
            last = read[-1].prior if read else pool.prior
            pools[part] = Pool(items, last, complete=len(read) < rows)
            self.version.put(part, pools[part])
        return pools


def _condition(number: int, place: Place) -> str:
    if place is None:
        return ALL
    return f"cell = :cell{number}" if isinstance(place, int) else CURATED


@lru_cache(maxsize=256)
def best_query(conditions: tuple[str, ...], kept: tuple[str, ...], *, turned: bool) -> TextualSelect:
    """The next best that meet each of the conditions, after `:prior` and `:id`."""
    query = joined_query(conditions, (*((IN_TURN,) if turned else ()), *kept, AFTER))
    return query.bindparams(bindparam("bits", type_=EmotionSet)) if CURATED in conditions else query
