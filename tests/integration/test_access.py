"""The optional access key, on both services."""

import base64
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from services.common.access import Access
from services.inference.settings import Settings as InferenceSettings
from services.recommender.settings import Settings as RecommenderSettings
from tests.helpers.recommender import FakeInference, assert_problem, recommender, serving

KEY = "a-key/of_the~tests+1="
RIGHT = {"Authorization": f"Bearer {KEY}"}
ENCODED = base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("=")


@pytest.fixture(scope="module")
def client(
    sqlite_url: str, made_catalogue: Path, inference_server: tuple[FakeInference, str]
) -> Iterator[httpx.Client]:
    settings = {
        "database_url": sqlite_url,
        "catalogue_dir": made_catalogue,
        "inference_url": inference_server[1],
        "access_key": KEY,
        "inference_access_key": "another",
        "cors_origins": ["https://example.org"],
    }
    with recommender(**settings) as client:
        yield client


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": KEY}, {"X-API-Key": KEY}]
)
@pytest.mark.parametrize("path", ["/recommend?emotion=sad", "/items", "/metrics", "/nothing"])
def test_without_key(client: httpx.Client, path: str, headers: dict[str, str]) -> None:
    """Without the key the whole API answers 401 and says how to send it."""
    answer = client.get(path, headers=headers | {"Origin": "https://example.org"})
    body = assert_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["access-control-allow-origin"] == "https://example.org"
    assert "Authorization: Bearer KEY" in body["detail"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_key(client: httpx.Client, scheme: str) -> None:
    """With the key everything is answered."""
    assert client.get("/items", headers={"Authorization": f"{scheme} {KEY}"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/openapi.json", "/docs-assets/swagger-ui.css", "/healthz", "/js/app.js", "/sw.js"]
)
def test_open_paths(client: httpx.Client, path: str) -> None:
    """The page, its files, /docs and health checks stay open."""
    assert client.get(path).status_code == 200


def test_path_without_slash(client: httpx.Client) -> None:
    """`OPTIONS *` asks for the server and names no path: it is answered as other calls are."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=30) as one:
        one.sendall(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert one.recv(12) == b"HTTP/1.1 401"


def test_photo_carries_own_key(client: httpx.Client, inference: FakeInference) -> None:
    """The recommender sends inference the key that inference asks for."""
    assert client.post("/predict", content=b"x", headers=RIGHT).status_code == 200
    assert inference.seen[-1]["headers"]["authorization"] == "Bearer another"


def test_refused_by_inference(client: httpx.Client, inference: FakeInference) -> None:
    """A key that inference does not take is a 502 of the recommender."""
    inference.answer({"code": "unauthorized", "detail": "x"}, 401)
    assert_problem(client.post("/predict", content=b"x", headers=RIGHT), 502, "inference_bad_answer")


@pytest.fixture(scope="module")
def socket_address() -> Iterator[str]:
    app = FastAPI()

    @app.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("in")

    with serving(Access(app, KEY)) as address:
        yield address.replace("http", "ws") + "/stream"


def test_socket_with_subprotocol(socket_address: str) -> None:
    """A browser's socket sends the key as a subprotocol, and is answered with `access-key`."""
    offered = [Subprotocol("access-key"), Subprotocol(ENCODED)]
    with connect(socket_address, subprotocols=offered) as socket:
        assert socket.subprotocol == "access-key"
        assert socket.recv(timeout=10) == "in"


def test_socket_with_header(socket_address: str) -> None:
    """Other clients send the header."""
    with connect(socket_address, additional_headers=RIGHT) as socket:
        assert socket.recv(timeout=10) == "in"


@pytest.mark.parametrize(
    "offered", [None, ["access-key"], ["access-key", "d3Jvbmc"], [ENCODED, "access-key"]]
)
def test_socket_without_key(socket_address: str, offered: list[Subprotocol] | None) -> None:
    """A socket without the key is refused with 401."""
    with pytest.raises(InvalidStatus) as refused, connect(socket_address, subprotocols=offered):
        pass
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("settings", [InferenceSettings, RecommenderSettings])
def test_key_settings(settings: type[InferenceSettings | RecommenderSettings]) -> None:
    """An empty key is none; one that no header can carry is refused."""
    assert settings.model_validate({"access_key": ""}).access_key is None
    for wrong in ("two words", "schlüssel", "a\n"):
        with pytest.raises(ValueError, match="letters, digits and signs"):
            settings.model_validate({"access_key": wrong})
