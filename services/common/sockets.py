"""Answers a WebSocket to an unknown path as HTTP is answered there: 404, where the server would say 403."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.problems import problem
from services.common.telemetry import request_id_from


class UnknownSockets:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return

        async def send_not_found(message: Message) -> None:
            if message["type"] == "websocket.close" and "endpoint" not in scope:
                request_id = request_id_from(Headers(scope=scope))
                answer = problem(request_id, 404, "not_found", "There is no WebSocket at this path.")
                answer.headers["X-Request-ID"] = request_id
                await answer(scope, receive, send)
            else:
                await send(message)

        await self.app(scope, receive, send_not_found)
