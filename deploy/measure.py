"""CPU time, memory and bytes that one request costs: what docs/scaling.md calculates with.

    .venv/bin/python -m deploy.measure
    RECOMMENDER_DATABASE_URL=postgresql://user:password@127.0.0.1/name .venv/bin/python -m deploy.measure

Starts both services on loopback, sends a bounded number of requests from one client, one after the
other, and reads the processes' own CPU clocks: these hold on a busy machine too, where response times
do not. With PostgreSQL the CPU time of its server processes on this machine is a column of its own.
"""

# ruff: noqa: INP001, T201 - it prints a table; a folder of files for operation, not a package

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from services.recommender.db import make_engine
from tests.helpers.pictures import ASTRONAUT, phone_photo
from tests.helpers.serving import serve

MOODS = ("angry", "fear", "happy", "sad", "surprise", "neutral")
ACTIONS = ("like", "open", "dislike", "skip")
FEEDBACK = "/feedback"
FEEDBACK_PER_USER = 20
WARM_UP = 5
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def processes() -> Iterator[tuple[int, str]]:
    """Every process on this machine: its number and its command line, words parted by spaces."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has ended


def matching(words: str) -> list[int]:
    return [number for number, command in processes() if words in command]


def cpu_seconds(numbers: list[int]) -> float:
    fields = (Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split() for number in numbers)
    return sum(int(field[11]) + int(field[12]) for field in fields) / CLOCK_TICKS


def resident_mb(number: int) -> float:
    status = Path(f"/proc/{number}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def database_bytes(url: str) -> int:
    """What all tables and their indexes take; SQLite's file is folded together first."""
    engine = make_engine(url) if url.startswith("sqlite") else create_engine(make_engine(url).url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            return Path(str(engine.url.database)).stat().st_size
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def feedback_requests(http: httpx.Client, items: list[int]) -> Iterator[httpx.Request]:
    for number in count():
        user, turn = divmod(number, FEEDBACK_PER_USER)
        said = {
            "user_id": f"user-{user}",
            "item_id": items[(user * 7 + turn * 131) % len(items)],
            "action": ACTIONS[turn % len(ACTIONS)],
            "emotion": MOODS[turn % len(MOODS)],
        }
        yield http.build_request("POST", "/feedback", json=said)


def catalogue_ids(http: httpx.Client) -> list[int]:
    items: list[int] = []
    cursor = "0"
    while cursor is not None and len(items) < 2000:
        page = http.get("/items", params={"limit": 100, "cursor": cursor}).json()
        items += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    return items


def measure(name: str, send: Callable[[], httpx.Response], times: int, parts: dict[str, list[int]]) -> None:
    for _ in range(WARM_UP):
        send().raise_for_status()
    before = {part: cpu_seconds(numbers) for part, numbers in parts.items()}
    started = time.perf_counter()
    for _ in range(times):
        send().raise_for_status()
    wall = (time.perf_counter() - started) / times * 1000
    cost = [(cpu_seconds(numbers) - before[part]) / times * 1000 for part, numbers in parts.items()]
    print(f"| {name} | " + " | ".join(f"{ms:.1f}" for ms in cost) + f" | {wall:.1f} |", flush=True)


def requests_of(
    photos: httpx.Client, http: httpx.Client
) -> dict[str, tuple[int, Callable[[], httpx.Response]]]:
    """What is measured: how often, and how it is sent. `photos` is inference, `http` the recommender."""
    portrait, phone = ASTRONAUT.read_bytes(), phone_photo()
    jpeg = {"Content-Type": "image/jpeg"}
    form = {"file": ("face.jpg", portrait, "image/jpeg")}
    said = feedback_requests(http, catalogue_ids(http))
    sad = {"emotion": "sad"}
    return {
        "inference: /healthz": (300, lambda: photos.get("/healthz")),
        "/predict, portrait 512×512": (150, lambda: photos.post("/predict", content=portrait, headers=jpeg)),
        "/predict, phone photo 12 MP": (30, lambda: photos.post("/predict", content=phone, headers=jpeg)),
        "/healthz": (300, lambda: http.get("/healthz")),
        "/recommend, 4 media × 5": (200, lambda: http.get("/recommend", params=sad)),
        "/recommend/photo, portrait": (100, lambda: http.post("/recommend/photo", files=form)),
        FEEDBACK: (4000, lambda: http.send(next(said))),
        "/recommend, a user with 20 opinions": (
            200,
            lambda: http.get("/recommend", params=sad | {"user_id": "user-3"}),
        ),
    }


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = os.environ.get("RECOMMENDER_DATABASE_URL", f"sqlite:///{folder / 'recommender.db'}")
        inference = stack.enter_context(serve("inference", folder / "i.log"))
        recommender = stack.enter_context(
            serve("recommender", folder / "r.log", inference_url=inference, database_url=url)
        )
        parts = {
            name: matching(f"services.{name}.main:create_app --port {address.rpartition(':')[2]}")
            for name, address in (("inference", inference), ("recommender", recommender))
        }
        photos = stack.enter_context(httpx.Client(base_url=inference, timeout=60))
        http = stack.enter_context(httpx.Client(base_url=recommender, timeout=60))
        requests = requests_of(photos, http)
        if url.startswith("postgres"):
            parts["database"] = matching("postgres: ")

        print(f"CPU ms per request; {url.partition(':')[0]}\n")
        print("| request | " + " | ".join(parts) + " | response ms |\n|---|" + "---|" * (len(parts) + 1))
        for name, (times, send) in requests.items():
            before = database_bytes(url)
            measure(name, send, times, parts)
            if name == FEEDBACK:
                grown = (database_bytes(url) - before) / (times + WARM_UP)
        print(f"\nthe database grows by {grown:.0f} bytes per feedback, indexes and what is learnt included")
        for part in ("inference", "recommender"):
            print(f"{part}: {resident_mb(parts[part][0]):.0f} MB resident after all this")
    return 0


if __name__ == "__main__":
    sys.exit(main())
