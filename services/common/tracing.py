"""OpenTelemetry traces; imported only where an address for them is set, as they need the extra `tracing`.

Every attribute is written here, one by one: ready-made instrumentation, FastAPI's own too, sends
paths, queries and addresses. Nothing of a photo, a file or a user is in one.
"""

import logging
import os
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from itertools import accumulate, pairwise
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.telemetry import logger, route_of

UNTRACED: Final = {"/healthz", "/readyz", "/metrics"}
EXPORT_WITHIN_S: Final = 2
"""A collector that is away must not hold up the service's end."""


class Tracing:
    def __init__(self, service: str, endpoint: str) -> None:
        """`endpoint` as http://collector:4318; empty leaves it to OpenTelemetry's own settings."""
        name = os.environ.get("OTEL_SERVICE_NAME", service)
        self._provider = TracerProvider(resource=Resource.create({"service.name": name}))
        address = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
        self._provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(address, timeout=EXPORT_WITHIN_S))
        )
        self._tracer = self._provider.get_tracer(f"services.{service}")
        complaints = logging.getLogger("opentelemetry")
        complaints.handlers, complaints.propagate = logger.handlers, False

    def middleware(self) -> Middleware:
        """Its place is inside Telemetry, which gives the request its id."""
        return Middleware(TraceRequests, tracer=self._tracer)

    @contextmanager
    def call(self, headers: MutableMapping[str, str]) -> Iterator[None]:
        """A span around a call to inference; what goes on there joins the trace by `headers`."""
        attributes = {"http.request.method": "POST", "server.address": "inference"}
        with self._tracer.start_as_current_span(
            "POST /predict",
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            TraceContextTextMapPropagator().inject(headers)
            try:
                yield
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def stages(self, stages_ms: Mapping[str, float], attributes: Mapping[str, int]) -> None:
        """Adds the stages that just ended, one after the other, as spans of the current request."""
        if not get_current_span().is_recording():
            return  # a stream's frame, or a request that is not sampled
        end = time.time_ns()
        lengths = [round(milliseconds * 1e6) for milliseconds in stages_ms.values()]
        moments = accumulate(lengths, initial=end - sum(lengths))
        for name, (start, stop) in zip(stages_ms, pairwise(moments), strict=True):
            self._tracer.start_span(name, start_time=start, attributes=attributes).end(stop)

    def stop(self) -> None:
        """Sends the remaining spans, for at most `EXPORT_WITHIN_S`."""
        self._provider.shutdown()


class TraceRequests:
    """A span per HTTP request, in the caller's trace where it names one."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self.app = app
        self.tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNTRACED:
            await self.app(scope, receive, send)
            return
        status = 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        # The caller's tracestate and baggage may hold anything, and are not passed on.
        parent = {"traceparent": Headers(scope=scope).get("traceparent", "")}
        with self.tracer.start_as_current_span(
            scope["method"],
            TraceContextTextMapPropagator().extract(parent),
            SpanKind.SERVER,
            {"http.request.method": scope["method"], "request_id": scope["state"]["request_id"]},
            record_exception=False,  # its text may hold what a client sent
            set_status_on_exception=False,
        ) as span:
            try:
                await self.app(scope, receive, send_noting)
            finally:
                route = route_of(scope)
                span.update_name(f"{scope['method']} {route}")
                span.set_attributes({"http.route": route, "http.response.status_code": status})
                if not 0 < status < 500:
                    span.set_status(Status(StatusCode.ERROR))
