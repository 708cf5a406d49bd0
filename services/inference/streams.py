"""Limits the open streams and the frames that wait."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.common.problems import BusyError


class OpenStreams:
    """Counts the streams of one app; at most `most` are open at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.count = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Counts a stream while it is open; raises BusyError if too many are."""
        if self.count >= self._most:
            raise BusyError(f"{self.count} streams are open; try again later")
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


class Inbox:
    """Room for one frame: a newer one replaces the one that waits, so a slow reader never falls behind."""

    def __init__(self) -> None:
        self._frame: tuple[int, bytes | None] | None = None
        self._changed = asyncio.Event()
        self._closed = False
        self.why = ""
        """Why it was closed: idle, length, or nothing where the client left."""

    def put(self, number: int, data: bytes | None) -> None:
        """A frame's number and bytes; None for a message that was not binary."""
        self._frame = (number, data)
        self._changed.set()

    def close(self, why: str = "") -> None:
        self._closed, self.why = True, why
        self._changed.set()

    async def take(self) -> tuple[int, bytes | None] | None:
        """The newest frame as soon as there is one; None once the inbox is closed."""
        await self._changed.wait()
        if self._closed:
            return None
        self._changed.clear()
        frame, self._frame = self._frame, None
        return frame
