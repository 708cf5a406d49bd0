"""HEAD wherever GET is, and every method of a path in `Allow`."""

from typing import Final

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Head:
    """Answers HEAD as GET; the server leaves out the body, as it knows what was asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        inner = {**scope, "method": "GET"}
        try:
            await self.app(inner, receive, send)
        finally:
            scope["route"] = inner.get("route")  # for logs and metrics


def allowed_methods(app: FastAPI, scope: Scope) -> str:
    """The methods of the path that was asked for, as `Allow` has them."""
    found = {
        method
        for method in METHODS
        for route in app.router.routes
        if route.matches({**scope, "method": method})[0] is Match.FULL
    } or {"GET"}  # a file of the page
    if "GET" in found:
        found.add("HEAD")
    return ", ".join(sorted(found))
