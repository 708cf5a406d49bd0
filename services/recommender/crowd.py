"""How many requests are worked on at once; pure ASGI."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.limits import refuse
from services.common.problems import BusyError

ALWAYS: Final = {"/healthz", "/readyz", "/metrics"}
"""Whoever looks after the service must get through when it is full."""


class CrowdLimit:
    """503 for one request more than `most`: those under way are finished in time instead of all being late.

    A request counts from when its body is whole, so that slow senders keep nobody out. One that finds the
    service full when it begins is refused unread: refusing must cost little, there is much of it to do.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(scope, receive, send)
            return
        entered = False

        def enter() -> None:
            nonlocal entered
            if entered:
                return
            self.look()
            self.inside += 1
            entered = True

        async def receive_and_enter() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                enter()
            return message

        try:
            if brings_body(Headers(scope=scope)):
                self.look()
            else:
                enter()
        except BusyError as error:
            await refuse(error, scope, receive, send)
            return
        try:
            await self.app(scope, receive_and_enter, send)
        finally:
            if entered:
                self.inside -= 1

    def look(self) -> None:
        """BusyError where there is no room."""
        if self.inside >= self.most:
            raise BusyError(f"{self.most} requests are under way, and no more are taken at once.")


def brings_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
