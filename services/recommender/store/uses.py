"""Keeps on which day an id was last used, and erases those that were not for long."""

from typing import Final

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from services.recommender.store.models import Feedback, User, UserItem

BATCH: Final = 200
"""Ids erased in one transaction; SQLite's other writers wait meanwhile."""
USED: Final = text(
    "INSERT INTO users (user_id, used_day) VALUES (:user_id, :day) "
    "ON CONFLICT (user_id) DO UPDATE SET used_day = excluded.used_day"
)


def lock_user(session: Session, user_id: str) -> None:
    """Lock PostgreSQL against other writes of the user until the commit. SQLite allows one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 0))")
        session.execute(lock, {"user_id": user_id})


def note_use(session: Session, user_id: str, day: int) -> None:
    """Keep that the id was used on `day`; for the writer of its feedback, who holds its lock."""
    session.execute(USED, {"user_id": user_id, "day": day})


def is_kept(session: Session, user_id: str) -> bool:
    """Whether anything is kept of the id."""
    return session.scalar(select(User.used_day).where(User.user_id == user_id)) is not None


def is_noted(session: Session, user_id: str, day: int) -> bool:
    """Whether there is nothing to write: the id's use on `day` is kept, or nothing at all of the id."""
    used_day = session.scalar(select(User.used_day).where(User.user_id == user_id))
    return used_day is None or used_day >= day


def renew(session: Session, user_id: str, day: int) -> None:
    """Keep that the id was used on `day`, if anything is kept of it."""
    session.execute(update(User).where(User.user_id == user_id, User.used_day < day).values(used_day=day))


def count_unused(session: Session, before_day: int) -> int:
    """How many ids were last used before `before_day`."""
    return session.scalar(select(func.count()).where(User.used_day < before_day)) or 0


def erase_unused(session: Session, before_day: int) -> int:
    """Erase at most `BATCH` ids that were last used before `before_day`; returns how many."""
    unused = select(User.user_id).where(User.used_day < before_day).order_by(User.user_id).limit(BATCH)
    found = session.scalars(unused).all()
    for user_id in found:
        lock_user(session, user_id)
    # Some may have been used before their lock was granted.
    still = session.scalars(unused.where(User.user_id.in_(found))).all()
    for table in (Feedback, UserItem, User):
        session.execute(delete(table).where(table.user_id.in_(still)))
    return len(still)
