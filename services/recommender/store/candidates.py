"""Selects what ranking chooses from: a bounded part of the catalogue around a mood."""

from collections.abc import Collection
from typing import Final

from services.recommender.ranking.item import Candidate
from services.recommender.ranking.mood import NEAR_CELLS, cells_around
from services.recommender.ranking.rank import RankingQuery
from services.recommender.store.pools import FIRST, TURNS, Reader

ENOUGH: Final = 3
"""Candidates wanted for each item to be shown, so that ranking has a choice."""


def around(reader: Reader, medium: str, query: RankingQuery, excluded: Collection[int]) -> list[Candidate]:
    """Select what ranking should consider: the best around the target, and what people linked to the mood.

    Leaves out the ids in `excluded` and what the reader leaves out. Looks further away, and at last at
    everything, only when too few are left: without filters it takes a bounded number of items, however large
    the catalogue is.
    """
    enough, rows = query.limit * ENOUGH, max(FIRST, query.limit)
    cells, turn = cells_around(query.target), query.turn % TURNS
    curated = tuple(query.relevant)
    found: dict[int, Candidate] = {}
    for near, part in ((cells[:NEAR_CELLS], turn), (cells[:NEAR_CELLS], None), (cells, None)):
        found |= {item.id: item for item in reader.best_of(medium, (curated, *near), part, rows)}
        left = [item for item in found.values() if item.id not in excluded]
        count = sum(map(query.may_show, left)) if query.careful else len(left)
        if count >= enough:
            return left
    for item in reader.best_first(medium):
        if count >= enough:
            break
        if item.id not in excluded and item.id not in found:
            left.append(item)
            count += query.may_show(item)
    return left
