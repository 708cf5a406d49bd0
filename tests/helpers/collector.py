"""A collector of traces: what services send as OTLP over HTTP, as bytes and as spans."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as RawSpan


class Span(NamedTuple):
    service: str
    name: str
    trace: str
    id: str
    parent: str
    start: int
    """Nanoseconds since 1970."""
    end: int
    attributes: dict[str, str | int]
    failed: bool


class Collector:
    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.address = ""

    def spans(self) -> list[Span]:
        found = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = _attributes(resource.resource.attributes)["service.name"]
                for scope in resource.scope_spans:
                    found += [_span(str(service), span) for span in scope.spans]
        return found

    def wait(self, enough: Callable[[list[Span]], object]) -> list[Span]:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            spans = self.spans()
            if enough(spans):
                return spans
            time.sleep(0.05)
        raise AssertionError(f"these came: {[(span.service, span.name) for span in self.spans()]}")


@contextmanager
def collector() -> Iterator[Collector]:
    collected = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.path == "/v1/traces", self.path
            collected.bodies.append(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        collected.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield collected
        finally:
            server.shutdown()
            thread.join()


def _span(service: str, raw: RawSpan) -> Span:
    return Span(
        service,
        raw.name,
        raw.trace_id.hex(),
        raw.span_id.hex(),
        raw.parent_span_id.hex(),
        raw.start_time_unix_nano,
        raw.end_time_unix_nano,
        _attributes(raw.attributes),
        raw.status.code == raw.status.STATUS_CODE_ERROR,
    )


def _attributes(pairs: Any) -> dict[str, str | int]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
