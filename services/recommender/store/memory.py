"""Every query on users: their feedback, the taste learnt from it, their history, its erasure."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender.errors import ConflictError
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.taste import (
    BLOCKING,
    Action,
    Taste,
    change,
    features_of,
    leaning,
    replaces,
)
from services.recommender.store.catalogue import get_item
from services.recommender.store.models import Feedback, Item, Preference, UserItem

FRESH_DAYS: Final = 3.0
"""After this many days the last action on an item counts 1/e as recent."""
RECENT: Final = 200
STRONGEST: Final = 2_000
"""The most features of a user that are read."""
DAY_MS: Final = 86_400_000
NS_PER_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Opinion:
    """A user's action on an item."""

    user_id: str
    item_id: int
    action: Action
    emotion: Emotion | None = None
    idempotency_key: str | None = None


def record(session: Session, opinion: Opinion) -> tuple[Feedback, bool]:
    """Keep the opinion and learn from it; False for a retry, which gives what was kept the first time.

    NotFoundError for an unknown item; ConflictError if the idempotency key came with another opinion.
    """
    _lock_user(session, opinion.user_id)
    earlier = _retried(session, opinion)
    if earlier is not None:
        return earlier, False
    item = get_item(session, opinion.item_id)
    kept = Feedback(**asdict(opinion), at_ms=time.time_ns() // NS_PER_MS)
    session.add(kept)
    _learn(session, opinion, item, kept.at_ms)
    session.flush()
    return kept, True


def _lock_user(session: Session, user_id: str) -> None:
    """Lock PostgreSQL against other writes of the user until the commit. SQLite allows one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 0))")
        session.execute(lock, {"user_id": user_id})


def _retried(session: Session, opinion: Opinion) -> Feedback | None:
    """The feedback that an earlier request with the same key left."""
    if opinion.idempotency_key is None:
        return None
    same_key = select(Feedback).filter_by(user_id=opinion.user_id, idempotency_key=opinion.idempotency_key)
    earlier = session.scalar(same_key)
    if earlier is not None and any(
        getattr(earlier, name) != value for name, value in asdict(opinion).items()
    ):
        raise ConflictError("This Idempotency-Key came with other feedback before.")
    return earlier


def _learn(session: Session, opinion: Opinion, item: Item, at_ms: int) -> None:
    """Update what counts for this item, and the user's preferences."""
    key = (opinion.user_id, opinion.item_id)
    standing = session.get(UserItem, key) or UserItem(user_id=opinion.user_id, item_id=opinion.item_id)
    before = standing.counted
    if replaces(opinion.action, before):
        likes, dislikes = change(opinion.action, before)
        candidate = Candidate(**{field.name: getattr(item, field.name) for field in fields(Candidate)})
        row = {"user_id": opinion.user_id, "likes": likes, "dislikes": dislikes}
        session.execute(ADD, [{**row, "feature": feature} for feature in features_of(candidate)])
        standing.counted = opinion.action
    standing.blocked = standing.counted in BLOCKING
    standing.at_ms = at_ms
    session.add(standing)


ADD: Final = text(
    "INSERT INTO preferences (user_id, feature, likes, dislikes) "
    "VALUES (:user_id, :feature, :likes, :dislikes) ON CONFLICT (user_id, feature) DO UPDATE "
    "SET likes = preferences.likes + excluded.likes, dislikes = preferences.dislikes + excluded.dislikes"
)


def taste_of(session: Session, user_id: str) -> Taste:
    """Read what ranking needs of a user; empty for one without feedback."""
    latest = (
        select(UserItem.item_id, UserItem.at_ms)
        .where(UserItem.user_id == user_id)
        .order_by(UserItem.at_ms.desc())
        .limit(RECENT)
    )
    now = time.time_ns() // NS_PER_MS
    return Taste(
        features={row.feature: leaning(row.likes, row.dislikes) for row in preferences(session, user_id)},
        recent={
            row.item_id: math.exp(-max(0, now - row.at_ms) / (FRESH_DAYS * DAY_MS))
            for row in session.execute(latest)
        },
    )


def history(session: Session, user_id: str, before: int | None, limit: int) -> Sequence[Any]:
    """Feedback with an id below `before`, the latest first, with its items, removed ones too."""
    kept = (
        select(
            *(Feedback.id, Feedback.item_id, Feedback.action, Feedback.emotion, Feedback.at_ms),
            *(Item.medium, Item.title, Item.creator, Item.url),
        )
        .join(Item, Item.id == Feedback.item_id)
        .where(Feedback.user_id == user_id)
        .order_by(Feedback.id.desc())
        .limit(limit)
    )
    return session.execute(kept if before is None else kept.where(Feedback.id < before)).all()


def preferences(session: Session, user_id: str) -> Sequence[Any]:
    """Feature, likes and dislikes of the user's preferences, the strongest first."""
    kept = (
        select(Preference.feature, Preference.likes, Preference.dislikes)
        .where(Preference.user_id == user_id)
        .order_by((Preference.likes + Preference.dislikes).desc(), Preference.feature)
        .limit(STRONGEST)
    )
    return session.execute(kept).all()


def forget(session: Session, user_id: str) -> None:
    """Erase all that is kept of a user."""
    _lock_user(session, user_id)
    for table in (Feedback, UserItem, Preference):
        session.execute(delete(table).where(table.user_id == user_id))
