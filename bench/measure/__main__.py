"""Measures the CPU time, memory and bytes of each request: the tables of docs/scaling.md.

    python -m bench.measure                on an idle machine; four minutes
    python -m bench.measure --share 0.1    a tenth of the requests, to see whether it works

Starts both services on SQLite, then on a throwaway PostgreSQL where its programs are installed, sends
requests from one client, one after the other, and reads the processes' CPU clocks. On a busy machine these
stay right within some tens of per cent; response times do not. Prints Markdown.
"""

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from sqlalchemy import create_engine, text

from bench.figures import markdown, processor
from bench.measure.plan import tables
from bench.measure.requests import FEEDBACK, Request, mood_requests, photo_requests
from services.recommender.store.db import make_engine
from tests.helpers.postgres import Cluster, new_database, running_cluster, server_programs
from tests.helpers.process import cpu_seconds, memory_mb, process_at
from tests.helpers.serving import serve

WARM_UP: Final = 5
TABLES: Final = {"feedback": "history", "user_items": "opinions", "users": "last use"}

Parts = dict[str, Callable[[], list[int]]]
"""The processes of each part of the cost."""


class Figures(NamedTuple):
    cpu_ms: dict[str, dict[str, float]]
    """By request and part."""
    resident_mb: dict[str, float]
    bytes_per_feedback: dict[str, float]
    """By table, indexes included; SQLite's file counts as one."""


def _database_bytes(url: str) -> dict[str, int]:
    engine = make_engine(url) if url.startswith("sqlite") else create_engine(make_engine(url).url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            return {"file": Path(str(engine.url.database)).stat().st_size}
        size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        return {name: int(connection.execute(size, {"name": name}).scalar_one()) for name in TABLES}


def _cost(request: Request, times: int, parts: Parts) -> dict[str, float]:
    """CPU milliseconds per request, by part."""
    for _ in range(WARM_UP):
        request.send()
    before = {part: cpu_seconds(processes()) for part, processes in parts.items()}
    for _ in range(times):
        request.send()
    used = {part: cpu_seconds(processes()) - before[part] for part, processes in parts.items()}
    return {part: seconds / times * 1000 for part, seconds in used.items()}


def _measure(url: str, share: float, cluster: Cluster | None) -> Figures:
    cpu_ms: dict[str, dict[str, float]] = {}
    grown: dict[str, float] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        inference = stack.enter_context(serve("inference", folder / "i.log", stream_idle_s="600"))
        recommender = stack.enter_context(
            serve(
                "recommender",
                folder / "r.log",
                inference_url=inference,
                database_url=url,
                feedback_per_minute="0",
            )
        )
        services = {"inference": process_at(inference), "recommender": process_at(recommender)}
        parts: Parts = {name: [process].copy for name, process in services.items()}
        if cluster:
            parts["database"] = cluster.backends
        photos = stack.enter_context(httpx.Client(base_url=inference, timeout=60))
        http = stack.enter_context(httpx.Client(base_url=recommender, timeout=60))
        requests = [] if cluster else list(photo_requests(photos, stack))
        for request in [*requests, *mood_requests(http)]:
            times = max(5, round(request.times * share))
            before = _database_bytes(url)
            print(f"{request.name}: {times} times", file=sys.stderr)
            cpu_ms[request.name] = _cost(request, times, parts)
            if request.name == f"`{FEEDBACK}`":
                after, sent = _database_bytes(url), times + WARM_UP
                grown = {table: (after[table] - before[table]) / sent for table in after}
        memory = {name: memory_mb(process) for name, process in services.items()}
    return Figures(cpu_ms, memory, grown)


def _report(sqlite: Figures, postgres: Figures | None) -> str:
    rows = []
    for name, parts in sqlite.cpu_ms.items():
        other = postgres.cpu_ms.get(name) if postgres else None
        both = f"{other['recommender']:.1f} + {other['database']:.1f}" if other else "–"
        rows.append([name, f"{parts['inference']:.1f}", f"{parts['recommender']:.1f}", both])
    head = ["request", "inference", "recommender on SQLite", "recommender + PostgreSQL"]
    portrait = sqlite.cpu_ms["`/predict`, portrait 512×512"]["inference"]
    mood = sqlite.cpu_ms["`/recommend`, 4 media × 5 items"]["recommender"]
    facts = [
        ["one core reads", f"{1000 / portrait:.0f} portraits/s"],
        ["one core recommends by mood, SQLite", f"{1000 / mood:.0f}/s"],
        ["memory after the run", ", ".join(f"{k} {v:.0f} MB" for k, v in sqlite.resident_mb.items())],
        ["SQLite grows per feedback", f"{sqlite.bytes_per_feedback['file']:.0f} bytes"],
    ]
    if postgres:
        grown = postgres.bytes_per_feedback
        kinds = ", ".join(f"{what} {grown[table]:.0f}" for table, what in TABLES.items())
        total = f"{sum(grown.values()):.0f} bytes: {kinds} (indexes included)"
        facts.append(["PostgreSQL grows per feedback", total])
    machine = f"{processor()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}; CPU ms."
    return f"{machine}\n\n{markdown(head, rows)}\n\n{markdown(['', ''], facts)}"


def main() -> None:
    command = argparse.ArgumentParser(
        "python -m bench.measure", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("--share", type=float, default=1.0, help="of the requests, 0 to 1")
    share = command.parse_args().share
    with tempfile.TemporaryDirectory() as folder:
        sqlite = _measure(f"sqlite:///{folder}/recommender.db", share, None)
    postgres = None
    if server_programs():
        with running_cluster(durable=True) as cluster:
            postgres = _measure(new_database(cluster.url, "measured"), share, cluster)
    else:
        print("PostgreSQL's server programs are not installed: its column stays empty", file=sys.stderr)
    print(_report(sqlite, postgres))
    if postgres:
        print(
            "", *tables(sqlite.cpu_ms, postgres.cpu_ms, sum(postgres.bytes_per_feedback.values())), sep="\n"
        )


if __name__ == "__main__":
    main()
