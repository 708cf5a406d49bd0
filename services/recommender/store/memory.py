"""Writes what users say of items, takes it back, erases it, and reads the taste that ranking needs."""

import math
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import bindparam, delete, exists, or_, select
from sqlalchemy.orm import Session

from services.emotions import Emotion
from services.recommender.errors import ConflictError
from services.recommender.ranking.features import itself
from services.recommender.ranking.taste import (
    DAY_MS,
    Action,
    Counts,
    Taste,
    blocked_until_ms,
    evidence,
    leaning,
    learn,
)
from services.recommender.store.catalogue import get_item
from services.recommender.store.models import Feedback, Item, User, UserItem
from services.recommender.store.neighbours import near_likes
from services.recommender.store.uses import lock_user, note_use

FRESH_DAYS: Final = 3.0
"""After this many days the last action on an item counts 1/e as recent."""
LEARNT: Final = 300
"""Items that taste is learnt from: those that the user acted on last."""
NS_PER_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Opinion:
    """A user's action on an item."""

    user_id: str
    item_id: int
    action: Action
    emotion: Emotion | None = None
    idempotency_key: str | None = None


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // NS_PER_MS


def record(session: Session, opinion: Opinion) -> tuple[Feedback, bool]:
    """Keep the opinion; False for a retry, which gives what was kept the first time.

    NotFoundError for an unknown item; ConflictError if the idempotency key came with another opinion.
    """
    lock_user(session, opinion.user_id)
    earlier = _retried(session, opinion)
    if earlier is not None:
        return earlier, False
    get_item(session, opinion.item_id)
    kept = Feedback(**asdict(opinion), at_ms=now_ms())
    session.add(kept)
    key = (opinion.user_id, opinion.item_id)
    standing = session.get(UserItem, key) or UserItem(user_id=opinion.user_id, item_id=opinion.item_id)
    _set(standing, opinion.action, kept.at_ms)
    _settle(standing)
    session.add(standing)
    note_use(session, opinion.user_id, kept.at_ms // DAY_MS)
    session.flush()
    return kept, True


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


def _set(standing: UserItem, action: Action, at_ms: int | None) -> None:
    """Let `action` stand from `at_ms` on; None takes it back, where it stands."""
    match action:
        case "seen":
            standing.seen_ms = at_ms
        case "save":
            standing.saved_ms = at_ms
        case "open":
            standing.opened_ms = at_ms
        case _ if at_ms is not None:
            standing.verdict, standing.verdict_ms = action, at_ms
        case standing.verdict:
            standing.verdict = standing.verdict_ms = None


def _settle(standing: UserItem) -> bool:
    """Bring the columns up to date that follow from the others; False if nothing stands any more."""
    times = (standing.verdict_ms, standing.seen_ms, standing.saved_ms, standing.opened_ms)
    standing.blocked_until_ms = blocked_until_ms(
        standing.verdict, standing.verdict_ms, seen=standing.seen_ms is not None
    )
    standing.at_ms = max((at_ms for at_ms in times if at_ms is not None), default=0)
    return standing.at_ms > 0


def take_back(session: Session, user_id: str, item_id: int, actions: Collection[Action]) -> None:
    """Remove these actions on the item and their rows in the history; does nothing where there are none.

    A verdict that was replaced by the one taken back does not come back.
    """
    lock_user(session, user_id)
    session.execute(
        delete(Feedback).where(
            Feedback.user_id == user_id, Feedback.item_id == item_id, Feedback.action.in_(actions)
        )
    )
    standing = session.get(UserItem, (user_id, item_id))
    if standing is not None:
        for action in actions:
            _set(standing, action, None)
        if not _settle(standing):
            session.delete(standing)
    session.flush()
    if not session.scalar(select(exists().where(Feedback.user_id == user_id))):
        session.execute(delete(User).where(User.user_id == user_id))


LATEST: Final = (
    select(
        *(Item.id, Item.medium, Item.genres, Item.tags, Item.creator, Item.valence, Item.arousal),
        *(UserItem.verdict, UserItem.saved_ms, UserItem.opened_ms, UserItem.at_ms),
    )
    .join(Item, Item.id == UserItem.item_id)
    .where(
        UserItem.user_id == bindparam("user_id"),
        or_(UserItem.verdict.is_not(None), UserItem.saved_ms.is_not(None), UserItem.opened_ms.is_not(None)),
    )
    .order_by(UserItem.at_ms.desc())
    .limit(LEARNT)
)
"""What stands and says something of taste, which seen does not; the latest first."""


def learnt(session: Session, user_id: str) -> tuple[dict[str, Counts], dict[int, int]]:
    """Likes and dislikes by feature from what stands now, and when each item was last acted on.

    Items count as the catalogue has them today, so that a change there changes what is learnt.
    """
    rows = session.execute(LATEST, {"user_id": user_id}).all()
    counts = learn(
        (row, evidence(row.verdict, saved=row.saved_ms is not None, opened=row.opened_ms is not None))
        for row in rows
    )
    return counts, {row.id: row.at_ms for row in rows}


BLOCKED: Final = select(UserItem.item_id).where(
    UserItem.user_id == bindparam("user_id"), UserItem.blocked_until_ms > bindparam("now_ms")
)


def blocked_for(session: Session, user_id: str) -> frozenset[int]:
    """Ids of the items that the user is not to see now."""
    return frozenset(session.scalars(BLOCKED, {"user_id": user_id, "now_ms": now_ms()}))


def taste_of(session: Session, user_id: str) -> Taste:
    """Read what ranking needs of a user; empty for one without feedback."""
    counts, times = learnt(session, user_id)
    now = now_ms()
    return Taste(
        features={feature: leaning(*each) for feature, each in counts.items()}
        | {itself(item): nearness for item, nearness in near_likes(session, user_id).items()},
        recent={
            item_id: math.exp(-max(0, now - at_ms) / (FRESH_DAYS * DAY_MS))
            for item_id, at_ms in times.items()
        },
    )


def forget(session: Session, user_id: str) -> None:
    """Erase all that is kept of a user."""
    lock_user(session, user_id)
    for table in (Feedback, UserItem, User):
        session.execute(delete(table).where(table.user_id == user_id))
