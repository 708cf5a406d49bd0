"""What clients send in the soak, and a lean client that leaves the cores to the services."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Final, Self

from bench.harden.mutate import mutate, seeds
from services.emotions import EMOTIONS
from tests.helpers.pictures import ASTRONAUT

USERS: Final = 200
"""Few, so that the database does not grow with the run more than feedback makes it."""
PATIENCE_S: Final = 60.0


@dataclass(frozen=True)
class Answer:
    name: str
    status: int
    body: bytes


Request = tuple[str, bytes]
"""Its name, and the bytes on the wire without the host."""


def get(name: str, path: str) -> Request:
    return name, f"GET {path} HTTP/1.1\r\nHost: soak\r\n\r\n".encode()


def post(name: str, path: str, body: bytes, kind: str) -> Request:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: soak\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return name, head.encode() + body


def post_json(name: str, path: str, body: Any) -> Request:
    return post(name, path, json.dumps(body).encode(), "application/json")


@cache
def photo() -> bytes:
    return ASTRONAUT.read_bytes()


@cache
def corpus() -> list[bytes]:
    return seeds()


def mixed(chance: random.Random, hostile: float) -> Request:
    """One request of the mixture, or a hostile one in that share of all."""
    if chance.random() < hostile:
        return enemy(chance)
    kind = chance.choices([kind for kind, _ in MIXTURE], [weight for _, weight in MIXTURE])[0]
    return kind(chance, f"soak-{chance.randrange(USERS)}", chance.choice(EMOTIONS))


def mood(_chance: random.Random, user: str, emotion: str) -> Request:
    return get("mood", f"/recommend?emotion={emotion}&medium=movie&user_id={user}")


def vector(_chance: random.Random, _user: str, emotion: str) -> Request:
    return post_json("vector", "/recommend", {"probabilities": dict.fromkeys(EMOTIONS, 0.1) | {emotion: 0.5}})


def picture(_chance: random.Random, _user: str, _emotion: str) -> Request:
    return post("photo", "/recommend/photo?medium=song", photo(), "image/jpeg")


def feedback(chance: random.Random, user: str, _emotion: str) -> Request:
    body = {"user_id": user, "item_id": chance.randrange(1, 10_000), "action": "open"}
    return post_json("feedback", "/feedback", body)


def listing(chance: random.Random, _user: str, _emotion: str) -> Request:
    return get("listing", f"/items?medium=book&limit=20&cursor={chance.randrange(10_000)}")


def history(_chance: random.Random, user: str, _emotion: str) -> Request:
    return get("history", f"/users/{user}/history?limit=20")


MIXTURE: Final[tuple[tuple[Callable[[random.Random, str, str], Request], int], ...]] = (
    (mood, 30),
    (vector, 10),
    (picture, 25),
    (feedback, 20),
    (listing, 10),
    (history, 5),
)
"""Kinds of requests and how many of a hundred each is."""


def enemy(chance: random.Random) -> Request:
    """What must be refused, and cost little."""
    pick = chance.randrange(5)
    if pick == 0:
        return post("damaged photo", "/recommend/photo", mutate(chance, corpus()), "image/jpeg")
    if pick == 1:
        return post("no json", "/feedback", chance.randbytes(200), "application/json")
    if pick == 2:
        return post("deep json", "/recommend", b"[" * 50_000, "application/json")
    if pick == 3:
        return get(
            "nonsense", f"/recommend?emotion=%00&limit={chance.randrange(10**12)}&medium=" + "x" * 2000
        )
    return post("no form", "/recommend/photo", chance.randbytes(500), "multipart/form-data; boundary=B")


class Client:
    """One kept connection, opened anew where the service closes it."""

    def __init__(self, address: str) -> None:
        self.host, port = address.removeprefix("http://").split(":")
        self.port = int(port)
        self.writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.writer:
            self.writer.close()

    async def ask(self, request: Request) -> Answer:
        """The answer; status 599 where none came."""
        name, sent = request
        try:
            async with asyncio.timeout(PATIENCE_S):
                if self.writer is None:
                    self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
                self.writer.write(sent)
                head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
                body = await self.reader.readexactly(length)
        except (OSError, EOFError, TimeoutError) as error:
            self.hang_up()
            return Answer(name, 599, repr(error).encode())
        if b"connection: close" in head:
            self.hang_up()
        return Answer(name, int(head.split()[1]), body)

    def hang_up(self) -> None:
        if self.writer:
            self.writer.close()
        self.writer = None
