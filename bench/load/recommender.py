"""Measures recommending: without HTTP, from one client, at a steady rate, and the process's memory.

    python -m bench.load.recommender [--items 1000000] [--feedback 1000000] [--rate 300] [--json OUT]

With the shipped catalogue, then with as many made items more, then with feedback. `cpu` is the thread's
processor time, which other work on the machine changes little.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from bench.figures import parser, percentiles, publish, timed
from bench.load.catalogue import add_feedback, add_items
from bench.load.driver import Request, at_rate, get
from services.emotions import EMOTIONS
from services.recommender.prepare import prepare
from services.recommender.recommend import recommend
from services.recommender.schemas.recommendation import Options, certain
from services.recommender.settings import DATA_DIR
from services.recommender.store.db import Sessions, make_engine
from tests.helpers.process import memory_mb, process_at
from tests.helpers.serving import serve

CLIENTS: Final = 32
SECONDS: Final = 10
TIMES: Final = 400


def _speed(call: Callable[[int], object]) -> dict[str, float]:
    for number in range(20):
        call(number)
    seconds, cpu = [], []
    for number in range(TIMES):
        before = time.thread_time()
        seconds.append(timed(lambda: call(number), time.perf_counter)[1] / 1000)  # noqa: B023 # called at once
        cpu.append(time.thread_time() - before)
    return {**percentiles(seconds), "cpu_median_ms": round(statistics.median(cpu) * 1e3, 2)}


def _walk(url: str, user_id: str | None) -> dict[str, float]:
    """The recommendation without HTTP: all four media, five each, moods in turn."""
    engine = make_engine(url)
    day, options = datetime.now(UTC).date(), Options(user_id=user_id)
    with Sessions(engine).read.begin() as session:
        result = _speed(lambda number: recommend(session, certain(EMOTIONS[number % 6]), options, day))
    engine.dispose()
    return result


def _one_client(url: str, log: Path) -> dict[str, float]:
    with serve("recommender", log, database_url=url, log_level="WARNING") as address:
        connection = HTTPConnection(address.removeprefix("http://"))  # costs little itself

        def ask(number: int, more: str = "") -> None:
            connection.request("GET", f"/recommend?emotion={EMOTIONS[number % 6]}{more}")
            answer = connection.getresponse()
            if answer.status != HTTPStatus.OK or not answer.read():
                raise SystemExit(f"answered {answer.status}")

        result = _speed(ask)
        one_medium = _speed(lambda number: ask(number, "&medium=movie"))
        memory = round(memory_mb(process_at(address)), 1)
    del result["cpu_median_ms"]  # the client's, not the service's
    return {**result, "one_medium_median_ms": one_medium["median_ms"], "memory_mb": memory}


def _mood(chance: random.Random) -> Request:
    return get("mood", f"/recommend?emotion={chance.choice(EMOTIONS)}")


def _two_workers(url: str, log: Path, rate: float) -> dict[str, object]:
    os.environ["WEB_CONCURRENCY"] = "2"  # read by uvicorn
    try:
        with serve("recommender", log, database_url=url, log_level="WARNING") as address:
            tally = asyncio.run(at_rate(address, SECONDS, CLIENTS, _mood, rate))
    finally:
        del os.environ["WEB_CONCURRENCY"]
    return {"asked_per_s": rate, **tally.figures()}


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--items", type=int, default=1_000_000)
    command.add_argument("--feedback", type=int, default=1_000_000)
    command.add_argument("--rate", type=float, default=300)
    options = command.parse_args()
    figures: dict[str, object] = {"date": datetime.now(UTC).isoformat(timespec="seconds")}
    with tempfile.TemporaryDirectory() as folder:
        url, log = f"sqlite:///{folder}/r.db", Path(folder) / "log"
        engine = make_engine(url)
        _, ms = timed(lambda: prepare(engine, DATA_DIR), time.perf_counter)
        figures["first start, s"] = round(ms / 1000, 2)
        figures["shipped, without HTTP"] = _walk(url, None)
        figures["shipped, one client"] = _one_client(url, log)
        figures["shipped, two workers"] = _two_workers(url, log, options.rate)
        add_items(engine, options.items)
        figures[f"{options.items} more items, without HTTP"] = _walk(url, None)
        figures[f"{options.items} more items, one client"] = _one_client(url, log)
        add_feedback(engine, options.feedback)
        figures[f"and {options.feedback} feedback rows, a user"] = _walk(url, "user-0")
        figures[f"and {options.feedback} feedback rows, a stranger"] = _walk(url, None)
        engine.dispose()
    return publish(figures, options.json)


if __name__ == "__main__":
    sys.exit(main())
