"""Behind proxies: forwarded headers by hand, and the nginx of deploy/proxy."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.helpers.proxied import check_pages, check_redirects
from tests.helpers.recommender import FakeInference, assert_problem, recommender
from tests.helpers.serving import ROOT, free_port
from tests.helpers.stages import cannot_run
from tests.integration.conftest import KEY

FORWARDED = {
    "X-Forwarded-Host": "shelf.example.org",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/mood",
}
OWN_PAGE = "https://shelf.example.org"
NEW = {"medium": "movie", "title": "Behind a proxy", "url": "https://example.org/proxy"}


@pytest.fixture(scope="module", params=[["127.0.0.0/8"], []], ids=["trusted", "stranger"])
def client(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    made_catalogue: Path,
    inference_server: tuple[FakeInference, str],
) -> Iterator[tuple[httpx.Client, bool]]:
    """A recommender that trusts this machine's proxies, and one that trusts none."""
    url = f"sqlite:///{tmp_path_factory.mktemp('proxy')}/r.db"
    settings = {"inference_url": inference_server[1], "api_key": KEY, "trusted_proxies": request.param}
    with recommender(database_url=url, catalogue_dir=made_catalogue, **settings) as client:
        yield client, bool(request.param)


def socket_status(client: httpx.Client, **headers: str) -> int:
    """The status with which /stream refuses, 101 if it does not."""
    address = str(client.base_url).replace("http", "ws").rstrip("/") + "/stream"
    try:
        with connect(address, additional_headers={name.replace("_", "-"): v for name, v in headers.items()}):
            return 101
    except InvalidStatus as refused:
        problem = refused.response.body.decode()
        assert "must pass on the header Host, or X-Forwarded-Host" in problem
        return refused.response.status_code


def test_prefix(client: tuple[httpx.Client, bool]) -> None:
    """The prefix is in addresses that the service makes, if the proxy is trusted."""
    http, trusted = client
    item = http.post("/items", json=NEW, headers={**FORWARDED, "X-API-Key": KEY})
    prefix = "/mood" if trusted else ""
    assert item.headers["location"] == f"{prefix}/items/{item.json()['id']}"
    http.delete(f"/items/{item.json()['id']}", headers={**FORWARDED, "X-API-Key": KEY})
    document = http.get("/openapi.json", headers=FORWARDED).json()
    assert document.get("servers", [{"url": ""}])[0]["url"] == prefix


@pytest.mark.parametrize("prefix", ["/items", "/mood", "mood", "//x", "/a b", "/../.."])
def test_odd_prefixes(client: tuple[httpx.Client, bool], prefix: str) -> None:
    """Whatever the prefix, the same routes are found."""
    http, _ = client
    headers = {**FORWARDED, "X-Forwarded-Prefix": prefix}
    for path in ("/items/1", "/", "/docs", "/js/app.js", "/healthz"):
        assert http.get(path, headers=headers).status_code == 200
    assert_problem(http.get("/items/", headers=headers), 404, "not_found")


def test_origin(client: tuple[httpx.Client, bool]) -> None:
    """The page's own origin is taken by what a trusted proxy says; a foreign one never is."""
    http, trusted = client
    forwarded = {"X_Forwarded_Host": "shelf.example.org"}
    assert socket_status(http, Origin=OWN_PAGE, **forwarded) == (101 if trusted else 403)
    assert socket_status(http, Origin="https://evil.example.org", **forwarded) == 403
    assert socket_status(http, Origin=OWN_PAGE) == 403


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, made_catalogue: Path) -> Iterator[str]:
    """The address of the nginx of deploy/proxy before a recommender."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        cannot_run("no nginx")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    settings = {"database_url": f"sqlite:///{folder}/r.db", "trusted_proxies": ["127.0.0.1"]}
    with recommender(catalogue_dir=made_catalogue, **settings) as client:
        text = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text()
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{client.base_url.port}").replace("8080", str(port))
        paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy"))
        text = text.replace("http {", f"http {{ access_log off; {paths}", 1)
        (folder / "nginx.conf").write_text(f"pid {folder}/pid; error_log {folder}/log; daemon off; {text}")
        process = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
        try:
            address = f"http://127.0.0.1:{port}"
            end = time.monotonic() + 60
            while time.monotonic() < end:
                with suppress(httpx.TransportError):
                    httpx.get(address, timeout=30)
                    break
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(20)


@pytest.mark.parametrize("below", ["", "/mood"])
def test_nginx(nginx: str, below: str) -> None:
    """Page, /docs and the API work through nginx, at the root and below a path."""
    check_pages(nginx, below)
    check_redirects(nginx, below)


@pytest.mark.parametrize("below", ["", "/mood"])
def test_nginx_socket(nginx: str, below: str) -> None:
    """/stream opens through nginx for its own page, and not for another's."""
    address = f"{nginx.replace('http', 'ws')}{below}/stream"
    with connect(address, origin=Origin(nginx)) as socket:  # inference is away: the answer says so
        assert "inference_unavailable" in str(socket.recv(timeout=30))
    with pytest.raises(InvalidStatus), connect(address, origin=Origin("https://evil.example.org")):
        pass
