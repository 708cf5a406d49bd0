"""One key for the whole API of a service, for those who put it on a network without a proxy."""

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.limits import refuse
from services.common.problems import UnauthorizedError

SCHEME: Final = "bearer "
SUBPROTOCOL: Final = "access-key"
"""Offered by a browser's WebSocket, which sends no headers of ours; the key follows it in base64url."""
OPEN: Final = {"/", "/docs", "/openapi.json", "/healthz", "/readyz"}
OPEN_BELOW: Final = "/docs-assets/"
HINT: Final = "Send the service's access key as `Authorization: Bearer KEY`."


def _check_key(key: SecretStr | None) -> SecretStr | None:
    text = key.get_secret_value() if key else "-"
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("should be of letters, digits and signs, without spaces")
    return key


EmptyIsNone = BeforeValidator(lambda text: text or None)
AccessKey = Annotated[SecretStr | None, EmptyIsNone, AfterValidator(_check_key)]
"""Printable ASCII, as headers take it. An empty one, as compose files pass for one not set, is none."""


class Access:
    """Answers 401 to whoever has not the key; the page, /docs and health checks stay open."""

    def __init__(self, app: ASGIApp, key: str, is_page: Callable[[str], bool] = lambda _path: False) -> None:
        self.app = app
        self.key = key.encode()
        self.is_page = is_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and self._is_open(scope["path"])):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("authorization", "")
        if given.lower().startswith(SCHEME) and self._is_key(given[len(SCHEME) :].strip().encode("latin-1")):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket" and self._is_key(_key_among(scope["subprotocols"])):
            await self.app(scope, receive, _accepting(send))
        else:
            await refuse(UnauthorizedError(HINT), scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return path in OPEN or path.startswith(OPEN_BELOW) or self.is_page(path)

    def _is_key(self, given: bytes) -> bool:
        """Compares in constant time."""
        return hmac.compare_digest(given, self.key)


def _key_among(subprotocols: list[str]) -> bytes:
    """The key that follows SUBPROTOCOL, decoded; empty if there is none."""
    if SUBPROTOCOL not in subprotocols[:-1]:
        return b""
    encoded = subprotocols[subprotocols.index(SUBPROTOCOL) + 1]
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        return b""


def _accepting(send: Send) -> Send:
    """Names SUBPROTOCOL as the chosen one: a browser closes a socket that chose none of its own."""

    async def send_with_subprotocol(message: Message) -> None:
        if message["type"] == "websocket.accept":
            message = {**message, "subprotocol": SUBPROTOCOL}
        await send(message)

    return send_with_subprotocol
