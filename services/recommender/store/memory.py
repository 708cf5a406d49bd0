"""Every query on what users said: kept, learnt from, shown to them, erased."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender.errors import ConflictError
from services.recommender.ranking.taste import (
    BLOCKING,
    Action,
    Taste,
    change,
    counts_instead,
    features_of,
    leaning,
)
from services.recommender.store.catalogue import get_item
from services.recommender.store.models import Feedback, Item, Preference, UserItem

FRESH_DAYS = 3.0
"""After this many days an item seen counts 1/e as fresh."""
RECENT = 200
STRONGEST = 2_000
"""Most features of a user that are looked at."""
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a user says about an item."""

    user_id: str
    item_id: int
    action: Action
    emotion: Emotion | None = None
    idempotency_key: str | None = None


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def record(session: Session, said: Said) -> tuple[Feedback, bool]:
    """Keep it and learn from it, once: a retry with the same key gives what was kept the first time.

    The second value tells whether it is new. NotFoundError for an unknown item; ConflictError if the key came
    with something else before.
    """
    one_at_a_time(session, said.user_id)
    earlier = retried(session, said)
    if earlier is not None:
        return earlier, False
    item = get_item(session, said.item_id)
    kept = Feedback(
        user_id=said.user_id,
        item_id=said.item_id,
        action=said.action,
        emotion=said.emotion,
        at_ms=now_ms(),
        idempotency_key=said.idempotency_key,
    )
    session.add(kept)
    learn(session, said, item, kept.at_ms)
    session.flush()
    return kept, True


def one_at_a_time(session: Session, user_id: str) -> None:
    """Writes of one user wait for each other until the commit. SQLite lets one writer in anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 0))"), {"user_id": user_id}
        )


def retried(session: Session, said: Said) -> Feedback | None:
    if said.idempotency_key is None:
        return None
    earlier = session.scalar(
        select(Feedback).where(
            Feedback.user_id == said.user_id, Feedback.idempotency_key == said.idempotency_key
        )
    )
    if earlier is not None and (earlier.item_id, earlier.action, earlier.emotion) != (
        said.item_id,
        said.action,
        said.emotion,
    ):
        raise ConflictError("This Idempotency-Key came with other feedback before.")
    return earlier


def learn(session: Session, said: Said, item: Item, at_ms: int) -> None:
    """Bring the user's standing with the item and the preferences up to date."""
    standing = session.get(UserItem, (said.user_id, said.item_id))
    before: Action | None = standing.counted if standing else None  # type: ignore[assignment] # only actions get in
    if counts_instead(said.action, before):
        likes, dislikes = change(said.action, before)
        genres = tuple(item.genres.split("|")) if item.genres else ()
        features = features_of(item.medium, genres, item.creator, item.valence, item.arousal)
        add_to_preferences(session, said.user_id, features, likes, dislikes)
    if standing is None:
        standing = UserItem(user_id=said.user_id, item_id=said.item_id, counted=said.action, blocked=False)
        session.add(standing)
    elif counts_instead(said.action, before):
        standing.counted = said.action
    standing.blocked = standing.counted in BLOCKING
    standing.at_ms = at_ms


ADD = text(
    "INSERT INTO preferences (user_id, feature, likes, dislikes) "
    "VALUES (:user_id, :feature, :likes, :dislikes) ON CONFLICT (user_id, feature) DO UPDATE "
    "SET likes = preferences.likes + excluded.likes, dislikes = preferences.dislikes + excluded.dislikes"
)


def add_to_preferences(
    session: Session, user_id: str, features: list[str], likes: float, dislikes: float
) -> None:
    rows = [
        {"user_id": user_id, "feature": feature, "likes": likes, "dislikes": dislikes} for feature in features
    ]
    session.execute(ADD, rows)


def taste_of(session: Session, user_id: str) -> Taste:
    """What ranking needs of a user; empty for one who never said anything."""
    strongest = (
        select(Preference.feature, Preference.likes, Preference.dislikes)
        .where(Preference.user_id == user_id)
        .order_by((Preference.likes + Preference.dislikes).desc())
        .limit(STRONGEST)
    )
    lately = (
        select(UserItem.item_id, UserItem.at_ms)
        .where(UserItem.user_id == user_id)
        .order_by(UserItem.at_ms.desc())
        .limit(RECENT)
    )
    now = now_ms()
    return Taste(
        features={row.feature: leaning(row.likes, row.dislikes) for row in session.execute(strongest)},
        recent={
            row.item_id: math.exp(-max(0, now - row.at_ms) / (FRESH_DAYS * DAY_MS))
            for row in session.execute(lately)
        },
    )


def history(session: Session, user_id: str, before: int, limit: int) -> Sequence[tuple[Feedback, Item]]:
    """What the user said with an id below `before`, the latest first, with its items, removed ones too."""
    kept = (
        select(Feedback, Item)
        .join(Item, Item.id == Feedback.item_id)
        .where(Feedback.user_id == user_id, Feedback.id < before)
        .order_by(Feedback.id.desc())
        .limit(limit)
    )
    return [(feedback, item) for feedback, item in session.execute(kept)]


def preferences(session: Session, user_id: str) -> Sequence[Preference]:
    """The strongest first."""
    kept = (
        select(Preference)
        .where(Preference.user_id == user_id)
        .order_by((Preference.likes + Preference.dislikes).desc(), Preference.feature)
        .limit(STRONGEST)
    )
    return session.scalars(kept).all()


def forget(session: Session, user_id: str) -> None:
    """Erase all that is kept of a user."""
    one_at_a_time(session, user_id)
    for table in (Feedback, UserItem, Preference):
        session.execute(delete(table).where(table.user_id == user_id))
