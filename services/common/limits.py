"""Limits on headers, body size, upload speed and the memory of all bodies together; pure ASGI."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.problems import (
    BusyError,
    HeadersTooLargeError,
    PackedBodyError,
    ServiceError,
    SlowBodyError,
    TooLargeError,
    problem,
)
from services.common.telemetry import request_id_from

DROP_S: Final = 10.0
DROP_BYTES: Final = 100 * 1024 * 1024
PACKED: Final = {"br", "compress", "deflate", "gzip", "x-compress", "x-gzip", "zstd"}
"""Content codings of bodies. Others, such as `utf-8`, are a client's misunderstanding and change no byte."""
MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 16 * 1024
"""Names and values together. The server's own limit, 64 KiB with h11, holds while headers still come."""


async def refuse(error: ServiceError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the error; a body that comes is read and dropped, as its sender may read only after it."""
    headers = Headers(scope=scope)
    # Telemetry gives ids to HTTP requests only, not to a WebSocket's handshake.
    request_id = scope.get("state", {}).get("request_id") or request_id_from(headers)
    answer = problem(request_id, error.status_code, error.code, str(error), error.headers)
    if scope["type"] != "http" or not has_body(headers) or "expect" in headers:
        await answer(scope, receive, send)
        return
    start = {"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    await drop_body(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


async def drop_body(receive: Receive) -> None:
    """Read a body to its end without keeping it, for a bounded time and size."""
    dropped = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DROP_S):
            while dropped < DROP_BYTES:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                dropped += len(message.get("body", b""))


class HeaderLimit:
    """Answers 431 to more or larger headers than browsers and proxies send."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = scope["headers"]
            size = sum(len(name) + len(value) for name, value in headers)
            if len(headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
                error = HeadersTooLargeError(
                    f"There are {len(headers)} headers of {size} bytes; "
                    f"at most {MAX_HEADERS} and {MAX_HEADER_BYTES} bytes are taken."
                )
                await refuse(error, scope, receive, send)
                return
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Pace:
    """The least speed of an upload."""

    grace_s: float
    bytes_per_s: int

    def seconds_for(self, received: int) -> float:
        """Seconds after its start by which a body must have brought more than `received` bytes."""
        return self.grace_s + received / self.bytes_per_s


@dataclass(slots=True)
class UploadBudget:
    """Bytes of memory for the bodies of all requests together."""

    most: int
    now: int = 0

    def check(self, count: int) -> None:
        """Raises BusyError if `count` more bytes do not fit now, TooLargeError if they never would."""
        if count > self.most:
            raise too_large(self.most)
        if self.now + count > self.most:
            raise BusyError("Too many uploads are under way. Try again in a moment.")

    def reserve(self, count: int) -> None:
        """Checks `count` more bytes and counts them."""
        self.check(count)
        self.now += count


class BodyLimit:
    """Limits the size (413), speed (408) and coding (415) of a body, and the memory of all bodies (503).

    A body is refused by its declared length if it has one, else as soon as too much has arrived. Only
    received bytes are reserved: a client could declare any length at no cost.
    """

    def __init__(
        self, app: ASGIApp, limit_of: Callable[[str], int], pace: Pace, budget: UploadBudget
    ) -> None:
        self.app = app
        self.limit_of = limit_of
        """Path to the number of bytes its body may have."""
        self.pace = pace
        self.budget = budget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        try:
            headers = Headers(scope=scope)
            if (coding := headers.get("content-encoding", "").strip().lower()) in PACKED:
                raise PackedBodyError(f"The body is packed ({coding}): send it as it is.")
            self.check_declared(headers.get("content-length", "0"), limit)
        except ServiceError as error:
            await refuse(error, scope, receive, send)
            return
        body = Body(receive, limit, self.pace, self.budget)
        try:
            await self.app(scope, body.receive, send)
        finally:
            self.budget.now -= body.received

    def check_declared(self, length: str, limit: int) -> None:
        declared = int(length) if length.isdecimal() else 0
        if declared > limit:
            raise too_large(limit)
        self.budget.check(declared)


class Body:
    """Receives one body; its errors are answered by the application's error handlers."""

    def __init__(self, receive: Receive, limit: int, pace: Pace, budget: UploadBudget) -> None:
        self._receive, self._limit, self._pace, self._budget = receive, limit, pace, budget
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
            raise SlowBodyError("The body came too slowly.") from None
        size = len(message.get("body", b""))
        if self.received + size > self._limit:
            if message.get("more_body", False):
                await drop_body(self._receive)
            raise too_large(self._limit)
        self._budget.reserve(size)
        self.received += size
        self._whole = not message.get("more_body", False)
        return message


def too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {limit} bytes.")
