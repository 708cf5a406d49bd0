"""What one request may bring besides its bytes, and what all may hold at once; pure ASGI."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.inference.errors import (
    BusyError,
    HeadersTooLargeError,
    InferenceError,
    SlowBodyError,
    problem,
)

MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 16 * 1024
"""Names and values together. The server's own limit, 64 KiB with h11, holds while headers still come."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may come."""

    grace_s: float
    bytes_per_s: int

    def seconds_for(self, received: int) -> float:
        """From a body's first moment, the time by which more than `received` bytes must have come."""
        return self.grace_s + received / self.bytes_per_s


@dataclass(slots=True)
class Held:
    """Bytes of bodies that the requests under way hold in memory, all together."""

    most: int
    now: int = 0

    def look(self, count: int) -> None:
        """BusyError where there is no room for so many more."""
        if self.now + count > self.most:
            raise BusyError("too many uploads are under way; try again in a moment")

    def take(self, count: int) -> None:
        """As `look`, and they are counted."""
        self.look(count)
        self.now += count


class RequestLimits:
    """431 for too many headers, 408 for a body too slow, 503 where there is no room for its bytes.

    Room is taken for what has come, not for what was announced: announcing is free. How large one body may
    be is upload.py's to say.
    """

    def __init__(self, app: ASGIApp, pace: Pace, held: Held) -> None:
        self.app = app
        self.pace = pace
        self.held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self.check(scope)
        except InferenceError as error:
            request_id = scope["state"]["request_id"]
            answer = problem(error.status, error.code, str(error), request_id, error.headers)
            await answer(scope, receive, send)
            return
        body = Body(receive, self.pace, self.held)
        try:
            await self.app(scope, body.receive, send)
        finally:
            self.held.now -= body.received

    def check(self, scope: Scope) -> None:
        count = len(scope["headers"])
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if count > MAX_HEADERS or size > MAX_HEADER_BYTES:
            raise HeadersTooLargeError(
                f"{count} headers of {size:,} bytes; "
                f"at most {MAX_HEADERS} and {MAX_HEADER_BYTES:,} bytes are taken"
            )
        declared = Headers(scope=scope).get("content-length", "0")
        self.held.look(int(declared) if declared.isdecimal() else 0)


class Body:
    """One body as it comes."""

    def __init__(self, receive: Receive, pace: Pace, held: Held) -> None:
        self._receive, self._pace, self._held = receive, pace, held
        self._started = asyncio.get_running_loop().time()
        self._whole = False
        self.received = 0

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._started + self._pace.seconds_for(self.received)):
                message = await self._receive()
        except TimeoutError:
            raise SlowBodyError("the body came too slowly") from None
        size = len(message.get("body", b""))
        self._held.take(size)
        self.received += size
        self._whole = not message.get("more_body", False)
        return message
