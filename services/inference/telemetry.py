"""Request ids, one JSON log line per request, Prometheus metrics; pure ASGI: streams pass untouched."""

import json
import logging
import re
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.inference.errors import problem
from services.inference.schemas import Prediction, StreamPrediction

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("services.inference")

CLIENT_GONE: Final = 499
"""In logs and metrics only: the client left before its body was whole; nobody is answered."""
SANE_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The metrics of one app; each app has its own registry, so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.watchers: list[Callable[[Prediction | StreamPrediction], None]] = []
        """Told of each photo as it is counted."""
        self.requests = Counter(
            "inference_requests_total", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.duration = Histogram(
            "inference_request_duration_seconds",
            "From the first byte in to the last byte out.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.stage = Histogram(
            "inference_stage_duration_seconds",
            "Time of one stage for one photo.",
            ["stage"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.faces = Histogram(
            "inference_faces",
            "Faces found per photo.",
            buckets=(0, 1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
        self.emotions = Counter(
            "inference_emotions_total", "Faces by the emotion read.", ["emotion"], registry=registry
        )
        self.rejected = Counter(
            "inference_rejected_total",
            "Requests refused or failed, by problem code.",
            ["code"],
            registry=registry,
        )
        self.streams = Gauge("inference_streams", "Streams that are open.", registry=registry)
        self.queue = Gauge(
            "inference_queue_depth", "Requests that run or wait for a worker.", registry=registry
        )
        self.model = Gauge(
            "inference_model_info", "1 for the model that is loaded.", ["name", "version"], registry=registry
        )

    def count(self, prediction: Prediction | StreamPrediction) -> None:
        times = prediction.timings_ms
        for stage, milliseconds in (
            ("decode", times.decode),
            ("detect", times.detect),
            ("classify", times.classify),
        ):
            self.stage.labels(stage).observe(milliseconds / 1000)
        self.faces.observe(len(prediction.faces))
        for face in prediction.faces:
            self.emotions.labels(face.emotion).inc()
        for watcher in self.watchers:
            watcher(prediction)


class JsonFormatter(logging.Formatter):
    """One JSON object per line. Of a request nothing is kept but the record's `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": "inference",
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def is_ours(record: logging.LogRecord) -> bool:
    """False for what uvicorn tells of WebSockets: their openings hold addresses and whole URLs.

    Text that is not UTF-8 brings a traceback for a client's mistake.
    """
    return not any(mark in str(record.msg) for mark in ('"WebSocket', "Invalid UTF-8 sequence"))


def set_up_logging(level: str) -> None:
    """JSON lines on stderr for this service; uvicorn's access log off, as ours says the same and more."""
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)
    logger.setLevel(level.upper())
    logger.propagate = False
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(is_ours)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # its warnings repeat what clients send


def route_of(scope: Scope) -> str:
    """The route's template, never the path, which a client writes."""
    return str(getattr(scope.get("route"), "path", "")) or "(none)"


class Telemetry:
    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if SANE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        failure: Exception | None = None
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception as error:
            failure = error
            if status:
                raise  # half an answer is out: only the server can cut the connection
            answer = problem(500, "internal_error", "Something failed here. It has been logged.", request_id)
            await answer(scope, receive, send_with_id)
        finally:
            self._record(scope, status, time.perf_counter() - started, failure)

    def _record(self, scope: Scope, status: int, seconds: float, failure: Exception | None) -> None:
        route = route_of(scope)
        self.metrics.requests.labels(scope["method"], route, str(status)).inc()
        self.metrics.duration.labels(route).observe(seconds)
        fields = {
            "request_id": scope["state"]["request_id"],
            "method": scope["method"],
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 2),
        }
        level, text = (logging.ERROR, "request failed") if failure else (logging.INFO, "request")
        logger.log(level, text, extra={"fields": fields}, exc_info=failure)
