"""Loads both services: capacity, a long run at 80% of it with hostile requests, capacity then, an overload.

    python -m bench.harden.soak [--seconds 600] [--probe 15] [--json OUT]

One process of each service, SQLite, the driver on the same cores. Memory is read during the whole long run:
its growth is what the service needs, the slope of its second half shows whether growth goes on.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench.figures import parser, publish
from bench.harden.logs import unhandled
from bench.harden.requests import ordinary, with_hostile
from bench.load.driver import Client, Tally, at_full_speed, at_rate
from tests.helpers.process import memory_mb, process_at
from tests.helpers.serving import serve_both

CLIENTS: Final = 16
CROWD: Final = 256
"""Connections in the overload; further requests wait in the driver."""
HOSTILE: Final = with_hostile(0.05)
SHARE: Final = 0.8
OVERLOAD: Final = 3.0
OVERLOAD_S: Final = 15.0
USEFUL_S: Final = 2.0
"""A slower answer does not count as goodput."""
READINGS: Final = 200
"""Of memory in the long run: with only two, one large picture would look like a leak."""
NEVER: Final = float("inf")

Readings = list[tuple[float, float]]
"""Moments in seconds, and memory in MB."""


async def _recovery(address: str, normal_ms: float) -> float:
    """Seconds until ten requests in a row succeed at normal speed; infinite after 60."""
    started, chance, good = time.monotonic(), random.Random(3), 0  # noqa: S311 # made traffic, no secret
    async with Client(address) as client:
        while good < 10:
            asked = time.monotonic()
            if asked - started > 60:
                return NEVER
            answer = await client.ask(ordinary(chance))
            took = (time.monotonic() - asked) * 1000
            good = good + 1 if answer.status < 300 and took < max(3 * normal_ms, 200) else 0
    return time.monotonic() - started


async def _watch(process: int, every_s: float, readings: Readings) -> None:
    """Reads the memory until cancelled."""
    while True:
        readings.append((time.monotonic(), memory_mb(process)))
        await asyncio.sleep(every_s)


def growth(readings: Readings, asked_per_s: float) -> dict[str, float]:
    """The growth from first to last reading, and per 10,000 requests in the second half.

    An early step is in the first figure only; a leak is in both.
    """
    moments, sizes = zip(*readings, strict=True)
    half = len(readings) // 2
    slope = statistics.linear_regression(moments[half:], sizes[half:]).slope
    return {
        "mb": round(sizes[-1], 1),
        "grown_mb": round(sizes[-1] - sizes[0], 1),
        "slope_mb_per_10000": round(slope / asked_per_s * 10_000, 2),
    }


async def _steady(addresses: dict[str, str], seconds: float, rate: float) -> tuple[Tally, dict[str, Any]]:
    """The long run, and how the memory of each service grew in it."""
    address = addresses["recommender"]
    await at_rate(address, seconds / 10, CLIENTS, HOSTILE, rate)
    readings: dict[str, Readings] = {name: [] for name in addresses}
    watching = [
        asyncio.create_task(_watch(process_at(addresses[name]), seconds / READINGS, found))
        for name, found in readings.items()
    ]
    tally = await at_rate(address, seconds, CLIENTS, HOSTILE, rate)
    for task in watching:
        task.cancel()
    asked_per_s = tally.statuses.total() / tally.took
    return tally, {name: growth(found, asked_per_s) for name, found in readings.items()}


async def _measure(addresses: dict[str, str], seconds: float, probe: float) -> dict[str, Any]:
    address = addresses["recommender"]
    await at_full_speed(address, probe / 3, CLIENTS, ordinary)
    plain = await at_full_speed(address, probe, CLIENTS, ordinary, seed=1)
    # Hostile requests cost more: a photo without a face as much as ten with one.
    hostile = await at_full_speed(address, probe, CLIENTS, HOSTILE, seed=2)
    rate = SHARE * hostile.statuses.total() / hostile.took
    steady, memory = await _steady(addresses, seconds, rate)
    # Users have a history by now, which makes their requests cost more than at the start.
    filled = await at_full_speed(address, probe, CLIENTS, ordinary, seed=3)
    capacity = len(filled.seconds) / filled.took
    overload = await at_rate(address, min(OVERLOAD_S, seconds), CROWD, ordinary, OVERLOAD * capacity)
    useful = sum(one <= USEFUL_S for one in overload.seconds) / overload.took
    steady_figures = {"asked_per_s": round(rate, 1), **steady.figures()}
    parts = (plain, hostile, steady, filled, overload)
    return {
        "seconds": seconds,
        "failures": [line for part in parts for line in part.broken[:20]],
        "capacity": plain.figures(),
        "capacity_hostile": hostile.figures(),
        "steady": steady_figures,
        "memory": memory,
        "capacity_filled": filled.figures(),
        "overload": {
            **overload.figures(),
            "goodput_per_s": round(useful, 1),
            "goodput_share": round(useful / capacity, 2),
            "recovery_s": round(await _recovery(address, steady_figures["median_ms"]), 2),
        },
    }


def run(seconds: float, probe: float) -> dict[str, Any]:
    """The figures; `failures` holds answers that are wrong at any speed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        addresses = stack.enter_context(serve_both(folder, {}, {}))
        figures = asyncio.run(_measure(addresses, seconds, probe))
        figures["failures"] += unhandled(folder, addresses)
    return figures


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--seconds", type=float, default=600)
    command.add_argument("--probe", type=float, default=15)
    options = command.parse_args()
    return publish(run(options.seconds, options.probe), options.json)


if __name__ == "__main__":
    sys.exit(main())
