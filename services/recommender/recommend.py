"""The walk of a recommendation: mood, target, candidates, rank."""

import hashlib
from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from services.emotions import EMOTIONS, Emotion
from services.recommender.ranking import mood, rank
from services.recommender.ranking.taste import Taste
from services.recommender.schemas.recommendation import Options, Recommendation, RecommendedItem, Target
from services.recommender.store import catalogue, memory

RELEVANT = 0.15
"""Share from which on an emotion's curated links are looked at."""


def strongest(probabilities: Mapping[Emotion, float]) -> Emotion:
    return max(EMOTIONS, key=lambda emotion: probabilities[emotion])


def seed_of(day: date, user_id: str | None) -> int:
    """Changes from day to day and from user to user."""
    return int.from_bytes(hashlib.sha256(f"{day}:{user_id or ''}".encode()).digest()[:7])


def recommend(
    session: Session, probabilities: Mapping[Emotion, float], options: Options, day: date
) -> Recommendation:
    where = mood.locate(probabilities)
    strategy = mood.choose(where.point) if options.strategy == "auto" else options.strategy
    request = rank.Request(
        probabilities=probabilities,
        mood=where,
        strategy=strategy,
        target=mood.move(where.point, strategy),
        limit=options.limit,
        seed=seed_of(day, options.user_id),
        taste=memory.taste_of(session, options.user_id) if options.user_id else Taste(),
    )
    wanted = catalogue.Wanted(
        target=request.target,
        emotions=[emotion for emotion in EMOTIONS if probabilities[emotion] >= RELEVANT],
        limit=options.limit,
        excluded=frozenset(options.exclude),
        user_id=options.user_id or "",
    )
    items = [
        to_item(ranked)
        for medium in dict.fromkeys(options.medium)
        for ranked in rank.rank(catalogue.candidates(session, medium, wanted), request)
    ]
    return Recommendation(
        emotion=strongest(probabilities),
        probabilities=None,
        strategy=strategy,
        target=Target(valence=round(request.target.valence, 4), arousal=round(request.target.arousal, 4)),
        items=items,
    )


def to_item(ranked: rank.Ranked) -> RecommendedItem:
    candidate = ranked.candidate
    return RecommendedItem(
        id=candidate.id,
        medium=candidate.medium,  # type: ignore[arg-type] # only media get into the table
        title=candidate.title,
        creator=candidate.creator,
        year=candidate.year,
        url=candidate.url,
        emotions=list(candidate.emotions),
        valence=candidate.valence,
        arousal=candidate.arousal,
        score=ranked.score,
        reason=ranked.reason,
    )
