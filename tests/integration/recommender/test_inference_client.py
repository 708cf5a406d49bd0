"""What the recommender sends to inference, as inference's side sees it."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import aclosing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.recommender.inference_client import InferenceClient
from services.recommender.metrics import Metrics
from services.recommender.settings import Settings


class Inference(BaseHTTPRequestHandler):
    """Answers what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = {name.lower(): value for name, value in self.headers.items()}
        answer = json.dumps({"target": self.path, "size": len(body), **sent}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Inference) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(url: str, **options: bool) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        async with aclosing(InferenceClient(Settings(inference_url=url), Metrics())) as client:  # type: ignore[arg-type] # as text
            return await client.predict(bytes(500_000), "image/jpeg", "an-id", **options)

    return asyncio.run(ask())


def test_request(host: str) -> None:
    """The photo comes whole, with its type and the request's id, at the path below the configured one."""
    sent = ask(f"http://{host}/below/")
    assert sent["target"] == "/below/predict"
    assert sent["size"] == 500_000
    assert (sent["host"], sent["content-type"], sent["x-request-id"]) == (host, "image/jpeg", "an-id")
    assert sent["accept-encoding"] == "identity"
    assert "authorization" not in sent


def test_options(host: str) -> None:
    """Options go into the query."""
    assert ask(f"http://{host}", strict=True, detect=False)["target"] == "/predict?strict=true&detect=false"


def test_password_in_the_address(host: str) -> None:
    """A name and a password in inference's address are sent, as a proxy before it may ask for."""
    assert ask(f"http://a:b%40c@{host}")["authorization"] == "Basic YTpiQGM="
