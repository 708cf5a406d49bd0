"""How fast recommendations are; run by hand or by `make bench`, never by pytest.

    python -m bench.bench_recommend [--items 1000000] [--feedback 1000000] [--json OUT]

Measures the walk without HTTP, GET /recommend over real HTTP from one client, throughput at a steady rate
against two workers, and the memory of the serving process: with the shipped catalogue, with a synthetic one
of as many items as asked for, and with feedback rows. `cpu` is the processor time of the thread, which is
what remains true on a machine that does other things too.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import httpx
from sqlalchemy import Engine, insert, text

from services.emotions import EMOTIONS
from services.recommender.imports.row import Row
from services.recommender.prepare import prepare
from services.recommender.ranking.item import MEDIA
from services.recommender.recommend import recommend
from services.recommender.schemas.recommendation import Options, certain
from services.recommender.settings import DATA_DIR
from services.recommender.store.db import WRITING, Sessions, make_engine
from services.recommender.store.models import Feedback, Item, UserItem
from tests.helpers.serving import ROOT, free_port, server_command

BATCH = 20_000
CLIENTS = 32
SECONDS = 10


def synthetic(engine: Engine, count: int) -> None:
    """`count` items spread over the plane as estimates are, under the shipped ones."""
    chance = random.Random(1)  # noqa: S311 # made data, no secret
    genres = ["drama", "comedy", "thriller", "fantasy", "romance", "horror", "mystery", "action"]
    for start in range(0, count, BATCH):
        rows = []
        for i in range(start, min(count, start + BATCH)):
            row = Row.model_construct(
                medium=MEDIA[i % 4],
                title=f"Item {i}",
                url=f"https://example.org/{i}",
                creator=f"Maker {chance.randrange(50_000)}",
                year=chance.randrange(1950, 2025),
                genres=chance.sample(genres, 2),
                emotions=[],
                valence=max(-1, min(1, round(chance.gauss(0.1, 0.35), 3))),
                arousal=max(-1, min(1, round(chance.gauss(0.1, 0.35), 3))),
                affect_source="made",
                affect_confidence=0.6,
                quality=round(chance.random(), 3),
                popularity=round(chance.random(), 3),
            )
            rows.append({**row.values(), "shipped": False})
        with engine.execution_options(**WRITING).begin() as connection:
            connection.execute(insert(Item), rows)


def with_feedback(engine: Engine, count: int) -> None:
    """`count` reactions of a twentieth as many users; user-0 has a thousand of them."""
    chance = random.Random(2)  # noqa: S311 # made data, no secret
    with engine.connect() as connection:
        most = connection.execute(text("SELECT max(id) FROM items")).scalar_one()
    for start in range(0, count, BATCH):
        rows = {}
        for i in range(start, min(count, start + BATCH)):
            user = "user-0" if i < 1_000 else f"user-{chance.randrange(1, count // 20 + 2)}"
            rows[user, chance.randrange(1, most)] = i
        said = [{"user_id": u, "item_id": i, "action": "like", "at_ms": n} for (u, i), n in rows.items()]
        standing = [
            {"user_id": u, "item_id": i, "counted": "like", "blocked": n % 3 == 0, "at_ms": n}
            for (u, i), n in rows.items()
        ]
        with engine.execution_options(**WRITING).begin() as connection:
            connection.execute(insert(Feedback), said)
            connection.execute(insert(UserItem).prefix_with("OR IGNORE"), standing)


def percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {"median_ms": round(statistics.median(seconds) * 1e3, 2), "p99_ms": round(cuts[98] * 1e3, 2)}


def timed(call: Callable[[int], object], times: int) -> dict[str, float]:
    for i in range(20):
        call(i)
    seconds, cpu = [], []
    for i in range(times):
        started, cpu_started = time.perf_counter(), time.thread_time()
        call(i)
        seconds.append(time.perf_counter() - started)
        cpu.append(time.thread_time() - cpu_started)
    return {**percentiles(seconds), "cpu_median_ms": round(statistics.median(cpu) * 1e3, 2)}


def walk(url: str, user_id: str | None) -> dict[str, float]:
    """The recommendation itself: all four media, five each, moods in turn."""
    engine = make_engine(url)
    day = datetime.now(UTC).date()
    with Sessions(engine).read.begin() as session:
        result = timed(
            lambda i: recommend(session, certain(EMOTIONS[i % 6]), Options(user_id=user_id), day), 400
        )
    engine.dispose()
    return result


@contextmanager
def service(url: str, workers: int) -> Iterator[tuple[str, list[int]]]:
    """The address of a real server and the ids of its processes."""
    port = free_port()
    command = [*server_command("recommender", port), "--workers", str(workers), "--log-level", "warning"]
    environment = {**os.environ, "RECOMMENDER_DATABASE_URL": url, "RECOMMENDER_LOG_LEVEL": "WARNING"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        while process.poll() is None:
            try:
                if httpx.get(f"{address}/healthz").is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        if process.poll() is not None:
            raise SystemExit("the service did not start")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield address, [process.pid, *map(int, children)]
    finally:
        process.terminate()
        process.wait(20)


def resident_mb(pids: list[int]) -> float:
    """Of the largest process."""
    sizes = []
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        sizes += [int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS")]
    return round(max(sizes), 1)


def one_client(url: str) -> dict[str, float]:
    """With http.client, whose own share is small."""
    with service(url, 1) as (address, pids):
        connection = HTTPConnection(address.removeprefix("http://"))

        def get(i: int, more: str = "") -> None:
            connection.request("GET", f"/recommend?emotion={EMOTIONS[i % 6]}{more}")
            answer = connection.getresponse()
            if answer.status != HTTPStatus.OK or not answer.read():
                raise SystemExit(f"answered {answer.status}")

        result = timed(get, 400)
        one_medium = timed(lambda i: get(i, "&medium=movie"), 400)
        memory = resident_mb(pids)
    del result["cpu_median_ms"]  # the client's, not the service's
    return {**result, "one_medium_median_ms": one_medium["median_ms"], "memory_mb": memory}


async def fire(address: str, rate: float) -> list[float]:
    """Requests at a steady rate over kept connections, timed from when each was due: waiting in line counts.

    Bare streams, because a full client would take more of the two cores than the service.
    """
    host, _, port = address.removeprefix("http://").partition(":")
    seconds: list[float] = []
    due: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()

    async def client() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while (job := await due.get()) is not None:
            number, since = job
            path = f"/recommend?emotion={EMOTIONS[number % 6]}"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(head.decode())
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
            seconds.append(time.perf_counter() - since)
        writer.close()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CLIENTS):
            tasks.create_task(client())
        start = time.perf_counter()
        for number in range(int(rate * SECONDS)):
            since = start + number / rate
            await asyncio.sleep(max(0.0, since - time.perf_counter()))
            due.put_nowait((number, since))
        for _ in range(CLIENTS):
            due.put_nowait(None)
    return seconds


def many_clients(url: str, rate: float) -> dict[str, float]:
    with service(url, 2) as (address, _):
        started = time.perf_counter()
        seconds = asyncio.run(fire(address, rate))
        took = time.perf_counter() - started
    return {"asked_per_s": rate, "answered_per_s": round(len(seconds) / took, 1), **percentiles(seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--feedback", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results: dict[str, object] = {"date": datetime.now(UTC).isoformat(timespec="seconds")}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/r.db"
        engine = make_engine(url)
        started = time.perf_counter()
        prepare(engine, DATA_DIR)
        results["first start, s"] = round(time.perf_counter() - started, 2)
        results["shipped, walk"] = walk(url, None)
        results["shipped, HTTP, one client"] = one_client(url)
        results["shipped, HTTP, two workers"] = many_clients(url, options.rate)
        synthetic(engine, options.items)
        results[f"{options.items} more items, walk"] = walk(url, None)
        results[f"{options.items} more items, HTTP, one client"] = one_client(url)
        with_feedback(engine, options.feedback)
        results[f"and {options.feedback} feedback rows, a user's walk"] = walk(url, "user-0")
        results[f"and {options.feedback} feedback rows, a stranger's walk"] = walk(url, None)
        engine.dispose()
    for name, result in results.items():
        sys.stdout.write(f"{name}: {result}\n")
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
