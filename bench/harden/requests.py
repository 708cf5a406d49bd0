"""The requests of the soak: a mixture of ordinary ones, and hostile ones."""

import random
from collections.abc import Callable
from functools import cache
from typing import Final

from bench.harden.mutate import mutate, seeds
from bench.load.driver import Request, get, post, post_json
from services.emotions import EMOTIONS
from tests.helpers.pictures import ASTRONAUT

USERS: Final = 200
"""Few, so that feedback makes the database grow little."""

_corpus = cache(seeds)
_photo = cache(ASTRONAUT.read_bytes)


def ordinary(chance: random.Random) -> Request:
    kind = chance.choices(list(MIXTURE), list(MIXTURE.values()))[0]
    return kind(chance, f"soak-{chance.randrange(USERS)}", chance.choice(EMOTIONS))


def with_hostile(share: float) -> Callable[[random.Random], Request]:
    """Ordinary requests, and hostile ones in this share of all."""
    return lambda chance: _hostile(chance) if chance.random() < share else ordinary(chance)


def _mood(_chance: random.Random, user: str, emotion: str) -> Request:
    return get("mood", f"/recommend?emotion={emotion}&medium=movie&user_id={user}")


def _vector(_chance: random.Random, _user: str, emotion: str) -> Request:
    return post_json("vector", "/recommend", {"probabilities": dict.fromkeys(EMOTIONS, 0.1) | {emotion: 0.5}})


def _picture(_chance: random.Random, _user: str, _emotion: str) -> Request:
    return post("photo", "/recommend/photo?medium=song", _photo(), "image/jpeg")


def _feedback(chance: random.Random, user: str, _emotion: str) -> Request:
    body = {"user_id": user, "item_id": chance.randrange(1, 10_000), "action": "open"}
    return post_json("feedback", "/feedback", body)


def _listing(chance: random.Random, _user: str, _emotion: str) -> Request:
    return get("listing", f"/items?medium=book&limit=20&cursor={chance.randrange(10_000)}")


def _history(_chance: random.Random, user: str, _emotion: str) -> Request:
    return get("history", f"/users/{user}/history?limit=20")


MIXTURE: Final = {_mood: 30, _vector: 10, _picture: 25, _feedback: 20, _listing: 10, _history: 5}
"""Kinds of requests, and how many of a hundred each is."""


def _hostile(chance: random.Random) -> Request:
    """A request that must be refused at little cost."""
    match chance.randrange(5):
        case 0:
            return post("damaged photo", "/recommend/photo", mutate(chance, _corpus()), "image/jpeg")
        case 1:
            return post("no json", "/feedback", chance.randbytes(200), "application/json")
        case 2:
            return post("deep json", "/recommend", b"[" * 50_000, "application/json")
        case 3:
            query = f"emotion=%00&limit={chance.randrange(10**12)}&medium={'x' * 2000}"
            return get("nonsense", f"/recommend?{query}")
    return post("no form", "/recommend/photo", chance.randbytes(500), "multipart/form-data; boundary=B")
