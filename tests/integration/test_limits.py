"""What one request may bring and how slowly, and what all may hold: the same for both services."""

import contextlib
import itertools
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.helpers import pictures
from tests.helpers.recommender import FakeInference, assert_problem, recommender
from tests.helpers.serving import serve

PHOTO = pictures.ASTRONAUT.read_bytes()
SLOW = {"body_grace_s": 0.5, "body_min_bytes_per_s": 20_000}


@pytest.fixture(scope="module", params=["inference", "recommender"])
def service(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    made_catalogue: Path,
    inference_server: tuple[FakeInference, str],
) -> Iterator[Any]:
    """A client of each service, impatient and with little room for bodies."""
    folder = tmp_path_factory.mktemp("limits")
    if request.param == "inference":
        room = {"max_upload_bytes": "200000", "max_batch_bytes": "200000", "max_bodies_bytes": "1"}
        slow = {name: str(value) for name, value in SLOW.items()}
        with (
            serve("inference", folder / "log", **room, **slow) as address,
            httpx.Client(base_url=address, timeout=30) as client,
        ):
            yield client
    else:
        settings = {"max_upload_bytes": 262_144, "max_bodies_bytes": 262_144, "max_json_bytes": 10_000}
        url = f"sqlite:///{folder / 'r.db'}"
        with recommender(
            database_url=url,
            catalogue_dir=made_catalogue,
            inference_url=inference_server[1],
            **settings,
            **SLOW,
        ) as client:
            yield client


def raw(client: httpx.Client) -> socket.socket:
    return socket.create_connection((client.base_url.host, client.base_url.port), timeout=20)


