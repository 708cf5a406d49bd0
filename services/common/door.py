"""Refuses requests while a service is full, before anything is done for them.

A refusal in the application costs twice as much: a task, the middleware, two messages to the server. The
server's protocol asks the Door that the lifespan gives it (`DOOR` in the lifespan's state) as soon as it has
a request's head.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from services.common.headers import ALWAYS
from services.common.problems import RETRY_AFTER_S, BusyError, problem_body
from services.common.telemetry import NO_ROUTE, RequestMetrics, count, logger, sane_request_id

DOOR: Final = "door"
UNUSUAL: Final = {b"expect", b"origin", b"upgrade"}
"""Headers whose requests the application refuses itself: it knows CORS, and who waits to send a body."""
TAKEN: Final = {b"GET", b"POST", b"PUT", b"DELETE"}
LOGGED_AFTER_S: Final = 0.1
"""One line for all refusals in this time: a line for each would be nearly half of what a refusal costs."""
Header = tuple[bytes, bytes]


class Door:
    """`is_full` says of a path whether its requests find no room now."""

    def __init__(
        self,
        reason: str,
        is_full: Callable[[str], bool],
        metrics: RequestMetrics,
        headers: Mapping[str, str],
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        """`headers` are the service's own, beside ALWAYS; `refused` is called for each refusal."""
        self._is_full, self._metrics, self._refused = is_full, metrics, refused
        self._unlogged: list[str] = []
        kind = {"Content-Type": "application/problem+json", "Retry-After": str(RETRY_AFTER_S)}
        self._lines = "".join(
            f"{name.lower()}: {text}\r\n" for name, text in {**ALWAYS, **headers, **kind}.items()
        )
        body = problem_body("", BusyError.status, BusyError.code, reason)
        self._body = json.dumps(body, separators=(",", ":")).removesuffix('"}')
        """All but the request id, which is last."""

    def refusal(
        self, method: bytes, url: bytes, headers: Iterable[Header], own: Iterable[Header]
    ) -> bytes | None:
        """The whole answer where there is no room; None: the application may have the request.

        `own` are the server's headers.
        """
        path = url.partition(b"?")[0].decode("latin-1")
        if method not in TAKEN or not self._is_full(path):
            return None
        given = b""
        for name, value in headers:
            if name in UNUSUAL:
                return None
            if name == b"x-request-id":
                given = value
        request_id = sane_request_id(given.decode("latin-1"))
        self._refused()
        count(self._metrics, method.decode(), NO_ROUTE, BusyError.status, 0.0)
        if not self._unlogged:
            asyncio.get_running_loop().call_later(LOGGED_AFTER_S, self._log)
        self._unlogged.append(request_id)
        head = [
            "HTTP/1.1 503 Service Unavailable\r\n",
            *(f"{name.decode()}: {value.decode()}\r\n" for name, value in own),
            self._lines,
            f"content-length: {len(self._body) + len(request_id) + 2}\r\n",
            f"x-request-id: {request_id}\r\n\r\n",
            f'{self._body}{request_id}"}}',
        ]
        return "".join(head).encode("latin-1")

    def _log(self) -> None:
        fields = {"status": BusyError.status, "count": len(self._unlogged), "request_ids": self._unlogged}
        logger.info("refused, as there is no room", extra={"fields": fields})
        self._unlogged = []
