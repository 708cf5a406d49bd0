"""Limits how many requests are worked on at once; pure ASGI."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.limits import has_body, refuse
from services.common.problems import BusyError
from services.recommender.rate import EXEMPT


class Crowd:
    """The requests that are worked on, `most` at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside = 0
        self.reason = f"{most} requests are under way, and no more are taken at once."

    @property
    def is_complete(self) -> bool:
        return self.inside >= self.most

    def is_full(self, path: str) -> bool:
        """Whether a request for this path finds no room."""
        return self.is_complete and path not in EXEMPT


class CrowdLimit:
    """Answers 503 to what finds the crowd complete, so that the requests under way finish in time.

    A request counts from when its body is complete, so that slow senders take no place. A request that finds
    the service full at its start is answered before its body is read, which keeps rejecting cheap; most of
    these are answered at the door already.
    """

    def __init__(self, app: ASGIApp, crowd: Crowd) -> None:
        self.app = app
        self.crowd = crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in EXEMPT:
            await self.app(scope, receive, send)
            return
        entered = False

        def enter() -> None:
            nonlocal entered
            if not entered:
                self._check()
                self.crowd.inside += 1
                entered = True

        async def receive_and_enter() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                enter()
            return message

        check = self._check if has_body(Headers(scope=scope)) else enter
        try:
            check()
        except BusyError as error:
            await refuse(error, scope, receive, send)
            return
        try:
            await self.app(scope, receive_and_enter, send)
        finally:
            self.crowd.inside -= entered

    def _check(self) -> None:
        """Raise BusyError where there is no room."""
        if self.crowd.is_complete:
            raise BusyError(self.crowd.reason)
