"""The steps to what is like an item: candidates, choice, reasons."""

from typing import Final

from sqlalchemy.orm import Session

from services.recommender.ranking.comparing import compare
from services.recommender.ranking.purposes import Language
from services.recommender.ranking.similar import choose_similar
from services.recommender.recommend import to_item
from services.recommender.schemas.recommendation import RecommendedItem, SimilarQuery
from services.recommender.store.neighbours import neighbours_of
from services.recommender.store.similar import around_item, as_candidate

MOST_NEIGHBOURS: Final = 50
"""As many as the offline command keeps of an item."""


def similar_to(
    session: Session, item_id: int, asked: SimilarQuery, language: Language
) -> list[RecommendedItem]:
    """Items like this one, each medium best first; NotFoundError if there is no such item."""
    item = as_candidate(session, item_id)
    near = dict(neighbours_of(session, item_id, MOST_NEIGHBOURS))
    items: list[RecommendedItem] = []
    for medium in dict.fromkeys(asked.medium or [item.medium]):
        found = around_item(session, item, medium, near, asked)
        chosen = choose_similar(item, found, near, asked.limit)
        reasons = compare(item, [ranked.candidate for ranked in chosen], near, language)
        items += map(to_item, chosen, reasons)
    return items
