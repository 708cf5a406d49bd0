"""Load on both services together: capacity, a long run at 80% of it with hostile input in it, an overload.

    python -m bench.harden.soak [--seconds 600] [--probe 15] [--json OUT]

One process of each service on loopback, SQLite, the driver on the same cores. Requests are timed from when
they were due, so waiting in line counts. Memory is read all along: how far it grew in the run says what it
takes, the slope of the line through its second half whether it goes on.
"""

import argparse
import asyncio
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.harden.fuzz_sockets import process_at
from bench.harden.logs import unhandled
from bench.harden.traffic import Answer, Client, mixed
from tests.helpers.process import memory_mb
from tests.helpers.serving import serve_both

CLIENTS: Final = 16
CROWD: Final = 256
"""Connections in the overload: more requests than that at once wait in the driver."""
HOSTILE: Final = 0.05
SHARE: Final = 0.8
OVERLOAD: Final = 3.0
OVERLOAD_S: Final = 15.0
USEFUL_S: Final = 2.0
"""An answer after this long helps nobody: it does not count as goodput."""
RECOVERS_S: Final = 5.0
DELIBERATE: Final = {503}
READINGS: Final = 200
"""Of memory in the long run: a line through two of them would take one large picture for a leak."""


@dataclass
class Tally:
    seconds: list[float] = field(default_factory=list)
    """Of requests that were answered as asked for."""
    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def note(self, answer: Answer, seconds: float) -> None:
        self.statuses[answer.status] += 1
        if answer.status >= 500 and answer.status not in DELIBERATE:
            self.broken.append(f"{answer.name}: {answer.status} {answer.body[:300]!r}")
        if 200 <= answer.status < 300:
            self.seconds.append(seconds)

    def figures(self, took: float) -> dict[str, Any]:
        cuts = statistics.quantiles(self.seconds, n=100) if len(self.seconds) > 1 else [0.0] * 99
        return {
            "asked": sum(self.statuses.values()),
            "answered_per_s": round(len(self.seconds) / took, 1),
            "median_ms": round(cuts[49] * 1000, 1),
            "p99_ms": round(cuts[98] * 1000, 1),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
        }


async def closed(
    address: str, seconds: float, clients: int, seed: int, hostile: float = 0.0
) -> tuple[Tally, float]:
    """Each client asks again as soon as it was answered: what the services can do."""
    tally, end, started = Tally(), time.monotonic() + seconds, time.monotonic()

    async def one(number: int) -> None:
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 # made traffic, no secret
        async with Client(address) as client:
            while time.monotonic() < end:
                asked = time.monotonic()
                tally.note(await client.ask(mixed(chance, hostile)), time.monotonic() - asked)

    await asyncio.gather(*(one(number) for number in range(clients)))
    return tally, time.monotonic() - started


async def opened(
    address: str, seconds: float, rate: float, clients: int, hostile: float
) -> tuple[Tally, float]:
    """Requests at a steady rate, whether or not the last ones were answered."""
    tally, chance, due = Tally(), random.Random(7), asyncio.Queue[float | None]()  # noqa: S311 # as above
    start = time.monotonic()

    async def one() -> None:
        async with Client(address) as client:
            while (since := await due.get()) is not None:
                if time.monotonic() - since > 10 * USEFUL_S:
                    tally.statuses[0] += 1  # nobody waits for this any more
                    continue
                tally.note(await client.ask(mixed(chance, hostile)), time.monotonic() - since)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            tasks.create_task(one())
        for number in itertools.count():
            since = start + number / rate
            if since > start + seconds:
                break
            await asyncio.sleep(max(0.0, since - time.monotonic()))
            due.put_nowait(since)
        for _ in range(clients):
            due.put_nowait(None)
    return tally, max(seconds, time.monotonic() - start)


