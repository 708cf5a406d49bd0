"""Runs the recommender in this process over HTTP, with a fake inference and small catalogues."""

import asyncio
import csv
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from services.common.protocol import FarewellProtocol, HeadTimeoutProtocol
from services.emotions import EMOTIONS
from services.recommender.main import create_app
from services.recommender.settings import Settings
from services.recommender.store.models import Base
from tests.helpers.serving import free_port

PROBABILITIES: dict[str, float] = dict(zip(EMOTIONS, (0.05, 0.05, 0.05, 0.7, 0.05, 0.1), strict=True))
PREDICTION: dict[str, Any] = {
    "emotion": "sad",
    "probabilities": PROBABILITIES,
    "faces": [],
    "image": {"width": 4, "height": 4},
    "model": {"name": "fake", "version": "0"},
    "timings_ms": {"total": 1.0},
}
NO_FACE = {**PREDICTION, "emotion": None, "probabilities": None}


@contextmanager
def serving(app: Any, http: type[asyncio.Protocol] = HeadTimeoutProtocol) -> Iterator[str]:
    """Serves an ASGI app with uvicorn in a thread; gives its address."""
    config = uvicorn.Config(
        app,
        port=free_port(),
        http=http,
        ws=FarewellProtocol,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the server stopped while starting"
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{config.port}"
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def recommender(**settings: Any) -> Iterator[httpx.Client]:
    """Runs a recommender with these settings; gives a client of it."""
    app = create_app(Settings(**settings))
    with serving(app) as address, httpx.Client(base_url=address, timeout=30) as client:
        yield client


class FakeInference:
    """Stands in for inference: gives the answer that a test sets, and keeps the requests in `seen`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.status = 200
        self.body: bytes = json.dumps(PREDICTION).encode()
        self.content_type = "application/json"
        self.headers: dict[str, str] = {}
        self.hold: threading.Event | None = None
        """If set, /predict answers only after the event."""
        self.seen: list[dict[str, Any]] = []

    def answer(
        self, body: Any, status: int = 200, content_type: str = "application/json", **headers: str
    ) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.content_type = content_type
        self.headers = headers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        self.seen.append({"path": scope["path"], "query": query, "headers": headers, "body": body})
        if self.hold is not None and scope["path"] == "/predict":
            import anyio.to_thread  # noqa: PLC0415 # needed only by a server that delays its answer

            await anyio.to_thread.run_sync(self.hold.wait, 30)
        raw = [(b"content-type", self.content_type.encode())]
        raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})


def schema_differences(connection: Connection) -> list[Any]:
    """What differs between the database and the models; the index of words only the migrations know."""

    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return not (kind in {"table", "index"} and (name or "").startswith(("items_words", "ix_items_words")))

    context = MigrationContext.configure(connection, opts={"include_name": is_ours})
    return list(compare_metadata(context, Base.metadata))


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Asserts that the answer is a problem of the contract; returns its body."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id"}
    assert body["status"] == status
    assert body["code"] == code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in body["detail"]
    assert "/services/" not in body["detail"]
    return body


COLUMNS = (
    "medium", "title", "url", "creator", "year", "genres", "emotions", "valence", "arousal",
    "affect_source", "affect_confidence", "quality", "popularity", "kind", "tags", "language", "explicit",
    "age_rating",
)  # fmt: skip


def write_catalogue(folder: Path, rows: list[dict[str, Any]], name: str = "made.csv") -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder


def made_rows() -> list[dict[str, Any]]:
    """Makes 100 rows of each medium, spread evenly in valence and arousal, and one film placed by hand."""
    rows = []
    for medium in ("movie", "song", "book", "game"):
        for i in range(100):
            valence, arousal = -0.9 + 0.2 * (i % 10), -0.9 + 0.2 * (i // 10)
            rows.append(
                {
                    "medium": medium,
                    "title": f"{medium} {i}",
                    "url": f"https://example.org/{medium}/{i}",
                    "creator": f"Maker {i % 5}",
                    "year": 1980 + i % 40,
                    "genres": ("drama", "comedy", "thriller", "fantasy")[i % 4],
                    "valence": round(valence, 2),
                    "arousal": round(arousal, 2),
                    "affect_source": "made",
                    "affect_confidence": 0.8,
                    "quality": round((i * 37 % 100) / 100, 2),
                    "popularity": round((i * 61 % 100) / 100, 2),
                }
            )
    rows.append(
        {
            "medium": "movie",
            "title": "Handpicked",
            "url": "https://example.org/handpicked",
            "emotions": "sad|happy",
        }
    )
    return rows
