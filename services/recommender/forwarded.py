"""Believes trusted proxies about the address by which a client called: scheme, host and path prefix."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from services.recommender.rate import Network, is_trusted

PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")
SCHEMES: Final = {"http", "https"}


class Forwarded:
    """Takes X-Forwarded-Proto, -Host and -Prefix of trusted proxies into the scope; ignores those of others.

    The proxy has cut the prefix off the path. Changes the scope in place, for logs and metrics outside.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = (scope.get("client") or ("",))[0] if scope["type"] != "lifespan" else ""
        if is_trusted(peer, self.trusted):
            _take(scope, Headers(scope=scope))
        await self.app(scope, receive, send)


def _take(scope: Scope, headers: Headers) -> None:
    scheme = headers.get("x-forwarded-proto", "").lower()
    if scheme in SCHEMES:
        scope["scheme"] = scheme if scope["type"] == "http" else scheme.replace("http", "ws")
    if host := headers.get("x-forwarded-host", ""):
        MutableHeaders(scope=scope)["host"] = host
    prefix = headers.get("x-forwarded-prefix", "").rstrip("/")
    if PREFIX.fullmatch(prefix):
        scope["root_path"] = prefix
        scope["path"] = prefix + scope["path"]
        scope["raw_path"] = prefix.encode() + scope.get("raw_path", b"")