async def recovery(address: str, normal_ms: float) -> float:
    """Seconds until ten requests in a row are answered well and as fast as they were; infinite after 60."""
    started, chance, good = time.monotonic(), random.Random(3), 0  # noqa: S311 # as above
    async with Client(address) as client:
        while good < 10:
            asked = time.monotonic()
            if asked - started > 60:
                return float("inf")
            answer = await client.ask(mixed(chance, 0.0))
            took = (time.monotonic() - asked) * 1000
            good = good + 1 if answer.status < 300 and took < max(3 * normal_ms, 200) else 0
    return time.monotonic() - started


async def watch(process: int, every_s: float, readings: list[tuple[float, float]]) -> None:
    """Moments and what the process then has in memory, in MB, until it is cancelled."""
    while True:
        readings.append((time.monotonic(), memory_mb(process)))
        await asyncio.sleep(every_s)


def grown(readings: list[tuple[float, float]], asked_per_s: float) -> dict[str, float]:
    """What was gained from the first reading to the last, and per 10,000 requests in the second half.

    A step that is taken once is in the first figure alone unless it comes late; what goes on is in both.
    """
    moments, sizes = zip(*readings, strict=True)
    half = len(readings) // 2
    slope = statistics.linear_regression(moments[half:], sizes[half:]).slope
    return {
        "mb": round(sizes[-1], 1),
        "grown_mb": round(sizes[-1] - sizes[0], 1),
        "slope_mb_per_10000": round(slope / asked_per_s * 10_000, 2),
    }


async def steady(figures: dict[str, Any], addresses: dict[str, str], seconds: float, rate: float) -> None:
    """The long run, with how the memory of each service grew."""
    await opened(addresses["recommender"], seconds / 10, rate, CLIENTS, HOSTILE)
    readings: dict[str, list[tuple[float, float]]] = {name: [] for name in addresses}
    watching = [
        asyncio.create_task(watch(process_at(address), seconds / READINGS, readings[name]))
        for name, address in addresses.items()
    ]
    tally, took = await opened(addresses["recommender"], seconds, rate, CLIENTS, HOSTILE)
    for task in watching:
        task.cancel()
    figures["steady"] = {"asked_per_s": round(rate, 1), **tally.figures(took)}
    figures["failures"] += tally.broken[:20]
    asked_per_s = sum(tally.statuses.values()) / took
    figures["memory"] = {name: grown(found, asked_per_s) for name, found in readings.items()}


async def measure(addresses: dict[str, str], seconds: float, probe: float) -> dict[str, Any]:
    figures: dict[str, Any] = {"seconds": seconds, "failures": []}
    address = addresses["recommender"]
    await closed(address, probe / 3, CLIENTS, 0)
    tally, took = await closed(address, probe, CLIENTS, 1)
    figures["capacity"] = tally.figures(took)
    figures["failures"] += tally.broken[:20]
    capacity = len(tally.seconds) / took
    # Its own capacity: what is hostile costs more, a photo without a face as much as ten with one.
    tally, took = await closed(address, probe, CLIENTS, 2, HOSTILE)
    figures["capacity_hostile"] = tally.figures(took)
    figures["failures"] += tally.broken[:20]
    await steady(figures, addresses, seconds, SHARE * sum(tally.statuses.values()) / took)
    tally, took = await opened(address, min(OVERLOAD_S, seconds), OVERLOAD * capacity, CROWD, 0.0)
    useful = sum(one <= USEFUL_S for one in tally.seconds) / took
    figures["overload"] = {**tally.figures(took), "goodput_per_s": round(useful, 1)}
    figures["overload"]["goodput_share"] = round(useful / capacity, 2)
    figures["failures"] += tally.broken[:20]
    figures["overload"]["recovery_s"] = round(await recovery(address, figures["steady"]["median_ms"]), 2)
    return figures


def run(seconds: float, probe: float) -> dict[str, Any]:
    """The figures; `failures` holds answers that should never be, at whatever speed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        addresses = stack.enter_context(serve_both(folder, {}, {}))
        figures = asyncio.run(measure(addresses, seconds, probe))
        for service in addresses:
            if found := unhandled(folder / f"{service}.log"):
                figures["failures"].append(f"{service}: {found}")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--probe", type=float, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = run(options.seconds, options.probe)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text)
    return 1 if figures["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
