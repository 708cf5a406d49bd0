"""CPU time, memory and bytes that one request costs: the tables that docs/scaling.md calculates with.

    .venv/bin/python -m bench.measure                on an idle machine; two minutes
    .venv/bin/python -m bench.measure --share 0.1    a tenth of the requests: does it work?

Starts both services on loopback, first with SQLite, then with a throwaway PostgreSQL where its programs
are installed, sends a bounded number of requests from one client, one after the other, and reads the
processes' own CPU clocks. These hold on a busy machine too, within some tens of per cent, where response
times do not. Prints Markdown.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
from sqlalchemy import create_engine, text

from bench.plan import tables
from bench.requests import FEEDBACK, Request, mood_requests, photo_requests
from services.recommender.store.db import make_engine
from tests.helpers.postgres import Cluster, new_database, running_cluster, server_programs
from tests.helpers.serving import serve

WARM_UP = 5
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
TABLES = {"feedback": "said", "user_items": "where the user stands", "preferences": "what is learnt"}

Parts = dict[str, Callable[[], list[int]]]
"""What a request's cost is divided into, and the processes of each."""


class Figures(NamedTuple):
    cpu_ms: dict[str, dict[str, float]]
    """By request and part."""
    resident_mb: dict[str, float]
    bytes_per_feedback: dict[str, float]
    """By table, indexes included; SQLite's file is one."""


def serving(port: str) -> list[int]:
    """The process that serves on `port`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        if port.encode() in command and b"--factory" in command:
            found.append(int(entry.name))
    return found


def cpu_seconds(processes: list[int]) -> float:
    fields = (Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split() for number in processes)
    return sum(int(field[11]) + int(field[12]) for field in fields) / CLOCK_TICKS


def resident_mb(number: int) -> float:
    status = Path(f"/proc/{number}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def database_bytes(url: str) -> dict[str, int]:
    """By table with its indexes; SQLite's file, folded together first, is one."""
    engine = make_engine(url) if url.startswith("sqlite") else create_engine(make_engine(url).url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            return {"file": Path(str(engine.url.database)).stat().st_size}
        size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        return {name: int(connection.execute(size, {"name": name}).scalar_one()) for name in TABLES}


def cost(request: Request, times: int, parts: Parts) -> dict[str, float]:
    """CPU milliseconds per request by part."""
    for _ in range(WARM_UP):
        request.send()
    before = {part: cpu_seconds(processes()) for part, processes in parts.items()}
    for _ in range(times):
        request.send()
    return {
        part: (cpu_seconds(processes()) - before[part]) / times * 1000 for part, processes in parts.items()
    }


def measure(url: str, share: float, cluster: Cluster | None) -> Figures:
    cpu_ms: dict[str, dict[str, float]] = {}
    grown: dict[str, float] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        inference = stack.enter_context(serve("inference", folder / "i.log", stream_idle_s="600"))
        recommender = stack.enter_context(
            serve("recommender", folder / "r.log", inference_url=inference, database_url=url)
        )
        of = {"inference": inference, "recommender": recommender}
        parts: Parts = {name: partial(serving, address.rpartition(":")[2]) for name, address in of.items()}
        if cluster:
            parts["database"] = cluster.backends
        photos = stack.enter_context(httpx.Client(base_url=inference, timeout=60))
        http = stack.enter_context(httpx.Client(base_url=recommender, timeout=60))
        requests = [] if cluster else list(photo_requests(photos, stack))
        for request in [*requests, *mood_requests(http)]:
            times = max(5, round(request.times * share))
            before = database_bytes(url)
            print(f"{request.name}: {times} times", file=sys.stderr)
            cpu_ms[request.name] = cost(request, times, parts)
            if request.name == f"`{FEEDBACK}`":
                grown = {
                    table: (size - before[table]) / (times + WARM_UP)
                    for table, size in database_bytes(url).items()
                }
        memory = {name: sum(map(resident_mb, parts[name]())) for name in of}
    return Figures(cpu_ms, memory, grown)


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def print_tables(sqlite: Figures, postgres: Figures | None) -> None:
    print(f"{processor()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}; CPU ms.\n")
    print("| request | inference | recommender on SQLite | recommender + PostgreSQL |\n|---|---|---|---|")
    for name, parts in sqlite.cpu_ms.items():
        other = postgres.cpu_ms.get(name) if postgres else None
        both = f"{other['recommender']:.1f} + {other['database']:.1f}" if other else "–"
        print(f"| {name} | {parts['inference']:.1f} | {parts['recommender']:.1f} | {both} |")
    portrait = sqlite.cpu_ms["`/predict`, portrait 512×512"]["inference"]
    mood = sqlite.cpu_ms["`/recommend`, 4 media × 5 items"]["recommender"]
    print("\n| | |\n|---|---|")
    print(f"| one core reads | {1000 / portrait:.0f} portraits/s |")
    print(f"| one core recommends by mood, SQLite | {1000 / mood:.0f}/s |")
    print(
        "| memory after the run | "
        + ", ".join(f"{k} {v:.0f} MB" for k, v in sqlite.resident_mb.items())
        + " |"
    )
    print(f"| SQLite grows per feedback | {sqlite.bytes_per_feedback['file']:.0f} bytes |")
    if postgres:
        grown = postgres.bytes_per_feedback
        kinds = ", ".join(f"{what} {grown[table]:.0f}" for table, what in TABLES.items())
        print(
            f"| PostgreSQL grows per feedback | {sum(grown.values()):.0f} bytes: {kinds} (indexes included) |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the requests, 0 to 1")
    share = parser.parse_args().share
    with tempfile.TemporaryDirectory() as folder:
        sqlite = measure(f"sqlite:///{folder}/recommender.db", share, None)
    postgres = None
    if server_programs():
        with running_cluster(durable=True) as cluster:
            postgres = measure(new_database(cluster.url, "measured"), share, cluster)
    else:
        print("PostgreSQL's server programs are not installed: its column stays empty", file=sys.stderr)
    print_tables(sqlite, postgres)
    if postgres:
        print()
        print("\n".join(tables(sqlite.cpu_ms, postgres.cpu_ms, sum(postgres.bytes_per_feedback.values()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
