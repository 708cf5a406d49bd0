"""Requests as people and their libraries send them: each mistake is answered with what to send instead."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from services.common.limits import UploadBudget
from services.common.problems import BusyError, TooLargeError
from tests.helpers import pictures
from tests.helpers.recommender import assert_problem
from tests.helpers.serving import logged, serve_both

PHOTO = pictures.ASTRONAUT.read_bytes()
ROUTES = [("inference", "/predict"), ("recommender", "/predict"), ("recommender", "/recommend/photo")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("requests")


@pytest.fixture(scope="module")
def services(folder: Path) -> Iterator[dict[str, str]]:
    with serve_both(folder, {}, {}) as addresses:
        yield addresses


@pytest.mark.parametrize(("service", "path"), ROUTES)
@pytest.mark.parametrize("names", [["photo"], ["file", "file"], ["file", "limt"]])
def test_wrong_parts(services: dict[str, str], service: str, path: str, names: list[str]) -> None:
    """A part with a wrong name, and two parts `file`, are 422 and name the part that is wanted."""
    files = [(name, ("a.jpg", PHOTO)) for name in names]
    body = assert_problem(httpx.post(services[service] + path, files=files), 422, "invalid")
    assert "`file`" in body["detail"]


@pytest.mark.parametrize(("service", "path"), ROUTES)
def test_bytes_without_filename(services: dict[str, str], service: str, path: str) -> None:
    """A part `file` without a filename is a file, whatever is in it."""
    assert httpx.post(services[service] + path, files={"file": (None, PHOTO)}).status_code == 200
    answer = httpx.post(services[service] + path, files={"file": (None, b"text")})
    assert_problem(answer, 415, "unsupported_image")


@pytest.mark.parametrize(("service", "path"), ROUTES)
def test_no_boundary(services: dict[str, str], service: str, path: str) -> None:
    """A form without a boundary names the header that lacks it."""
    headers = {"Content-Type": "multipart/form-data"}
    answer = httpx.post(services[service] + path, content=b"--x\r\n", headers=headers)
    assert answer.status_code == 400
    assert "Content-Type" in answer.json()["detail"]


@pytest.mark.parametrize(("service", "path"), ROUTES)
def test_base64(services: dict[str, str], service: str, path: str) -> None:
    """JSON with base64 is told to send bytes."""
    answer = httpx.post(services[service] + path, json={"image": "iVBORw0KGgo="})
    assert "not base64" in assert_problem(answer, 415, "unsupported_image")["detail"]


def test_json_without_its_type(services: dict[str, str]) -> None:
    """JSON without its Content-Type names the header."""
    answer = httpx.post(services["recommender"] + "/recommend", content=b'{"emotion": "sad"}')
    assert "Content-Type: application/json" in assert_problem(answer, 422, "invalid")["detail"]


@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/model", "/healthz"])
def test_unknown_parameter(services: dict[str, str], path: str) -> None:
    """An unknown query parameter is 422 and names the known ones, and nothing of the client's."""
    sent: dict[str, Any] = {"files": [("files", PHOTO)]} if path.endswith("batch") else {"content": PHOTO}
    method = "POST" if path.startswith("/predict") else "GET"
    answer = httpx.request(method, f"{services['inference']}{path}?stirct=anna", **sent)
    detail = assert_problem(answer, 422, "invalid")["detail"]
    known = {"/predict": "strict, detect", "/predict/batch": "detect"}
    assert detail.endswith(f"known are: {known.get(path, 'none')}")


@pytest.mark.parametrize(("service", "path"), [*ROUTES, ("recommender", "/recommend")])
def test_packed_body(services: dict[str, str], service: str, path: str) -> None:
    """A packed body is 415 and told to come as it is; a coding that is none changes nothing."""
    kind = "application/json" if path == "/recommend" else "image/jpeg"
    body = b'{"emotion": "sad"}' if path == "/recommend" else PHOTO
    headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
    answer = httpx.post(services[service] + path, content=gzip.compress(body), headers=headers)
    assert "gzip" in assert_problem(answer, 415, "unsupported_encoding")["detail"]
    assert answer.headers["accept-encoding"] == "identity"
    headers["Content-Encoding"] = "utf-8"
    assert httpx.post(services[service] + path, content=body, headers=headers).status_code == 200


LENGTH = b"Content-Length: %d\r\n" % len(PHOTO)


@pytest.mark.parametrize("service", ["inference", "recommender"])
@pytest.mark.parametrize(
    "head",
    [
        b"POST /predict HTTP/1.0\r\n",
        b"POST http://anywhere/predict HTTP/1.1\r\nHost: x\r\n",
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: image/jpeg\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\nIf-None-Match: *\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
    ],
    ids=["HTTP/1.0", "whole address", "lower case", "expects", "range", "offers HTTP/2"],
)
def test_rare_clients(services: dict[str, str], service: str, head: bytes) -> None:
    """What is legal in HTTP is answered, however rare."""
    address = httpx.URL(services[service])
    with socket.create_connection((address.host, address.port or 0), timeout=60) as connection:
        connection.sendall(head + LENGTH + b"\r\n" + PHOTO)
        said = b""
        while b'"timings_ms"' not in said:
            said += connection.recv(65_536) or pytest.fail(repr(said))
    assert b"HTTP/1.1 200 OK" in said
    assert b'"emotion":"happy"' in said


def test_batch_limit(services: dict[str, str]) -> None:
    """A batch above its limit says how many files are taken."""
    files = [("files", (None, b"x"))] * 33
    answer = httpx.post(f"{services['inference']}/predict/batch", files=files)
    assert "32" in assert_problem(answer, 413, "too_large")["detail"]


@pytest.mark.parametrize("service", ["inference", "recommender"])
@pytest.mark.parametrize("path", ["/streams", "/users/anna/stream", "/healthz"])
def test_wrong_socket_path(services: dict[str, str], service: str, path: str) -> None:
    """A WebSocket to a path without one is answered 404, as a problem."""
    address = services[service].replace("http", "ws") + path
    with pytest.raises(InvalidStatus) as refused, connect(address):
        pass
    answer = refused.value.response
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["code"] == "not_found"


def test_decoders_are_silent(services: dict[str, str], folder: Path) -> None:
    """What libjpeg, libpng and libtiff print of a damaged picture stands in no log."""
    jpeg, png = bytearray(PHOTO), bytearray(pictures.encode(pictures.astronaut(), "PNG"))
    fax = bytearray(pictures.encode(pictures.astronaut("1"), "TIFF", compression="group4"))
    for data in (jpeg, png, fax):
        data[len(data) // 2 : len(data) // 2 + 2000 : 7] = bytes(len(range(0, 2000, 7)))
        httpx.post(f"{services['inference']}/predict", content=bytes(data))
    httpx.get(f"{services['inference']}/model", headers={"X-Request-ID": "after-damage"})
    logged(folder / "inference.log", "after-damage")
    text = (folder / "inference.log").read_text()
    assert not [name for name in ("Corrupt JPEG", "libpng", "Fax4Decode", "TIFF") if name in text]


def test_body_above_all_room() -> None:
    """A body that would never fit is too large; one that does not fit now may come again."""
    budget = UploadBudget(100, now=50)
    with pytest.raises(TooLargeError):
        budget.check(101)
    with pytest.raises(BusyError):
        budget.check(51)
