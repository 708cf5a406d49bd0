"""What comes before there is a request: the same for both services."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import websockets.sync.client

from services.common.protocol import MAX_HEAD_BYTES, HeadTimeoutProtocol
from services.inference import protocol as inference
from services.recommender import protocol as recommender
from tests.helpers.recommender import serving


class InAHurry(HeadTimeoutProtocol):
    head_s = 0.5


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads a body and answers: /early does not read, /late takes its time, /echo sends the body back.

    A socket says one word late.
    """
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await asyncio.sleep(1.2)
        await send({"type": "websocket.send", "text": "still here"})
    if scope["type"] == "http":
        answer, more = b"", scope["path"] != "/early"
        while more:
            message = await receive()
            answer, more = answer + message.get("body", b""), message.get("more_body", False)
        answer = answer if scope["path"] == "/echo" else b"ok"
        length = (b"content-length", str(len(answer)).encode())
        await asyncio.sleep(1.2 if scope["path"] == "/late" else 0)
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": answer})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(app, http=InAHurry) as address:
        port = httpx.URL(address).port
        assert port
        yield port


def test_the_old_names_still_lead_to_it() -> None:
    """Command lines of other people name them; for one more release."""
    assert inference.PatientProtocol is recommender.PatientProtocol is HeadTimeoutProtocol


def closed_after(connection: Any) -> Any:
    """Seconds until the server hangs up, and what it said before."""
    started, said = time.monotonic(), b""
    while chunk := connection.recv(1000):
        said += chunk
    return time.monotonic() - started, said


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_who_says_nothing_is_hung_up_on(port: int) -> None:
    with connect(port) as silent:
        seconds, said = closed_after(silent)
        assert seconds > 0.3
        assert said == b""


def test_headers_that_drip_are_not_waited_for(port: int) -> None:
    """Each byte is in time, the whole never is: with uvicorn alone such connections stayed for ever."""
    with connect(port) as dripping:
        dripping.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        dripping.settimeout(0.05)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                dripping.sendall(b"X")
                if dripping.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
    raise AssertionError("the connection was kept")


def test_a_second_request_that_drips_is_not_waited_for_either(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n")
        _, said = closed_after(connection)
        assert said.count(b"200 OK") == 1


def test_a_connection_that_is_used_stays(port: int) -> None:
    with connect(port) as connection:
        for _ in range(4):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(1000).endswith(b"ok")
            time.sleep(0.2)


def test_a_slow_body_is_not_the_protocols_business(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
        for _ in range(3):
            time.sleep(0.3)
            connection.sendall(b"x")
        assert connection.recv(1000).endswith(b"ok")


def test_an_answer_may_take_longer(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1000).endswith(b"ok")


def test_a_websocket_may_take_longer(port: int) -> None:
    with websockets.sync.client.connect(f"ws://127.0.0.1:{port}/") as stream:
        assert stream.recv(timeout=10) == "still here"


def test_what_comes_after_an_early_answer_keeps_nothing_open(port: int) -> None:
    """The server gave up its own timer at the first byte, and waited for ever for the rest."""
    with connect(port) as connection:
        connection.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        assert connection.recv(1000).endswith(b"ok")
        connection.sendall(b"a")
        seconds, _ = closed_after(connection)
        assert seconds < 5


@pytest.mark.parametrize(
    "asked",
    [
        b"POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_broken_chunk_leaves_no_traceback(asked: Any, port: int, caplog: pytest.LogCaptureFixture) -> None:
    with connect(port) as connection:
        connection.sendall(asked)
        time.sleep(0.2)
        connection.sendall(b"zz!\r\n")
        closed_after(connection)
    assert not [record for record in caplog.records if record.exc_info]


def test_what_is_no_http_is_told_so_in_the_form_of_all_errors(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        _, said = closed_after(connection)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == 400
    assert problem["request_id"].encode() in head


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("whole", "endless"),
    [(b"", b"GET /"), (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: "), (CHUNKED, b"0\r\nX: "), (CHUNKED, b"1;")],
    ids=["address", "header", "trailer", "extension"],
)
def test_endless_heads(whole: bytes, endless: bytes, port: int) -> None:
    """What never ends and is no body is refused after 64 KiB: the parser would keep it."""
    with connect(port) as connection:
        if whole:
            connection.sendall(whole)
            time.sleep(0.2)  # so that it arrives alone
        connection.sendall(endless.ljust(MAX_HEAD_BYTES + 1, b"a"))
        _, said = closed_after(connection)
    assert said.startswith(b"HTTP/1.1 431 ")
    assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == "headers_too_large"


def test_large_chunked_body(port: int) -> None:
    """A body that comes in many chunks is no head, however large it is."""
    with connect(port) as connection:
        connection.sendall(CHUNKED + 300 * (b"400\r\n" + bytes(1024) + b"\r\n") + b"0\r\nX: trailer\r\n\r\n")
        assert connection.recv(1000).endswith(b"ok")


def test_pipelining(port: int) -> None:
    """Requests that are sent ahead are answered in turn; far too many close the connection."""
    with connect(port) as connection:
        connection.sendall(10 * b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while said.count(b"200 OK") < 10:
            said += connection.recv(1000)
    with connect(port) as connection:
        connection.sendall(1000 * b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
        _, said = closed_after(connection)
        assert said.count(b"200 OK") == 0


def test_missing_host(port: int) -> None:
    """HTTP/1.1 demands Host; HTTP/1.0 does not."""
    with connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert closed_after(connection)[1].startswith(b"HTTP/1.1 400 ")
    with connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert closed_after(connection)[1].endswith(b"ok")


OFFER = b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
BODIES = {
    "length": b"Content-Length: 5\r\n\r\nphoto",
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n5\r\nphoto\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
def test_upgrade_beside_a_body(upgrade: bytes, body: bytes, port: int) -> None:
    """Who offers another protocol with a photo, as Java's HttpClient does, is answered in this one."""
    request = OFFER + b"Upgrade: " + upgrade + b"\r\n" + body
    with connect(port) as connection:
        connection.sendall(request + request)
        said = b""
        while said.count(b"photo") < 2:
            said += connection.recv(1000) or pytest.fail(repr(said))
    with connect(port) as connection:
        for byte in request:
            connection.sendall(bytes([byte]))
        assert connection.recv(1000).endswith(b"photo")


def test_upgrade_without_a_body(port: int) -> None:
    """An offer of another protocol is no obstacle to what follows."""
    with connect(port) as connection:
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
            assert connection.recv(1000).endswith(b"ok")
