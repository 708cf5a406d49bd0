"""The limit of requests at once."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.pictures import ASTRONAUT
from tests.helpers.recommender import FakeInference, assert_problem, recommender


@pytest.fixture
def full(
    sqlite_url: str,
    made_catalogue: Path,
    inference_server: tuple[FakeInference, str],
    inference: FakeInference,
) -> Iterator[Any]:
    """A service with room for one request, which a photo has taken; and what lets the photo go."""
    inference.hold = threading.Event()
    settings = {"database_url": sqlite_url, "catalogue_dir": made_catalogue, "max_requests": 1}
    with recommender(inference_url=inference_server[1], **settings) as client, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.post, "/predict", content=ASTRONAUT.read_bytes())
        try:
            while not inference.seen:
                assert not waiting.done(), waiting.result().text
            yield client, waiting, inference.hold
        finally:
            inference.hold.set()


def test_one_request_too_many(full: Any) -> None:
    """A request beyond the limit gets 503 with Retry-After; those under way are finished."""
    client, waiting, hold = full
    refused = client.get("/recommend", params={"emotion": "sad"})
    assert_problem(refused, 503, "busy")
    assert int(refused.headers["retry-after"]) > 0
    assert_problem(client.post("/recommend", json={"emotion": "sad"}), 503, "busy")
    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 200
    hold.set()
    assert waiting.result(30).status_code == 200
    assert client.get("/recommend", params={"emotion": "sad"}).status_code == 200


def test_full_before_body(full: Any) -> None:
    """A request that finds the service full is answered before its body comes."""
    client, _, _ = full
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=5) as late:
        late.sendall(b"POST /feedback HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n")
        assert late.recv(1000).startswith(b"HTTP/1.1 503")


def test_whole_body_first(full: Any) -> None:
    """A client that reads only after its 60 MB gets the 503, and its connection serves the next request."""
    client, _, _ = full
    head = b"POST /recommend/photo HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=30) as deaf:
        deaf.sendall(head)
        for _ in range(60):
            deaf.sendall(bytes(1_000_000))
        answer = deaf.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b'"code":"busy"' in answer
        deaf.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert deaf.recv(10_000).startswith(b"HTTP/1.1 200")


def test_refused_at_door(full: Any) -> None:
    """A refusal before the application is the one that it gives, counted and with the client's id."""
    client, _, _ = full
    asked = {"params": {"emotion": "sad"}, "headers": {"X-Request-ID": "mine"}}
    early = client.get("/recommend", **asked)
    # The application itself refuses whatever has an Origin.
    late = client.get("/recommend", **asked | {"headers": asked["headers"] | {"Origin": "https://x.example"}})
    assert early.json() == late.json()
    assert early.headers["x-request-id"] == "mine"
    assert {**early.headers, "date": ""} == {**late.headers, "date": ""}
    refused = 'recommender_requests_total{method="GET",route="(none)",status="503"} 2.0'
    assert refused in client.get("/metrics").text


def test_few_database_connections(database_url: str, made_catalogue: Path) -> None:
    """Eighty requests at once are all served over two connections to the database."""
    settings = {"database_url": database_url, "catalogue_dir": made_catalogue, "database_pool_size": 2}

    def ask(client: Any, number: Any) -> Any:
        if number % 2:
            opinion = {"user_id": f"one-of-many-{number % 7}", "item_id": 1, "action": "open"}
            return client.post("/feedback", json=opinion)
        return client.get("/recommend", params={"emotion": "sad", "user_id": f"one-of-many-{number % 7}"})

    limits = {"max_requests": 100, "feedback_per_minute": 0}
    with recommender(**limits, **settings) as client, ThreadPoolExecutor(80) as pool:
        for _ in range(3):
            answers = list(pool.map(lambda number: ask(client, number), range(80)))
            assert Counter(answer.status_code for answer in answers) == {200: 40, 201: 40}


def test_slow_sender_takes_no_place(sqlite_url: str, made_catalogue: Path) -> None:
    """A request counts only once its body is complete."""
    settings = {"database_url": sqlite_url, "catalogue_dir": made_catalogue, "max_requests": 1}
    with (
        recommender(**settings) as client,
        socket.create_connection((client.base_url.host, client.base_url.port)) as slow,
    ):
        slow.sendall(b"POST /feedback HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
        for _ in range(5):
            assert client.get("/recommend", params={"emotion": "sad"}).status_code == 200