def answer_of(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what comes until the server closes or is silent."""
    data = b""
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        while chunk := connection.recv(65536):
            data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


def head_of(path: str, length: int, *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {length}", "Content-Type: image/jpeg"]
    return "\r\n".join([*lines, *more, "", ""]).encode()


@pytest.mark.parametrize(
    "headers", [{f"x-{i}": "1" for i in range(101)}, {"x": "y" * 17_000}], ids=["many", "large"]
)
def test_too_many_headers_are_a_problem(service: Any, headers: Any) -> None:
    assert_problem(service.get("/healthz", headers=headers), 431, "headers_too_large")
    assert service.get("/healthz").status_code == 200


def test_headers_that_do_not_end_are_cut(service: Any) -> None:
    """Else one connection could fill the memory before a request has even begun."""
    line = b"X-Filler: " + b"a" * 1000 + b"\r\n"
    sent = 0
    with raw(service) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        for _ in range(3000):
            connection.sendall(line)
            sent += len(line)
    assert sent < 3_000_000
    assert service.get("/healthz").status_code == 200


def test_a_body_that_stops_coming_is_cut(service: Any) -> None:
    with raw(service) as connection:
        started = time.monotonic()
        connection.sendall(head_of("/predict", len(PHOTO)) + PHOTO[:100])
        status, headers, body = answer_of(connection)
        taken = time.monotonic() - started
    assert status == 408
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert json.loads(body)["code"] == "slow_body"
    assert taken > 0.4


def test_a_body_that_drips_is_cut_though_it_never_stops(service: Any) -> None:
    with raw(service) as connection:
        connection.sendall(head_of("/predict", 100_000))
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(b"x" * 100)
                time.sleep(0.02)
        assert answer_of(connection)[0] == 408


def test_a_slow_body_that_keeps_the_pace_is_read(service: Any) -> None:
    with raw(service) as connection:
        connection.sendall(head_of("/predict", len(PHOTO), "Connection: close"))
        half = len(PHOTO) // 2
        connection.sendall(PHOTO[:half])
        time.sleep(0.8)  # past the grace
        connection.sendall(PHOTO[half:])
        assert answer_of(connection)[0] == 200


def test_bodies_under_way_find_no_more_room_than_there_is(service: Any) -> None:
    """Four uploads that have sent 60 kB each fill the room; a fifth is told to come again, and then can."""
    held = []
    try:
        for _ in range(4):
            connection = raw(service)
            connection.sendall(head_of("/predict", len(PHOTO)) + PHOTO[:60_000])
            held.append(connection)
        time.sleep(0.2)
        refused = service.post("/predict", content=PHOTO)
        assert_problem(refused, 503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert service.get("/healthz").status_code == 200
    finally:
        for connection in held:
            connection.close()
    end = time.monotonic() + 10
    while service.post("/predict", content=PHOTO).status_code != 200:
        assert time.monotonic() < end, "the room was not given back"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def limited(
    tmp_path_factory: pytest.TempPathFactory,
    made_catalogue: Path,
    inference_server: tuple[FakeInference, str],
) -> Iterator[Any]:
    """Three requests at once, then one every ten seconds; the loopback is a trusted proxy."""
    with recommender(
        database_url=f"sqlite:///{tmp_path_factory.mktemp('rate') / 'r.db'}",
        catalogue_dir=made_catalogue,
        inference_url=inference_server[1],
        rate_per_minute=6,
        rate_burst=3,
        feedback_per_minute=2,
        trusted_proxies="127.0.0.0/8",
        cors_origins="https://app.example.org",
    ) as client:
        yield client


def test_a_client_beyond_its_rate_is_told_when_to_come_again(limited: Any) -> None:
    client = {"X-Forwarded-For": "198.51.100.1"}
    answers = [limited.get("/emotions", headers=client) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"].split(";t=")[0] for answer in answers] == [
        f'"client";r={left}' for left in (2, 1, 0, 0)
    ]
    assert answers[0].headers["ratelimit-policy"] == '"client";q=3;w=30'
    assert_problem(answers[3], 429, "too_many_requests")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 10


def test_other_clients_and_health_are_not_touched(limited: Any) -> None:
    one = {"X-Forwarded-For": "198.51.100.2"}
    assert [limited.get("/emotions", headers=one).status_code for _ in range(5)].count(429) == 2
    assert limited.get("/emotions", headers={"X-Forwarded-For": "198.51.100.3"}).status_code == 200
    for path in ("/healthz", "/readyz", "/metrics"):
        assert [limited.get(path, headers=one).status_code for _ in range(5)] == [200] * 5


def test_one_network_of_ipv6_is_one_client(limited: Any) -> None:
    codes = [
        limited.get("/emotions", headers={"X-Forwarded-For": f"2001:db8::{i}"}).status_code for i in range(5)
    ]
    assert codes.count(429) == 2


def test_a_live_view_counts_as_a_request(limited: Any) -> None:
    headers = {"X-Forwarded-For": "198.51.100.4"}
    for _ in range(3):
        limited.get("/emotions", headers=headers)
    url = f"{limited.base_url}/stream".replace("http", "ws")
    with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=headers):
        pass
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["content-type"] == "application/problem+json"


def test_without_trusted_proxies_the_header_is_not_believed(sqlite_url: str, made_catalogue: Path) -> None:
    with recommender(
        database_url=sqlite_url, catalogue_dir=made_catalogue, rate_per_minute=6, rate_burst=3
    ) as client:
        codes = [
            client.get("/emotions", headers={"X-Forwarded-For": f"198.51.100.{i}"}).status_code
            for i in range(5)
        ]
        assert codes == [200, 200, 200, 429, 429]


def test_feedback_has_a_limit_of_its_own(limited: Any) -> None:
    """Beyond it feedback is 429, whatever ids it comes under; other clients and requests go on."""
    ids = itertools.count()

    def say(client: str) -> Any:
        body = {"user_id": f"one-of-many-{next(ids)}", "item_id": 1, "action": "like"}
        return limited.post("/feedback", json=body, headers={"X-Forwarded-For": client})

    answers = [say("198.51.100.8") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert_problem(answers[2], 429, "too_many_requests")
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    policies = answers[0].headers.get_list("ratelimit-policy", split_commas=True)
    assert policies == ['"feedback";q=2;w=60', '"client";q=3;w=30']
    assert say("198.51.100.9").status_code == 201


def test_only_sites_that_are_named_may_call(limited: Any, api_without_limits: Any) -> None:
    asks = {"Access-Control-Request-Method": "POST", "X-Forwarded-For": "198.51.100.5"}
    named = limited.options("/recommend", headers={"Origin": "https://app.example.org", **asks})
    assert named.headers["access-control-allow-origin"] == "https://app.example.org"
    other = limited.options("/recommend", headers={"Origin": "https://evil.example", **asks})
    assert_problem(other, 400, "unreadable")
    assert "access-control-allow-origin" not in other.headers
    nobody = api_without_limits.get("/emotions", headers={"Origin": "https://app.example.org"})
    assert not [name for name in nobody.headers if name.startswith(("access-control", "ratelimit"))]


@pytest.fixture(scope="module")
def api_without_limits(sqlite_url: str, made_catalogue: Path) -> Iterator[Any]:
    with recommender(database_url=sqlite_url, catalogue_dir=made_catalogue) as client:
        yield client


def test_a_range_that_a_file_does_not_have_is_a_problem(api_without_limits: Any) -> None:
    answer = api_without_limits.get("/js/app.js", headers={"Range": "bytes=999999-"})
    assert_problem(answer, 416, "range_not_satisfiable")
    assert answer.headers["content-range"].startswith("bytes */")


def test_a_photo_that_waits_too_long_is_given_back(tmp_path: Path) -> None:
    with serve("inference", tmp_path / "log", workers="1", patience_s="0.001") as address:
        answer = httpx.post(f"{address}/predict", content=pictures.phone_photo(), timeout=30)
        assert_problem(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) > 0


def test_a_range_beyond_a_file_is_a_problem_of_inference_too(tmp_path: Path) -> None:
    with serve("inference", tmp_path / "log") as address:
        path, wrong = "/docs-assets/swagger-ui.css", {"Range": "bytes=999999999-"}
        assert_problem(httpx.get(f"{address}{path}", headers=wrong), 416, "range_not_satisfiable")
