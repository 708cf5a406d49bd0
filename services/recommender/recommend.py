"""The steps of a recommendation: mood, target, candidates, ranking, reasons."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from fastapi import BackgroundTasks
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender import upkeep
from services.recommender.links import Links
from services.recommender.metrics import Metrics
from services.recommender.ranking import rank
from services.recommender.ranking.purposes import Language
from services.recommender.ranking.reasons import Writer
from services.recommender.schemas.recommendation import (
    ItemOut,
    Options,
    Recommendation,
    RecommendedItem,
    Target,
    certain,
)
from services.recommender.store import candidates, memory, uses
from services.recommender.store.db import Sessions
from services.recommender.store.pools import Reader

CHRISTMAS: Final = 12
"""The month in which works about Christmas are in season."""


class Recommender:
    """Recommends in a database session of its own, and counts the mood."""

    def __init__(
        self, sessions: Sessions, metrics: Metrics, later: BackgroundTasks, language: Language, links: Links
    ) -> None:
        """`later` runs after the answer was sent."""
        self.sessions, self.metrics, self.later = sessions, metrics, later
        self.language, self.links = language, links

    async def recommend(
        self, felt: Emotion | Mapping[Emotion, float], options: Options, *, sure: bool = True
    ) -> Recommendation:
        """`sure` is False where the mood was read from faces that are all uncertain."""
        today, language = datetime.now(UTC).date(), self.language

        def read(session: Session) -> tuple[Recommendation, bool]:
            answer = recommend(session, felt, options, today, language)
            return answer, not options.user_id or uses.is_noted(session, options.user_id, upkeep.today())

        answer, noted = await self.sessions.reading(read)
        if options.user_id and not noted:
            self.later.add_task(upkeep.note_use, self.sessions, options.user_id)
        answer.clear = answer.clear and sure
        self.links.add(answer.items)
        self.metrics.moods.labels(answer.emotion, answer.strategy).inc()
        return answer


def recommend(
    session: Session,
    felt: Emotion | Mapping[Emotion, float],
    options: Options,
    day: date,
    language: Language = "en",
) -> Recommendation:
    """Recommend for one emotion, or for the probabilities of all six; the same answer all day long."""
    user_id = options.user_id if options.user_id and uses.is_kept(session, options.user_id) else None
    query = rank.ask(
        certain(felt) if isinstance(felt, str) else felt,
        options.strategy,
        limit=options.limit,
        seed=_number(f"{day}:{options.user_id or ''}"),
        turn=_number(options.user_id or "") + day.toordinal(),
        sensitive=options.sensitive == "include",
        festive=day.month == CHRISTMAS,
        taste=memory.taste_of(session, user_id) if user_id else None,
    )
    excluded = frozenset(options.exclude)
    reader = Reader(session, options, memory.blocked_for(session, user_id) if user_id else ())
    writer = Writer(query, language)
    items: list[RecommendedItem] = []
    left_out = 0
    for medium in dict.fromkeys(options.medium):
        found = candidates.around(reader, medium, query, excluded)
        chosen, held_back = rank.rank(found, query)
        reasons = writer.write([ranked.candidate for ranked in chosen])
        items += map(to_item, chosen, reasons)
        left_out += held_back
    return Recommendation(
        emotion=query.strongest,
        probabilities=None if isinstance(felt, str) else dict(felt),
        strategy=query.strategy,
        target=Target(valence=round(query.target.valence, 4), arousal=round(query.target.arousal, 4)),
        items=items,
        clear=query.mood.clear,
        left_out=left_out,
    )


ITEM_FIELDS: Final = tuple(name for name in ItemOut.model_fields if name != "links")


def to_item(ranked: rank.Ranked, reason: str) -> RecommendedItem:
    """The item as it is answered."""
    known: dict[str, Any] = {name: getattr(ranked.candidate, name) for name in ITEM_FIELDS}
    return RecommendedItem(**known, score=ranked.score, reason=reason)


def _number(text: str) -> int:
    """A number that is the same for the same text on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7])
