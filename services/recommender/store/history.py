"""Reads what is kept of a user, for the user: the history, the saved list, the preferences, all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, case, select, tuple_
from sqlalchemy.orm import Session

from services.recommender.ranking.taste import VERDICTS
from services.recommender.store.memory import learnt
from services.recommender.store.models import Feedback, Item, User, UserItem

STRONGEST: Final = 2_000
"""The most preferences that are shown."""
STANDS: Final = case(
    (Feedback.action.in_(VERDICTS), Feedback.action == UserItem.verdict),
    (Feedback.action == "seen", UserItem.seen_ms.is_not(None)),
    (Feedback.action == "save", UserItem.saved_ms.is_not(None)),
    else_=UserItem.opened_ms.is_not(None),
)
HISTORY: Final = (
    select(
        *(Feedback.id, Feedback.item_id, Feedback.action, Feedback.emotion, Feedback.at_ms),
        *(Feedback.idempotency_key, Item.medium, Item.title, Item.creator, Item.url),
        (UserItem.item_id.is_not(None) & STANDS).label("stands"),
    )
    .join(Item, Item.id == Feedback.item_id)
    .outerjoin(UserItem, and_(UserItem.user_id == Feedback.user_id, UserItem.item_id == Feedback.item_id))
    .order_by(Feedback.id.desc())
)
SAVED: Final = (
    select(Item, UserItem.saved_ms)
    .join(UserItem, UserItem.item_id == Item.id)
    .where(UserItem.saved_ms.is_not(None))
    .order_by(UserItem.saved_ms.desc(), Item.id.desc())
)


@dataclass(frozen=True, slots=True)
class Learnt:
    """Weighted counts of what stands for items with a feature."""

    feature: str
    likes: float
    dislikes: float


def history(session: Session, user_id: str, before: int | None, limit: int) -> Sequence[Any]:
    """Feedback with an id below `before`, the latest first, with its items, removed ones too."""
    page = HISTORY.where(Feedback.user_id == user_id).limit(limit)
    return session.execute(page if before is None else page.where(Feedback.id < before)).all()


@dataclass(frozen=True, slots=True)
class Saved:
    item: Item
    saved_ms: int


def saved(
    session: Session, user_id: str, before: tuple[int, int] | None = None, limit: int | None = None
) -> list[Saved]:
    """The user's saved items and when each was saved, the latest first; removed items stay on the list.

    `before` is the time and the item id of the last one of the page before.
    """
    page = SAVED.where(UserItem.user_id == user_id).limit(limit)
    if before is not None:
        page = page.where(tuple_(UserItem.saved_ms, Item.id) < before)
    return [Saved(item, saved_ms or 0) for item, saved_ms in session.execute(page)]


def preferences(session: Session, user_id: str) -> list[Learnt]:
    """The user's preferences, the strongest first."""
    counts, _ = learnt(session, user_id)
    found = [Learnt(feature, *each) for feature, each in counts.items()]
    return sorted(found, key=lambda one: (-one.likes - one.dislikes, one.feature))[:STRONGEST]


def everything(session: Session, user_id: str) -> dict[str, Any]:
    """All that is kept under the id, and what follows from it."""
    return {
        "feedback": session.execute(HISTORY.where(Feedback.user_id == user_id)).all(),
        "saved": saved(session, user_id),
        "preferences": preferences(session, user_id),
        "used_day": session.scalar(select(User.used_day).where(User.user_id == user_id)),
    }
