"""Batch and stream over real HTTP and a real WebSocket, with the shipped model."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.helpers import pictures
from tests.helpers.serving import serve

PHOTO = pictures.ASTRONAUT.read_bytes()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("inference") / "log"
    with serve(
        "inference", log, max_batch="4", max_upload_bytes="1000000", stream_idle_s="2", max_streams="2"
    ) as address:
        yield address


@pytest.fixture
def socket(address: str) -> Iterator[Any]:
    with connect(address.replace("http", "ws") + "/stream") as socket:
        yield socket


def shifted(pixels: int) -> bytes:
    """The astronaut moved to the right, as a head moves between two frames."""
    frame = Image.new("RGB", (512, 512))
    frame.paste(pictures.astronaut(), (pixels, 0))
    return pictures.encode(frame, "JPEG")


def ask(socket: Any, data: Any) -> Any:
    socket.send(data)
    return json.loads(socket.recv(timeout=30))


def test_one_bad_image_never_costs_the_others(address: str) -> None:
    files = [
        ("files", ("good.jpg", PHOTO)),
        ("files", ("bad.txt", b"not an image")),
        ("files", ("blank.png", pictures.png_of_zeros(64, 64))),
        ("files", ("big.bin", b"\xff" * 1_000_001)),
    ]
    answer = httpx.post(f"{address}/predict/batch", files=files, timeout=30)
    results = answer.json()["results"]
    assert [r["filename"] for r in results] == ["good.jpg", "bad.txt", "blank.png", "big.bin"]
    assert [r["status"] for r in results] == [200, 415, 200, 413]
    assert results[0]["prediction"]["emotion"] == "happy"
    assert set(results[0]) == {"filename", "status", "prediction"}
    assert results[1]["error"]["code"] == "unsupported_image"
    assert set(results[1]) == {"filename", "status", "error"}
    assert results[2]["prediction"]["faces"] == []


def test_a_batch_alone_answers_as_single_photos_do(address: str) -> None:
    one = httpx.post(f"{address}/predict", content=PHOTO).json()
    many = httpx.post(f"{address}/predict/batch", files=[("files", ("a.jpg", PHOTO))] * 3).json()
    assert [r["prediction"]["faces"] for r in many["results"]] == [one["faces"]] * 3


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"files": [("files", ("a.jpg", b"x"))] * 5}, 413),
        ({"files": [("file", ("a.jpg", b"x"))]}, 422),
        ({"content": PHOTO}, 415),
    ],
    ids=["too many files", "other field", "no form"],
)
def test_bad_batches_are_problems(address: str, sent: Any, status: int) -> None:
    answer = httpx.post(f"{address}/predict/batch", **sent)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_face_keeps_its_id_while_it_moves(socket: Any) -> None:
    answers = [ask(socket, shifted(8 * step)) for step in range(12)]
    assert [a["frame"] for a in answers] == list(range(12))
    assert {len(a["faces"]) for a in answers} == {1}
    assert {a["faces"][0]["id"] for a in answers} == {1}
    moved = answers[-1]["faces"][0]["box"]["x"] - answers[0]["faces"][0]["box"]["x"]
    assert moved == pytest.approx(88, abs=15)
    assert answers[-1]["emotion"] == "happy"


def test_a_face_that_leaves_is_gone_and_comes_back_as_another(socket: Any) -> None:
    blank = pictures.png_of_zeros(512, 512)
    first = ask(socket, PHOTO)["faces"][0]["id"]
    assert ask(socket, blank)["faces"] == []
    again = ask(socket, PHOTO)["faces"][0]["id"]
    assert again == first  # within the patience of the tracker it is the same face


def test_bad_frames_are_errors_and_the_stream_goes_on(socket: Any) -> None:
    assert ask(socket, b"nonsense")["error"]["status"] == 415
    assert ask(socket, "text")["error"]["status"] == 400
    assert ask(socket, b"")["error"]["status"] == 400
    assert ask(socket, b"\xff" * 1_000_001)["error"]["status"] == 413
    answer = ask(socket, PHOTO)
    assert answer["frame"] == 4
    assert answer["emotion"] == "happy"


def test_frames_that_pile_up_are_dropped_for_the_newest(socket: Any) -> None:
    for _ in range(60):
        socket.send(PHOTO)
    answered = [json.loads(socket.recv(timeout=30))["frame"]]
    while answered[-1] != 59:
        answered.append(json.loads(socket.recv(timeout=30))["frame"])
    assert answered == sorted(set(answered))
    assert len(answered) < 60


def test_a_silent_stream_is_closed(socket: Any) -> None:
    ask(socket, PHOTO)
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=20)
    assert (socket.close_code, socket.close_reason) == (1000, "idle")


def test_long_stream(tmp_path: Path) -> None:
    """A stream is closed after its longest time, though its client goes on sending."""
    with (
        serve("inference", tmp_path / "log", stream_length_s="1") as address,
        connect(address.replace("http", "ws") + "/stream") as socket,
    ):
        with suppress(ConnectionClosed):
            while True:
                ask(socket, PHOTO)
        assert (socket.close_code, socket.close_reason) == (1000, "length")


def test_more_streams_than_allowed_are_turned_away(address: str) -> None:
    url = address.replace("http", "ws") + "/stream"
    with connect(url) as one, connect(url) as two:
        ask(one, PHOTO)
        ask(two, PHOTO)
        with connect(url) as three:
            with pytest.raises(ConnectionClosed):
                three.recv(timeout=20)
            assert (three.close_code, three.close_reason) == (1013, "busy")
    with connect(url) as four:
        assert ask(four, PHOTO)["emotion"] == "happy"


def test_closed_streams_leave_nothing_behind(address: str) -> None:
    url = address.replace("http", "ws") + "/stream"
    for _ in range(2):  # every place that there is
        with connect(url) as socket:
            socket.send(PHOTO)  # and leave without waiting for the answer
    end = time.monotonic() + 20
    while "inference_streams 0.0" not in httpx.get(f"{address}/metrics").text:
        assert time.monotonic() < end, "a stream that was left is still counted"
        time.sleep(0.05)
    with connect(url) as socket:
        assert ask(socket, PHOTO)["emotion"] == "happy"


def test_a_page_of_another_site_opens_no_stream(address: str) -> None:
    stream = address.replace("http", "ws") + "/stream"
    for origin in ("https://elsewhere.example", "null", "http://[no-address"):
        with pytest.raises(InvalidStatus) as refused, connect(stream, origin=Origin(origin)):
            pass
        assert refused.value.response.status_code == 403
    with connect(stream, origin=Origin(address)) as socket:
        assert ask(socket, PHOTO)["emotion"] == "happy"


def test_large_frame_and_stop(tmp_path: Path) -> None:
    """A frame above the server's own limit ends a stream with 1009, the service's end with 1001."""
    with ExitStack() as stack:
        with serve("inference", tmp_path / "log") as address:
            url = address.replace("http", "ws") + "/stream"
            with connect(url) as large, suppress(ConnectionClosed):
                large.send(bytes(17 * 2**20))
                large.recv(timeout=30)
            assert (large.close_code, large.close_reason) == (1009, "too_large")
            left = stack.enter_context(connect(url))
            ask(left, PHOTO)
        with suppress(ConnectionClosed):
            left.recv(timeout=30)
        assert (left.close_code, left.close_reason) == (1001, "shutting_down")
