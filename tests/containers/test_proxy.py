"""The system behind nginx, with the shipped configuration."""

import json
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.containers.stack import PHOTO, Stack, running
from tests.helpers.proxied import check_pages, check_redirects

BELOW = pytest.mark.parametrize("below", ["", "/mood"], ids=["root", "below"])


@pytest.fixture(scope="module")
def nginx() -> Iterator[str]:
    """The address of nginx, which alone is published."""
    stack = Stack("nginx", "tests/containers/nginx/compose.yml")
    stack.compose("build", "nginx")
    with running(stack):
        yield str(stack.http.base_url).rstrip("/")


@BELOW
def test_pages(nginx: str, below: str) -> None:
    """Page, /docs and the API answer at relative addresses."""
    check_pages(nginx, below)


@BELOW
def test_redirects(nginx: str, below: str) -> None:
    """A redirect keeps host and prefix."""
    check_redirects(nginx, below)


@BELOW
def test_photo(nginx: str, below: str) -> None:
    """A photo is answered, and one that is too large is refused."""
    with httpx.Client(base_url=f"{nginx}{below}", timeout=60) as http:
        answer = http.post("/recommend/photo", files={"file": ("face.jpg", PHOTO, "image/jpeg")})
        assert answer.json()["prediction"]["emotion"] == "happy"
        assert answer.json()["recommendation"]["items"]
        large = http.post("/recommend/photo", files={"file": ("face.jpg", bytes(10_600_000), "image/jpeg")})
        assert (large.status_code, large.json()["code"]) == (413, "too_large")


@BELOW
def test_stream(nginx: str, below: str) -> None:
    """The live view answers frames of the page's own origin, and refuses a foreign one."""
    address = f"{nginx.replace('http', 'ws')}{below}/stream"
    with connect(address, origin=Origin(nginx)) as socket:
        socket.send(PHOTO)
        assert json.loads(socket.recv(timeout=30))["emotion"] == "happy"
    with pytest.raises(InvalidStatus), connect(address, origin=Origin("https://evil.example.org")):
        pass
