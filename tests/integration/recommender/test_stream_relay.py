"""The live view through the recommender, against the real inference service."""

import json
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.helpers import pictures
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
