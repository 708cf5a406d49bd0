"""Traces of both services, each in its own process, as a collector receives them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.helpers import pictures
from tests.helpers.collector import collector
from tests.helpers.serving import ROOT, free_port, serve

PHOTO = {"file": ("file-of-a-person.jpg", pictures.ASTRONAUT.read_bytes(), "image/jpeg")}
SECRETS = {
    "User-Agent": "browser-of-a-person",
    "Cookie": "cookie-of-a-person",
    "X-Forwarded-For": "203.0.113.77",
    "tracestate": "vendor=state-of-a-person",
    "baggage": "user=baggage-of-a-person",
}
CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Both services and what they send: one is told where by its own setting, one by the standard one."""
    folder = tmp_path_factory.mktemp("tracing")
    with pytest.MonkeyPatch.context() as environment, collector() as collected:
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        environment.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.address)
        with serve("inference", folder / "inference") as inference:
            environment.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
            with (
                serve(
                    "recommender",
                    folder / "recommender",
                    inference_url=inference,
                    database_url=f"sqlite:///{folder / 'r.db'}",
                    otlp_endpoint=collected.address,
                ) as address,
                httpx.Client(base_url=address, timeout=60, headers=SECRETS) as client,
            ):
                yield client, collected


def test_a_photo_is_one_trace_through_both_services(walk: Any) -> None:
    client, collected = walk
    client.post("/recommend/photo?medium=song", files=PHOTO, headers={"X-Request-ID": "walk-1"})
    spans = collected.wait(lambda spans: len(spans) >= 7)
    assert len({span.trace for span in spans}) == 1
    by_name = {(span.service, span.name): span for span in spans}
    outer = by_name["recommender", "POST /recommend/photo"]
    call = by_name["recommender", "POST /predict"]
    inner = by_name["inference", "POST /predict"]
    assert (outer.parent, call.parent, inner.parent) == ("", outer.id, call.id)
    assert outer.attributes["request_id"] == inner.attributes["request_id"] == "walk-1"
    assert outer.attributes["http.response.status_code"] == 200
    stages = [by_name["inference", name] for name in ("decode", "detect", "align", "classify")]
    assert {stage.parent for stage in stages} == {inner.id}
    assert stages[1].attributes == {"faces": 1}
    moments = [inner.start, *(moment for stage in stages for moment in (stage.start, stage.end)), inner.end]
    assert moments == sorted(moments)
    assert all(stage.end > stage.start for stage in stages)
    assert not any(span.failed for span in spans)


def test_a_callers_trace_goes_on(walk: Any) -> None:
    client, collected = walk
    client.get("/recommend?emotion=sad", headers={"traceparent": f"00-{CALLER}-00f067aa0ba902b7-01"})
    (span,) = collected.wait(lambda spans: any(span.trace == CALLER for span in spans))[-1:]
    assert (span.name, span.parent) == ("GET /recommend", "00f067aa0ba902b7")


def test_a_failure_is_marked_and_its_text_is_not_sent(walk: Any) -> None:
    client, collected = walk
    answer = client.post("/predict", content=b"text-of-a-person", headers={"X-Request-ID": "walk-3"})
    assert answer.status_code == 415

    def outer_of(spans: Any) -> Any:
        return [s for s in spans if s.service == "recommender" and s.attributes.get("request_id") == "walk-3"]

    spans = collected.wait(outer_of)
    (outer,) = outer_of(spans)
    (call,) = [span for span in spans if span.parent == outer.id and span.service == "recommender"]
    assert call.attributes["error.type"] == "InferenceRefusedError"
    assert call.failed


def test_nothing_personal_is_sent(walk: Any) -> None:
    """No file name, user id, address, browser, cookie or query, in no attribute and nowhere else."""
    client, collected = walk
    client.get("/users/id-of-a-person/history")
    client.get("/recommend?emotion=sad&user_id=id-of-a-person")
    client.get("/path-of-a-person")
    client.post("/recommend/photo", files=PHOTO, data={"user_id": "id-of-a-person"})
    last = client.get("/items?q=query-of-a-person", headers={"X-Request-ID": "walk-last"})
    assert last.status_code == 200
    collected.wait(lambda spans: any(span.attributes.get("request_id") == "walk-last" for span in spans))
    sent = b"".join(collected.bodies)
    assert b"GET /users/{user_id}/history" in sent
    for secret in (b"of-a-person", b"203.0.113.77", b"127.0.0.1"):
        assert secret not in sent
    known = {"http.request.method", "http.route", "http.response.status_code", "request_id", "faces"}
    known |= {"server.address", "error.type"}
    assert {name for span in collected.spans() for name in span.attributes} <= known


def test_probes_are_not_traced(walk: Any) -> None:
    client, collected = walk
    client.get("/readyz")
    client.get("/recommend?emotion=sad", headers={"X-Request-ID": "walk-after"})
    spans = collected.wait(lambda spans: any(s.attributes.get("request_id") == "walk-after" for s in spans))
    assert not any("/readyz" in span.name for span in spans)


def test_a_collector_that_is_away_holds_up_neither_answers_nor_the_end(tmp_path: Path) -> None:
    with serve("inference", tmp_path / "log", otlp_endpoint=f"http://127.0.0.1:{free_port()}") as address:
        assert httpx.post(f"{address}/predict", content=PHOTO["file"][1], timeout=60).status_code == 200
        started = time.monotonic()
    assert time.monotonic() - started < 10
    lines = (tmp_path / "log").read_text().splitlines()
    assert not [line for line in lines if line.startswith("Traceback")]


@pytest.mark.parametrize("service", ["inference", "recommender"])
def test_off_nothing_that_traces_is_even_imported(service: Any) -> None:
    program = (
        f"import sys; from services.{service}.main import create_app; create_app(); "
        f"sys.exit(any(name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter', "
        f"'services.{service}.tracing')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("service", ["inference", "recommender"])
def test_without_the_extra_the_start_is_refused_in_one_line(service: Any) -> None:
    program = (
        "import sys; sys.modules['opentelemetry.sdk'] = sys.modules['opentelemetry.exporter'] = None; "
        f"import uvicorn; uvicorn.main(['--factory', 'services.{service}.main:create_app', '--port', '0'])"
    )
    setting = f"{service.upper()}_OTLP_ENDPOINT"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {setting: "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr == (
        f"traces are asked for by {setting}, and what sends them is not installed: "
        "python -m pip install -r requirements/tracing.txt\n"
    )
