"""The live view through the recommender, before the real inference service and one that ends in every way."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import SHUT_RDWR
from threading import Thread

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_sockets
from websockets.typing import Origin

from tests.helpers import pictures
from tests.helpers.recommender import recommender
from tests.helpers.serving import free_port, serve

PHOTO = pictures.ASTRONAUT.read_bytes()


def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'catalogue.db'}"


def test_frames(tmp_path: Path) -> None:
    """Frames go to inference and its answers come back in order."""
    with (
        serve("inference", tmp_path / "inference.log") as inference,
        serve(
            "recommender", tmp_path / "log", inference_url=inference, database_url=sqlite(tmp_path)
        ) as address,
        connect(address.replace("http", "ws") + "/stream") as socket,
    ):
        for number in range(3):
            socket.send(PHOTO)
            answer = json.loads(socket.recv(timeout=30))
            assert answer["frame"] == number
            assert answer["emotion"] == "happy"
            assert answer["faces"][0]["id"] == 1
        socket.send("no frame")
        assert json.loads(socket.recv(timeout=30))["error"]["code"] == "bad_request"


def test_detect(tmp_path: Path) -> None:
    """`detect=false` is passed to inference."""
    with (
        serve("inference", tmp_path / "inference.log") as inference,
        serve(
            "recommender", tmp_path / "log", inference_url=inference, database_url=sqlite(tmp_path)
        ) as address,
        connect(address.replace("http", "ws") + "/stream?detect=false") as socket,
    ):
        socket.send(PHOTO)
        face = json.loads(socket.recv(timeout=30))["faces"][0]
        assert face["box"] == {"x": 0, "y": 0, "width": 512, "height": 512}
        assert face["detection_score"] is None


def test_no_inference(tmp_path: Path) -> None:
    """Without inference the client gets a problem, and the stream closes with 1013."""
    nobody = f"http://127.0.0.1:{free_port()}"
    with (
        serve(
            "recommender", tmp_path / "log", inference_url=nobody, database_url=sqlite(tmp_path)
        ) as address,
        connect(address.replace("http", "ws") + "/stream") as socket,
    ):
        problem = json.loads(socket.recv(timeout=30))["error"]
        assert problem["status"] == 503
        assert problem["code"] == "inference_unavailable"
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
        assert socket.close_code == 1013


def test_origin(tmp_path: Path) -> None:
    """A page of another site can open a stream only if a setting names it."""
    with (
        serve("inference", tmp_path / "inference.log") as inference,
        serve(
            "recommender",
            tmp_path / "log",
            inference_url=inference,
            database_url=sqlite(tmp_path),
            cors_origins="https://friend.example",
        ) as address,
    ):
        stream = address.replace("http", "ws") + "/stream"
        for origin in ("https://elsewhere.example", "null", "http://[no-address", "http://127.0.0.1:1"):
            with pytest.raises(InvalidStatus) as refused, connect(stream, origin=Origin(origin)):
                pass
            assert refused.value.response.status_code == 403
        for origin in (address, "https://friend.example"):
            with connect(stream, origin=Origin(origin)) as socket:
                socket.send(PHOTO)
                assert json.loads(socket.recv(timeout=30))["emotion"] == "happy"


def obey(socket: ServerConnection) -> None:
    """Closes the stream with the code and reason that a frame names, or breaks it."""
    while isinstance(frame := socket.recv(), bytes):
        if frame.startswith(b"{"):
            socket.close(**json.loads(frame))
        elif frame == b"break":
            socket.socket.shutdown(SHUT_RDWR)


@pytest.fixture
def stream(tmp_path: Path, made_catalogue: Path) -> Iterator[str]:
    """The address of a relay to an inference that ends as it is told."""
    with serve_sockets(obey, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        with recommender(
            database_url=sqlite(tmp_path),
            catalogue_dir=made_catalogue,
            inference_url=f"http://127.0.0.1:{port}",
            max_upload_bytes=10_000,
        ) as client:
            yield str(client.base_url).replace("http", "ws") + "/stream"
        server.shutdown()


def ending_of(socket: ClientConnection) -> tuple[int | None, str | None]:
    """Reads until the socket closes; the code and reason with which it did."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=30)
    return socket.close_code, socket.close_reason


def test_close_codes(stream: str) -> None:
    """The code and reason with which inference closes reach the client."""
    for ending in (
        (1000, "idle"),
        (1000, "length"),
        (1001, "shutting_down"),
        (1009, "too_large"),
        (1013, "busy"),
    ):
        with connect(stream) as socket:
            socket.send(json.dumps({"code": ending[0], "reason": ending[1]}).encode())
            assert ending_of(socket) == ending


def test_inference_breaks(stream: str) -> None:
    """A connection to inference that breaks ends the stream with 1013 `inference_unavailable`."""
    with connect(stream) as socket:
        socket.send(b"break")
        assert ending_of(socket) == (1013, "inference_unavailable")


@pytest.mark.parametrize("size", [20_000, 17 * 2**20], ids=["setting", "server"])
def test_large_frame(stream: str, size: int) -> None:
    """A frame above the recommender's or the server's own limit ends the stream with 1009 `too_large`."""
    with connect(stream) as socket:
        socket.send(bytes(size))
        assert ending_of(socket) == (1009, "too_large")


def test_stop(tmp_path: Path, made_catalogue: Path) -> None:
    """A service that stops ends its streams with 1001 `shutting_down`."""
    with ExitStack() as stack:
        inference = stack.enter_context(serve("inference", tmp_path / "inference.log"))
        with recommender(
            database_url=sqlite(tmp_path), catalogue_dir=made_catalogue, inference_url=inference
        ) as client:
            address = str(client.base_url).replace("http", "ws") + "/stream"
            socket = stack.enter_context(connect(address))
            socket.send(PHOTO)
            socket.recv(timeout=30)
        assert ending_of(socket) == (1001, "shutting_down")
