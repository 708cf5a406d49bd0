"""Injection, addresses and keys: what a client sends stays data; and what no code of ours may do."""

import ast
import re
from pathlib import Path

import httpx
import pytest

from tests.helpers import pictures
from tests.helpers.recommender import assert_problem
from tests.helpers.serving import ROOT, serve
from tests.integration.conftest import KEY

INJECTIONS = [
    "' OR 1=1 --",
    "x'; DROP TABLE items; --",
    '" OR ""="',
    "%' UNION SELECT 1 --",
    "\\'; --",
    "a%00b",
]
FETCHERS = {"aiohttp", "ftplib", "requests", "smtplib", "urllib.request", "urllib3"}
"""Modules that fetch addresses. httpx is in inference_client.py alone, as tests/unit/test_house.py has it."""


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_looks_like_sql_is_only_text(api: httpx.Client, text: str) -> None:
    everything = len(api.get("/items", params={"limit": 200}).json()["items"])
    found = api.get("/items", params={"q": text, "limit": 200})
    assert found.status_code == 422 or len(found.json()["items"]) < everything
    for answer in (
        api.get("/recommend", params={"emotion": "sad", "user_id": text}),
        api.get("/recommend", params={"emotion": text}),
        api.get("/items", params={"medium": text}),
        api.get("/items", params={"cursor": text}),
        api.post("/feedback", json={"user_id": text, "item_id": 1, "action": "like"}),
    ):
        assert_problem(answer, 422, "invalid")
    said = {"user_id": "quoter", "item_id": 1, "action": "open"}
    kept = api.post("/feedback", json=said, headers={"Idempotency-Key": text})
    assert kept.status_code == 201
    item = {"medium": "book", "title": f"A {text} B", "url": "https://example.org/quotes", "creator": text}
    added = api.post("/items", json=item, headers={"X-API-Key": KEY})
    assert added.status_code == 201
    assert added.json()["title"] == item["title"]
    assert api.delete(f"/items/{added.json()['id']}", headers={"X-API-Key": KEY}).status_code == 204
    assert len(api.get("/items", params={"limit": 200}).json()["items"]) == everything


def test_no_service_fetches_an_address_that_it_was_given() -> None:
    for path in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module or ""}
            else:
                continue
            assert not names & FETCHERS, path


def test_keys_are_compared_in_constant_time() -> None:
    """No comparison of the key but hmac's: `==` ends at the first letter that differs."""
    source = (ROOT / "services" / "recommender" / "dependencies.py").read_text()
    (check,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "check_api_key"
    )
    compared = [node for node in ast.walk(check) if isinstance(node, ast.Compare)]
    assert all(isinstance(operator, ast.Is) for node in compared for operator in node.ops)
    assert "hmac.compare_digest(" in ast.unparse(check)


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fetc/passwd", "/js/..%2f..%2fsettings.py", "/%2e%2e/%2e%2e/errors.py", "//etc/passwd"]
)
def test_no_file_outside_the_page_is_served(api: httpx.Client, path: str) -> None:
    request = httpx.Request("GET", f"{str(api.base_url).rstrip('/')}{path}")
    answer = api.send(request)
    assert answer.status_code in {400, 404}
    assert answer.headers["content-type"] == "application/problem+json"


def test_inference_answers_with_security_headers_too(tmp_path: Path) -> None:
    with serve("inference", tmp_path / "log") as address:
        for answer in (
            httpx.get(f"{address}/model"),
            httpx.get(f"{address}/nothing"),
            httpx.post(f"{address}/predict", content=pictures.ASTRONAUT.read_bytes()),
        ):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        page = httpx.get(f"{address}/docs")
        policy = page.headers["content-security-policy"]
        assert re.search(r"script-src 'self' 'sha256-[\w+/=]+'", policy)
        assert "unsafe-inline" not in policy
