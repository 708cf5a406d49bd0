"""Request ids, one JSON log line per request, Prometheus metrics; pure ASGI, so streams pass untouched."""

import json
import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, Protocol

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.problems import problem

logger = logging.getLogger("services")
"""Above all loggers of ours."""

CHECKS: Final = {"/healthz", "/readyz", "/metrics"}
"""Asked every few seconds: logged only where they fail."""
CLIENT_GONE: Final = 499
"""In logs and metrics only: the client left before its body was whole; nobody is answered."""
NO_ROUTE: Final = "(none)"
SANE_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestMetrics(Protocol):
    """The request metrics that every service has."""

    requests: Counter
    """By method, route and status."""
    duration: Histogram
    """Seconds, by route."""


TO_JSON: Final = json.JSONEncoder(ensure_ascii=False).encode
"""json.dumps would make an encoder for each line."""


class JsonFormatter(logging.Formatter):
    """One JSON object per line, with the record's `fields`; nothing else of a request is kept."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self.service,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return TO_JSON(line)


class ReadableFormatter(logging.Formatter):
    """The same for a person at a terminal: time, service, and what happened, in one line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        time_of_day = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno == logging.INFO else f"{record.levelname}: "
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, "fields", {}).items())
        line = f"{time_of_day} {self.service:11} {level}{record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


UNWANTED: Final = (
    '"WebSocket',  # holds addresses and whole URLs
    "Invalid UTF-8 sequence",  # a traceback for a client's mistake
    "Started server process",
    "Waiting for application",
    "Application startup",  # starting.py says how the start went
)


def is_wanted(record: logging.LogRecord) -> bool:
    """Drops lines of uvicorn that say too much, or what our own lines say."""
    return not any(mark in str(record.msg) for mark in UNWANTED)


def set_up_logging(service: str, level: str) -> None:
    """Lines on stderr, uvicorn's too: readable ones on a terminal, JSON otherwise.

    uvicorn's access log is off, as it writes the user ids that are in URLs.
    """
    server = logging.getLogger("uvicorn")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter((ReadableFormatter if sys.stderr.isatty() else JsonFormatter)(service))
        logger.addHandler(handler)
        server.handlers = [handler]
    for one in (logger, server):
        one.setLevel(level.upper())
        one.propagate = False
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(is_wanted)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # its warnings repeat what clients send


def request_id_from(headers: Headers) -> str:
    """The caller's id when it is short and harmless in a log, else a new one."""
    return sane_request_id(headers.get("x-request-id", ""))


def sane_request_id(given: str) -> str:
    return given if SANE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def route_of(scope: Scope) -> str:
    """The route's template, never the path: paths carry user ids, and labels must stay few."""
    route = scope.get("route")
    return str(getattr(route, "path", "")) or NO_ROUTE


class Telemetry:
    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, path = request_id_from(Headers(scope=scope)), scope["path"]
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 0
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [header for header in message["headers"] if header[0] != b"x-request-id"]
                message = {**message, "headers": [*headers, (b"x-request-id", request_id.encode())]}
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception as error:
            state["failure"] = error
            if status:
                raise  # half an answer is out: only the server can cut the connection
            answer = problem(request_id, 500, "internal_error", "Something failed here. It has been logged.")
            await answer(scope, receive, send_with_id)
        finally:
            self.record(scope, path, status, time.perf_counter() - started)

    def record(self, scope: Scope, path: str, status: int, seconds: float) -> None:
        route = route_of(scope)
        count(self.metrics, scope["method"], route, status, seconds)
        failure = scope["state"].get("failure")
        fields = {
            "request_id": scope["state"]["request_id"],
            "method": scope["method"],
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 2),
        }
        checked = status < HTTPStatus.BAD_REQUEST and path in CHECKS
        logger.log(
            logging.ERROR if failure else logging.DEBUG if checked else logging.INFO,
            "request failed" if failure else "request",
            extra={"fields": fields},
            exc_info=failure,
        )


def count(metrics: RequestMetrics, method: str, route: str, status: int, seconds: float) -> None:
    metrics.requests.labels(method, route, str(status)).inc()
    metrics.duration.labels(route).observe(seconds)
