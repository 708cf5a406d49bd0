from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Path, Query
from sqlalchemy.orm import Session

from services.common.queries import StrictRoute
from services.recommender.dependencies import LinksDep, MetricsDep, SessionsDep
from services.recommender.links import Links
from services.recommender.schemas.catalogue import CatalogueItem
from services.recommender.schemas.memory import (
    Export,
    FeedbackIn,
    FeedbackOut,
    History,
    HistoryQuery,
    SavedItem,
    SavedPage,
    SavedQuery,
    TakeBackQuery,
)
from services.recommender.schemas.recommendation import MAX_ID, UserId
from services.recommender.store import history, memory
from services.recommender.store.models import Feedback
from services.recommender.upkeep import note_use

router = APIRouter(tags=["memory"], route_class=StrictRoute)
UserPath = Annotated[UserId, Path()]
ItemPath = Annotated[int, Path(ge=1, le=MAX_ID)]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=128)]


async def _noted(user_id: UserPath, sessions: SessionsDep, background: BackgroundTasks) -> str:
    """Take the id from the path, and keep after the answer that it was used."""
    background.add_task(note_use, sessions, user_id)
    return user_id


NotedUser = Annotated[str, Depends(_noted)]


@router.post("/feedback", status_code=201, response_model=FeedbackOut)
async def give_feedback(
    body: FeedbackIn, sessions: SessionsDep, metrics: MetricsDep, idempotency_key: IdempotencyKey = None
) -> Feedback:
    """Record a user's action on an item. A retry with the same `Idempotency-Key` counts once.

    `like`, `dislike` and `hide` replace each other; `seen`, `save` and `open` stand beside them.
    """
    opinion = memory.Opinion(**body.model_dump(), idempotency_key=idempotency_key)
    kept, new = await sessions.writing(lambda session: memory.record(session, opinion))
    if new:
        metrics.feedback.labels(kept.action).inc()
    return kept


@router.delete("/users/{user_id}/opinions/{item_id}", status_code=204)
async def take_back(
    user_id: UserPath, item_id: ItemPath, query: Annotated[TakeBackQuery, Query()], sessions: SessionsDep
) -> None:
    """Take back what the user said of the item: the given actions, or all. 204 also if there was nothing."""
    await sessions.writing(lambda session: memory.take_back(session, user_id, item_id, query.action))


@router.get("/users/{user_id}/history", response_model=History)
async def get_history(
    user_id: NotedUser, query: Annotated[HistoryQuery, Query()], sessions: SessionsDep
) -> dict[str, Any]:
    """List a user's feedback, the latest first, and the preferences learnt from it."""

    def read(session: Session) -> dict[str, Any]:
        before = int(query.cursor) if query.cursor else None
        entries = history.history(session, user_id, before, query.limit + 1)
        more = len(entries) > query.limit  # one entry more than the page was read
        return {
            "user_id": user_id,
            "feedback": entries[: query.limit],
            "preferences": history.preferences(session, user_id),
            "next_cursor": str(entries[query.limit - 1].id) if more else None,
        }

    return await sessions.reading(read)


@router.get("/users/{user_id}/saved")
async def get_saved(
    user_id: NotedUser, query: Annotated[SavedQuery, Query()], sessions: SessionsDep, links: LinksDep
) -> SavedPage:
    """List the items that the user saved, the latest first."""
    found = await sessions.reading(
        lambda session: history.saved(session, user_id, query.before, query.limit + 1)
    )
    last = found[query.limit - 1] if len(found) > query.limit else None
    return SavedPage(
        items=[_to_saved(one, links) for one in found[: query.limit]],
        next_cursor=f"{last.saved_ms}-{last.item.id}" if last else None,
    )


def _to_saved(saved: history.Saved, links: Links) -> SavedItem:
    item = CatalogueItem.model_validate(saved.item)
    links.add([item])
    return SavedItem.model_validate({**item.model_dump(), "saved_at": saved.saved_ms})


@router.get("/users/{user_id}/export")
async def export_user(user_id: NotedUser, sessions: SessionsDep, links: LinksDep) -> Export:
    """Give all that is kept under the id."""
    kept = await sessions.reading(lambda session: history.everything(session, user_id))
    kept["saved"] = [_to_saved(one, links) for one in kept["saved"]]
    return Export.model_validate({"user_id": user_id, **kept}, from_attributes=True)


@router.delete("/users/{user_id}", status_code=204)
async def forget_user(user_id: UserPath, sessions: SessionsDep) -> None:
    """Erase everything stored about a user. The answer is 204 also if nothing was stored."""
    await sessions.erasing(lambda session: memory.forget(session, user_id))
