"""Why the service does not start, told in one line instead of a traceback."""

import sys

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class StartError(Exception):
    """What an operator has to put right; the message says how, in one line."""


class OneLineRefusals:
    """Shortens what the server prints when the start fails with a StartError; all else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_shortened(message: Message) -> None:
            error = sys.exc_info()[1]  # Starlette sends this from where it caught the failure
            if message["type"] == "lifespan.startup.failed" and isinstance(error, StartError):
                message = {**message, "message": str(error)}
            await send(message)

        await self.app(scope, receive, send_shortened if scope["type"] == "lifespan" else send)
