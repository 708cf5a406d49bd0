from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from sqlalchemy.orm import Session

from services.recommender.dependencies import MetricsDep, SessionsDep
from services.recommender.schemas.memory import FeedbackIn, FeedbackOut, History, HistoryQuery
from services.recommender.schemas.recommendation import UserId
from services.recommender.store import memory
from services.recommender.store.models import Feedback

router = APIRouter(tags=["memory"])
UserPath = Annotated[UserId, Path()]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=128)]


@router.post("/feedback", status_code=201, response_model=FeedbackOut)
async def give_feedback(
    body: FeedbackIn, sessions: SessionsDep, metrics: MetricsDep, idempotency_key: IdempotencyKey = None
) -> Feedback:
    """Record a user's action on an item. A retry with the same `Idempotency-Key` counts once."""
    opinion = memory.Opinion(**body.model_dump(), idempotency_key=idempotency_key)
    kept, new = await sessions.writing(lambda session: memory.record(session, opinion))
    if new:
        metrics.feedback.labels(kept.action).inc()
    return kept


@router.get("/users/{user_id}/history", response_model=History)
async def get_history(
    user_id: UserPath, query: Annotated[HistoryQuery, Query()], sessions: SessionsDep
) -> dict[str, Any]:
    """List a user's feedback, the latest first, and the preferences learnt from it."""

    def read(session: Session) -> dict[str, Any]:
        before = int(query.cursor) if query.cursor else None
        entries = memory.history(session, user_id, before, query.limit + 1)
        more = len(entries) > query.limit  # one entry more than the page was read
        return {
            "user_id": user_id,
            "feedback": entries[: query.limit],
            "preferences": memory.preferences(session, user_id),
            "next_cursor": str(entries[query.limit - 1].id) if more else None,
        }

    return await sessions.reading(read)


@router.delete("/users/{user_id}", status_code=204)
async def forget_user(user_id: UserPath, sessions: SessionsDep) -> None:
    """Erase everything stored about a user. The answer is 204 also if nothing was stored."""
    await sessions.erasing(lambda session: memory.forget(session, user_id))
