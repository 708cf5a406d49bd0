"""How the page's files and the answers are sent: compressed, cached, with a content policy."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.recommender import page
from services.recommender.settings import WEB_DIR
from tests.helpers.recommender import recommender

GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, made_catalogue: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:///{tmp_path_factory.mktemp('page') / 'r.db'}"
    with recommender(database_url=url, catalogue_dir=made_catalogue) as client:
        yield client


def raw(api: httpx.Client, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """The answer, and its body as it was sent."""
    with api.stream("GET", path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("name", ["css/base.css", "js/app.js", "strings/de.js", "icons/icons.svg"])
def test_file(api: httpx.Client, name: str) -> None:
    """A file is sent compressed to clients that read gzip, and as it is to others."""
    content = page._pack(WEB_DIR / name, 0, covers=False).plain
    packed, body = raw(api, f"/{name}", **GZIP)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert len(body) < len(content)
    assert gzip.decompress(body) == content
    plain, body = raw(api, f"/{name}", **PLAIN)
    assert "content-encoding" not in plain.headers
    assert body == content
    assert plain.headers["content-type"] == packed.headers["content-type"]


def test_without_comments(api: httpx.Client) -> None:
    """Scripts and styles are sent without their comments, the lines counted as they were."""
    source = (WEB_DIR / "js/dom.js").read_text()
    sent = api.get("/js/dom.js").text
    assert "/**" in source
    assert "/**" not in sent
    assert sent.count("\n") == source.count("\n")
    assert sent.splitlines()[-1] == source.splitlines()[-1]
    assert "https://" in page.COMMENT.sub(b"", b'const address = "https://example.org"; // kept').decode()


def test_headers_of_parts(api: httpx.Client) -> None:
    """Scripts and styles come without the headers of pages; the page and its worker have a policy."""
    for name in ("/js/app.js", "/css/base.css"):
        headers = api.get(name).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert not {"content-security-policy", "permissions-policy"} & set(headers)
    for name in ("/", "/sw.js", "/icons/icons.svg", "/emotions"):
        assert "default-src 'self'" in api.get(name).headers["content-security-policy"]


def test_once(api: httpx.Client) -> None:
    """A file is compressed for the first request only."""
    raw(api, "/js/dom.js", **GZIP)
    before = page._pack.cache_info().misses
    raw(api, "/js/dom.js", **GZIP)
    assert page._pack.cache_info().misses == before


def test_unchanged(api: httpx.Client) -> None:
    """A client that has the file gets 304 without a body."""
    first, _ = raw(api, "/js/app.js", **GZIP)
    again, body = raw(api, "/js/app.js", **GZIP, **{"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert body == b""
    assert again.headers["etag"] == first.headers["etag"]


def test_other_paths(api: httpx.Client) -> None:
    """Pictures, ranges, other methods and unknown paths are answered as before."""
    assert "content-encoding" not in raw(api, "/samples/astronaut.jpg", **GZIP)[0].headers
    assert raw(api, "/samples/astronaut.jpg", Range="bytes=0-9")[0].status_code == 206
    assert api.post("/js/app.js").status_code == 405
    assert api.get("/js/none.js").status_code == 404
    assert api.get("/../settings.py").status_code == 404
    head = api.head("/", headers=GZIP)
    assert head.status_code == 200
    assert head.content == b""


def test_json(api: httpx.Client) -> None:
    """JSON is sent compressed too."""
    answer, body = raw(api, "/recommend?emotion=sad", **GZIP)
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body).startswith(b'{"emotion":"sad"')


@pytest.mark.parametrize("covers", [True, False])
def test_covers(tmp_path: Path, made_catalogue: Path, covers: bool) -> None:
    """Only where the operator allows covers, the page and its policy name their hosts."""
    url = f"sqlite:///{tmp_path / 'r.db'}"
    with recommender(database_url=url, catalogue_dir=made_catalogue, covers=covers) as api:
        answer = api.get("/")
    assert ("cover-hosts" in answer.text) is covers
    assert ("openlibrary" in answer.headers["content-security-policy"]) is covers
