"""Security headers on every answer, one form for every error, and the check of a WebSocket's origin."""

import base64
import hashlib
import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.limits import refuse
from services.common.problems import ServiceError, code_of, problem
from services.common.telemetry import logger, request_id_from

FOREIGN: Final = (
    "The page's Origin is not the Host that this service was called by. A proxy must pass on the header "
    "Host, or X-Forwarded-Host from an address in RECOMMENDER_TRUSTED_PROXIES. "
    "RECOMMENDER_CORS_ORIGINS allows other sites."
)

PAGE_POLICY: Final = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
"""For pages: what they load comes from the service itself."""
ALWAYS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
OF_PAGES: Final = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
}
PARTS: Final = {"text/css", "text/javascript"}
"""Types that a page loads as parts of itself: its own OF_PAGES hold for them, theirs would be ignored."""


def allowing_inline_scripts(html: str) -> str:
    """PAGE_POLICY with the hash of each inline script in `html`: nothing but exactly those may run."""
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return f"{PAGE_POLICY}; script-src 'self' {allowed}"


class ForeignOriginError(ServiceError):
    status = 403
    code = "foreign_origin"


class SecurityHeaders:
    """ALWAYS and a service's own headers, where an answer has no other so named; not OF_PAGES on PARTS."""

    def __init__(self, app: ASGIApp, own: Mapping[str, str]) -> None:
        self.app = app
        headers = {**ALWAYS, **own}
        self.headers = _encoded(headers)
        self.of_parts = _encoded({name: headers[name] for name in headers.keys() - OF_PAGES})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = dict(message["headers"])
                of_part = given.get(b"content-type", b"").partition(b";")[0].decode("latin-1") in PARTS
                wanted = self.of_parts if of_part else self.headers
                more = [header for header in wanted if header[0] not in given]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self.app(scope, receive, send_with_headers)


class ProblemsOnly:
    """Turns plain-text errors of libraries, such as 416 for a file, into problems."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        replaced = False

        async def send_problem(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and is_plain_error(message):
                replaced = True
                kept = [(name, value) for name, value in message["headers"] if not describes_body(name)]
                status = message["status"]
                answer = problem(
                    scope["state"]["request_id"], status, code_of(status), HTTPStatus(status).phrase
                )
                answer.raw_headers += kept
                await answer(scope, receive, send)
            elif not replaced:
                await send(message)

        await self.app(scope, receive, send_problem)


class Cors(CORSMiddleware):
    """Refuses a foreign page's preflight with a problem, where Starlette has plain text."""

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        if answer.status_code < HTTPStatus.BAD_REQUEST:
            return answer
        request_id = request_id_from(request_headers)
        detail = (
            "Pages of this site may not call: RECOMMENDER_CORS_ORIGINS does not name it with this request."
        )
        return problem(
            request_id, answer.status_code, code_of(answer.status_code), detail, {"X-Request-ID": request_id}
        )


def is_plain_error(start: Message) -> bool:
    if start["status"] < HTTPStatus.BAD_REQUEST:
        return False
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/plain")


def describes_body(name: bytes) -> bool:
    """Content-Range does not: of an error it says how long the file is."""
    return name.lower() in {b"content-length", b"content-type"}


class OwnPages:
    """Refuses (403) a WebSocket to pages of other sites, unless `allowed` names their origin.

    Browsers apply no CORS to WebSockets. Clients other than browsers send no `Origin`.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str] = ()) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if (
                origin is not None
                and origin not in self.allowed
                and not _is_same(origin, headers.get("host", ""))
            ):
                logger.warning("a page of another site was refused: %s", FOREIGN)
                await refuse(ForeignOriginError(FOREIGN), scope, receive, send)
                return
        await self.app(scope, receive, send)


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """As ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _is_same(origin: str, host: str) -> bool:
    """Whether the host of an origin is `host`; the scheme's own port may be left out."""
    scheme, _, own = origin.lower().partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme, "")
    return own.removesuffix(port) == host.lower().removesuffix(port)
