"""Erases ids that nobody uses any more, daily, and keeps when an id was last used."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from services.recommender.store import uses
from services.recommender.store.db import Sessions

logger = logging.getLogger("services.recommender")

DAY_S: Final = 86_400.0
AGAIN_S: Final = 3_600.0
"""Waited after a failure."""


def today() -> int:
    """Days since 1970, UTC."""
    return int(datetime.now(UTC).timestamp() // DAY_S)


async def note_use(sessions: Sessions, user_id: str) -> None:
    """Keep that the id was used today, for an id of which something is kept.

    Runs after an answer was sent. A database that fails or is busy costs only this note.
    """
    day = today()
    try:
        if not await sessions.reading(lambda session: uses.is_noted(session, user_id, day)):
            await sessions.writing(lambda session: uses.renew(session, user_id, day))
    except SQLAlchemyError:
        logger.warning("the use of an id could not be kept", exc_info=True)


async def erase_unused(sessions: Sessions, memory_days: int) -> int:
    """Erase every id that was not used for `memory_days`, batch by batch; returns how many."""
    before_day, erased = today() - memory_days, 0

    def erase(session: Session) -> None:
        nonlocal erased
        erased += uses.erase_unused(session, before_day)

    while await sessions.reading(lambda session: uses.count_unused(session, before_day)):
        await sessions.erasing(erase)
    return erased


@asynccontextmanager
async def erasing_daily(sessions: Sessions, memory_days: int) -> AsyncIterator[None]:
    """Erase unused ids now and every day as long as the context lasts; 0 days keeps them for ever."""
    task = asyncio.create_task(_erase_daily(sessions, memory_days)) if memory_days else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _erase_daily(sessions: Sessions, memory_days: int) -> None:
    while True:
        wait_s = DAY_S
        try:
            erased = await erase_unused(sessions, memory_days)
            if erased:
                logger.info("erased %d ids that were not used for %d days", erased, memory_days)
        except SQLAlchemyError:
            logger.warning("unused ids could not be erased", exc_info=True)
            wait_s = AGAIN_S
        await asyncio.sleep(wait_s)
