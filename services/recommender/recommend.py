"""The steps of a recommendation: mood, target, candidates, ranking."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from fastapi import BackgroundTasks
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender import upkeep
from services.recommender.metrics import Metrics
from services.recommender.ranking import mood, rank
from services.recommender.ranking.taste import Taste
from services.recommender.schemas.recommendation import (
    ItemOut,
    Options,
    Recommendation,
    RecommendedItem,
    Target,
    certain,
)
from services.recommender.store import catalogue, memory, uses
from services.recommender.store.db import Sessions


class Recommender:
    """Recommends in a database session of its own, and counts the mood."""

    def __init__(self, sessions: Sessions, metrics: Metrics, later: BackgroundTasks) -> None:
        """`later` runs after the answer was sent."""
        self.sessions, self.metrics, self.later = sessions, metrics, later

    async def recommend(self, felt: Emotion | Mapping[Emotion, float], options: Options) -> Recommendation:
        today = datetime.now(UTC).date()

        def read(session: Session) -> tuple[Recommendation, bool]:
            answer = recommend(session, felt, options, today)
            return answer, not options.user_id or uses.is_noted(session, options.user_id, upkeep.today())

        answer, noted = await self.sessions.reading(read)
        if options.user_id and not noted:
            self.later.add_task(upkeep.note_use, self.sessions, options.user_id)
        self.metrics.moods.labels(answer.emotion, answer.strategy).inc()
        return answer


def recommend(
    session: Session, felt: Emotion | Mapping[Emotion, float], options: Options, day: date
) -> Recommendation:
    """Recommend for one emotion, or for the probabilities of all six; the same answer all day long."""
    probabilities = certain(felt) if isinstance(felt, str) else felt
    located = mood.locate(probabilities)
    strategy = mood.auto_strategy(located.point) if options.strategy == "auto" else options.strategy
    query = rank.RankingQuery(
        probabilities=probabilities,
        mood=located,
        strategy=strategy,
        target=mood.target(located.point, strategy),
        limit=options.limit,
        seed=_seed(day, options.user_id),
        taste=memory.taste_of(session, options.user_id) if options.user_id else Taste(),
    )
    excluded = frozenset(options.exclude)
    ranked = [
        item
        for medium in dict.fromkeys(options.medium)
        for item in rank.rank(catalogue.candidates(session, medium, query, excluded, options.user_id), query)
    ]
    return Recommendation(
        emotion=query.strongest,
        probabilities=None if isinstance(felt, str) else dict(felt),
        strategy=strategy,
        target=Target(valence=round(query.target.valence, 4), arousal=round(query.target.arousal, 4)),
        items=[_to_item(item) for item in ranked],
    )


ITEM_FIELDS: Final = tuple(name for name in ItemOut.model_fields if name != "links")


def _to_item(ranked: rank.Ranked) -> RecommendedItem:
    known: dict[str, Any] = {name: getattr(ranked.candidate, name) for name in ITEM_FIELDS}
    return RecommendedItem(**known, score=ranked.score, reason=ranked.reason)


def _seed(day: date, user_id: str | None) -> int:
    """A number that changes from day to day and from user to user."""
    return int.from_bytes(hashlib.sha256(f"{day}:{user_id or ''}".encode()).digest()[:7])
