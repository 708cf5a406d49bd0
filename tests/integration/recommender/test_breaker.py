"""The breaker while inference hangs, drips, answers garbage or is away."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.recommender.inference_client import MAX_ANSWER_BYTES
from tests.helpers.recommender import PREDICTION, FakeInference, assert_problem, recommender
from tests.helpers.serving import ROOT, free_port

PHOTO = b"\xff\xd8 not looked into by this service \xff\xd9"
FAILURES = 2
TIMEOUT_S = 0.6
PAUSE_S = 1.5
FAILS = {"hang": 504, "drip": 504, "garbage": 502, "half": 502, "endless": 502}


class Inference:
    """The sick server's process."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-I", "tests/helpers/sick_inference.py"]
        self.process = subprocess.Popen(
            [*command, str(self.port), json.dumps(PREDICTION)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.become("ok")

    def become(self, mode: str) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{mode}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == f"{mode}\n"

    def end(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)


@pytest.fixture(scope="module")
def sick() -> Iterator[Any]:
    inference = Inference(free_port())
    yield inference
    inference.end()


@pytest.fixture(scope="module")
def api(sick: Any, sqlite_url: str, made_catalogue: Path) -> Iterator[Any]:
    """Every test leaves it healed."""
    with recommender(
        database_url=sqlite_url,
        catalogue_dir=made_catalogue,
        inference_url=f"http://127.0.0.1:{sick.port}",
        inference_timeout_s=TIMEOUT_S,
        inference_failures=FAILURES,
        inference_pause_s=PAUSE_S,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def beside_a_fake(
    inference_server: tuple[FakeInference, str], sqlite_url: str, made_catalogue: Path
) -> Iterator[Any]:
    """A client of a recommender whose breaker opens at the first failure, beside the fake inference."""
    with recommender(
        database_url=sqlite_url,
        catalogue_dir=made_catalogue,
        inference_url=inference_server[1],
        inference_failures=1,
        inference_pause_s=0.01,
    ) as client:
        yield client


def send(api: httpx.Client) -> httpx.Response:
    return api.post("/predict", content=PHOTO, headers={"Content-Type": "image/jpeg"})


def everything_without_a_photo_works(api: httpx.Client) -> None:
    assert api.get("/recommend", params={"emotion": "sad"}).status_code == 200
    assert api.post("/recommend", json={"probabilities": PREDICTION["probabilities"]}).status_code == 200
    assert api.get("/items/1").status_code == 200
    feedback = {"user_id": "u", "item_id": 1, "action": "like"}
    assert api.post("/feedback", json=feedback).status_code == 201
    assert api.get("/users/u/history").status_code == 200
    assert api.delete("/users/u").status_code == 204
    assert api.get("/").status_code == 200
    assert api.get("/readyz").json()["inference"] in {"ok", "unavailable"}


def until_photos_are_read(api: httpx.Client) -> None:
    end = time.monotonic() + 20
    while send(api).status_code != 200:
        assert time.monotonic() < end, "did not recover"
        time.sleep(0.1)


@pytest.mark.parametrize(("mode", "status"), FAILS.items())
def test_failing_inference(api: httpx.Client, sick: Any, mode: str, status: int) -> None:
    """While inference fails, photos are rejected quickly and all else works; they recover by themselves."""
    until_photos_are_read(api)
    sick.become(mode)
    for _ in range(FAILURES):
        answer = send(api)
        assert answer.elapsed.total_seconds() < TIMEOUT_S + 2
        assert_problem(answer, status, "inference_timeout" if status == 504 else "inference_bad_answer")
        assert int(answer.headers["retry-after"]) > 0
    refused = api.post("/recommend/photo", files={"file": PHOTO})
    assert_problem(refused, 503, "inference_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert api.get("/readyz").json()["breaker"] == "opened"
    assert 'recommender_inference_breaker{state="opened"} 1.0' in api.get("/metrics").text
    everything_without_a_photo_works(api)
    sick.become("ok")
    until_photos_are_read(api)
    assert api.get("/readyz").json()["breaker"] == "closed"


def calls(api: httpx.Client) -> dict[str, float]:
    """How many photos had which outcome between the services."""
    return {
        sample.labels["outcome"]: sample.value
        for family in text_string_to_metric_families(api.get("/metrics").text)
        for sample in family.samples
        if sample.name == "recommender_inference_duration_seconds_count"
    }


def test_one_trial_at_a_time(api: httpx.Client, sick: Any) -> None:
    """Of eight clients over two pauses, two or three photos wait for a hanging inference, none for long."""
    until_photos_are_read(api)
    sick.become("hang")
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status_code for answer in pool.map(lambda _: send(api), range(8))} <= {503, 504}
        before, end = calls(api), time.monotonic() + 2 * PAUSE_S + TIMEOUT_S

        def ask(_: int) -> list[float]:
            taken = []
            while time.monotonic() < end:
                answer = send(api)
                assert answer.status_code in {503, 504}
                taken.append(answer.elapsed.total_seconds())
                time.sleep(0.1)
            return taken

        taken = [seconds for each in pool.map(ask, range(8)) for seconds in each]
    asked = calls(api)["inference_timeout"] - before["inference_timeout"]
    assert 1 <= asked <= 3
    assert len(taken) > 3 * asked
    assert max(taken) < 2
    sick.become("ok")
    until_photos_are_read(api)


def test_hanging_photos_leave_room(sick: Any, sqlite_url: str, made_catalogue: Path) -> None:
    """Of eight photos four wait and four are rejected, and moods are still answered."""
    sick.become("hang")
    with (
        recommender(
            database_url=sqlite_url,
            catalogue_dir=made_catalogue,
            inference_url=f"http://127.0.0.1:{sick.port}",
            inference_timeout_s=4,
            inference_at_once=4,
            max_requests=8,
        ) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        photos = [pool.submit(send, client) for _ in range(8)]
        assert_problem(next(as_completed(photos)).result(), 503, "busy")
        assert client.get("/recommend", params={"emotion": "sad"}).status_code == 200
        assert client.get("/items/1").status_code == 200
        assert [photo.done() for photo in photos].count(False) >= 4
        assert sorted(photo.result().status_code for photo in photos) == [503] * 4 + [504] * 4
    sick.become("ok")


def test_inference_comes_back(api: httpx.Client, sick: Any) -> None:
    """Photos are read again once an inference that was down is back."""
    until_photos_are_read(api)
    sick.end()
    for _ in range(FAILURES + 1):
        assert_problem(send(api), 503, "inference_unavailable")
    everything_without_a_photo_works(api)
    sick.start()
    until_photos_are_read(api)


def test_rejected_photo_is_no_failure(beside_a_fake: Any, inference: FakeInference) -> None:
    """An answer about the photo, or that inference is busy, does not open the breaker."""
    for status, code, expected in ((415, "unsupported_image", 415), (503, "busy", 503)):
        inference.answer({"status": status, "detail": "x", "code": code}, status)
        for _ in range(3):
            assert send(beside_a_fake).status_code == expected
        assert beside_a_fake.get("/readyz").json()["breaker"] == "closed"


@pytest.mark.parametrize("path", ["/predict", "/recommend/photo"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"[" * 100_000),
        (200, b'{"emotion": "sad", "probabilities": {"sad": NaN}}'),
        (200, b'{"emotion": "\\ud800"}'),
        (200, b"\xff\xfe{}"),
        (200, b" " * (MAX_ANSWER_BYTES + 1) + b"{}"),
        (415, b'{"code": "x", "detail": "\\ud800"}'),
        (499, b'{"code": "x", "detail": "y"}'),
        (401, b'{"code": "x", "detail": "y"}'),
        (201, b"{}"),
        (600, b"{}"),
    ],
)
def test_unusable_answers(
    beside_a_fake: Any, inference: FakeInference, path: str, status: int, body: Any
) -> None:
    """An answer that cannot be parsed or passed on is a 502."""
    time.sleep(0.02)  # the pause after the failure before
    inference.answer(body, status)
    assert_problem(beside_a_fake.post(path, files={"file": PHOTO}), 502, "inference_bad_answer")


def test_overflowing_number(beside_a_fake: Any, inference: FakeInference) -> None:
    """A number beyond what a float holds does not fail the request."""
    time.sleep(0.02)
    inference.answer(b'{"emotion": "sad", "x": 1e999}')
    assert send(beside_a_fake).status_code == 200
