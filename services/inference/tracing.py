"""OpenTelemetry traces; imported only where an address for them is set, as they need the extra `tracing`.

Every attribute is written here, one by one: ready-made instrumentation, FastAPI's own too, sends
paths, queries and addresses. Nothing of a photo, a file or a person is in one.
"""

import logging
import os
import time
from itertools import accumulate, pairwise
from typing import Final

from fastapi import FastAPI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.inference.metrics import Metrics
from services.inference.schemas import Prediction, StreamPrediction
from services.inference.telemetry import logger, route_of

UNTRACED: Final = {"/healthz", "/readyz", "/metrics"}
EXPORT_WITHIN_S: Final = 2
"""A collector that is away must not hold up the service's end."""


class Tracing:
    def __init__(self, endpoint: str) -> None:
        """`endpoint` as http://collector:4318; empty leaves it to OpenTelemetry's own settings."""
        name = os.environ.get("OTEL_SERVICE_NAME", "inference")
        self._provider = TracerProvider(resource=Resource.create({"service.name": name}))
        address = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
        self._provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(address, timeout=EXPORT_WITHIN_S))
        )
        self._tracer = self._provider.get_tracer("services.inference")
        complaints = logging.getLogger("opentelemetry")
        complaints.handlers, complaints.propagate = logger.handlers, False

    def install(self, app: FastAPI, metrics: Metrics) -> None:
        """To be called before Telemetry is added, which gives the request its id and so must be outside."""
        app.add_middleware(TraceRequests, tracer=self._tracer)
        metrics.watchers.append(self.photo)

    def photo(self, prediction: Prediction | StreamPrediction) -> None:
        """The stages of a photo that was read just now, as spans of the request that is under way."""
        if not get_current_span().is_recording():
            return  # a stream's frame, or a request that is not sampled
        times = prediction.timings_ms
        stages = {
            "decode": times.decode,
            "detect": times.detect,
            "align": times.align,
            "classify": times.classify - times.align,
        }
        end = time.time_ns()
        lengths = [round(milliseconds * 1e6) for milliseconds in stages.values()]
        moments = accumulate(lengths, initial=end - sum(lengths))
        faces = {"faces": len(prediction.faces)}
        for name, (start, stop) in zip(stages, pairwise(moments), strict=True):
            self._tracer.start_span(name, start_time=start, attributes=faces).end(stop)

    def stop(self) -> None:
        """Sends what waits, for as long as `EXPORT_WITHIN_S` allows."""
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
