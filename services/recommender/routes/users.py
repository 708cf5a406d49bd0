from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from sqlalchemy.orm import Session

from services.recommender.dependencies import MetricsDep
from services.recommender.schemas.memory import (
    FeedbackIn,
    FeedbackOut,
    History,
    HistoryQuery,
    PreferenceOut,
    Said,
)
from services.recommender.schemas.recommendation import UserId
from services.recommender.store import memory
from services.recommender.store.db import SessionsDep
from services.recommender.store.models import Feedback, Item

router = APIRouter(tags=["memory"])
NEWEST = 2**63 - 1
"""Above any feedback id."""
UserPath = Annotated[UserId, Path()]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=128)]


def to_out(feedback: Feedback) -> dict[str, object]:
    at = datetime.fromtimestamp(feedback.at_ms / 1000, UTC)
    return {name: getattr(feedback, name) for name in ("id", "item_id", "action", "emotion")} | {"at": at}


@router.post("/feedback", status_code=201)
async def give_feedback(
    body: FeedbackIn, sessions: SessionsDep, metrics: MetricsDep, idempotency_key: IdempotencyKey = None
) -> FeedbackOut:
    """Tell what a user thinks of an item. A retry with the same `Idempotency-Key` counts once."""
    said = memory.Said(body.user_id, body.item_id, body.action, body.emotion, idempotency_key)
    kept, new = await sessions.writing(lambda session: memory.record(session, said))
    if new:
        metrics.feedback.labels(kept.action).inc()
    return FeedbackOut.model_validate(to_out(kept))


@router.get("/users/{user_id}/history")
async def get_history(
    user_id: UserPath, query: Annotated[HistoryQuery, Query()], sessions: SessionsDep
) -> History:
    """All that is kept of a user: what was said, the latest first, and what was learnt from it."""
    before = int(query.cursor) if query.cursor else NEWEST

    def look(session: Session) -> History:
        kept = memory.history(session, user_id, before, query.limit + 1)
        page = kept[: query.limit]
        return History(
            user_id=user_id,
            feedback=[said_of(feedback, item) for feedback, item in page],
            preferences=[
                PreferenceOut(feature=p.feature, likes=p.likes, dislikes=p.dislikes)
                for p in memory.preferences(session, user_id)
            ],
            next_cursor=str(page[-1][0].id) if len(kept) > query.limit else None,
        )

    return await sessions.reading(look)


def said_of(feedback: Feedback, item: Item) -> Said:
    about = {name: getattr(item, name) for name in ("medium", "title", "creator", "url")}
    return Said.model_validate(to_out(feedback) | about)


@router.delete("/users/{user_id}", status_code=204)
async def forget_user(user_id: UserPath, sessions: SessionsDep) -> None:
    """Erase all that is kept of a user; also answers 204 where nothing was."""
    await sessions.erasing(lambda session: memory.forget(session, user_id))
