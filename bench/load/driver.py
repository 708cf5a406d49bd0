"""Many clients against one service: as fast as it answers, or at a steady rate.

A full HTTP client would take more of the machine than the service, so these write bytes to a socket. At a
steady rate a request is timed from when it was due: waiting in line counts.
"""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from bench.figures import percentiles

PATIENCE_S: Final = 60.0
OVERDUE_S: Final = 20.0
"""A request due this long ago is not sent any more."""
NO_ANSWER: Final = 599
DELIBERATE: Final = 503


class Request(NamedTuple):
    name: str
    sent: bytes
    """The request as it goes over the wire."""


class Answer(NamedTuple):
    name: str
    status: int
    body: bytes


Make = Callable[[random.Random], Request]


def get(name: str, path: str) -> Request:
    return Request(name, f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())


def post(name: str, path: str, body: bytes, kind: str) -> Request:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Request(name, head.encode() + body)


def post_json(name: str, path: str, body: Any) -> Request:
    return post(name, path, json.dumps(body).encode(), "application/json")


class Client:
    """One kept connection, opened again when the service closes it."""

    def __init__(self, address: str) -> None:
        self._host, port = address.removeprefix("http://").split(":")
        self._port = int(port)
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close()

    async def ask(self, request: Request) -> Answer:
        """The answer; status 599 if none came."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                if self._writer is None:
                    self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
                self._writer.write(request.sent)
                head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
                body = await self._reader.readexactly(length)
        except (OSError, EOFError, TimeoutError) as error:
            self._close()
            return Answer(request.name, NO_ANSWER, repr(error).encode())
        if b"connection: close" in head:
            self._close()
        return Answer(request.name, int(head.split()[1]), body)

    def _close(self) -> None:
        if self._writer:
            self._writer.close()
        self._writer = None


@dataclass
class Tally:
    seconds: list[float] = field(default_factory=list)
    """Of the requests that succeeded."""
    statuses: Counter[int] = field(default_factory=Counter)
    """0 stands for those not sent because they were overdue."""
    broken: list[str] = field(default_factory=list)
    took: float = 0.0

    def add(self, answer: Answer, seconds: float) -> None:
        self.statuses[answer.status] += 1
        if answer.status >= 500 and answer.status != DELIBERATE:
            self.broken.append(f"{answer.name}: {answer.status} {answer.body[:300]!r}")
        if 200 <= answer.status < 300:
            self.seconds.append(seconds)

    def figures(self) -> dict[str, Any]:
        return {
            "asked": self.statuses.total(),
            "answered_per_s": round(len(self.seconds) / self.took, 1),
            **percentiles(self.seconds),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
        }


async def at_full_speed(address: str, seconds: float, clients: int, make: Make, seed: int = 0) -> Tally:
    """Each client asks again as soon as it has its answer."""
    tally, started = Tally(), time.monotonic()

    async def one(number: int) -> None:
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 # made traffic, no secret
        async with Client(address) as client:
            while (asked := time.monotonic()) < started + seconds:
                tally.add(await client.ask(make(chance)), time.monotonic() - asked)

    await asyncio.gather(*(one(number) for number in range(clients)))
    tally.took = time.monotonic() - started
    return tally


async def at_rate(address: str, seconds: float, clients: int, make: Make, rate: float) -> Tally:
    """`rate` requests per second, whether or not the last ones were answered."""
    tally, chance, due = Tally(), random.Random(7), asyncio.Queue[float | None]()  # noqa: S311 # as above
    start = time.monotonic()

    async def one() -> None:
        async with Client(address) as client:
            while (since := await due.get()) is not None:
                if time.monotonic() - since > OVERDUE_S:
                    tally.statuses[0] += 1
                else:
                    tally.add(await client.ask(make(chance)), time.monotonic() - since)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            tasks.create_task(one())
        for since in itertools.takewhile(
            lambda moment: moment <= start + seconds, itertools.count(start, 1 / rate)
        ):
            await asyncio.sleep(max(0.0, since - time.monotonic()))
            due.put_nowait(since)
        for _ in range(clients):
            due.put_nowait(None)
    tally.took = max(seconds, time.monotonic() - start)
    return tally
