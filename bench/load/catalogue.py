"""Made items and feedback by the million, for a database that holds the shipped catalogue."""

import random
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Engine, insert, text

from services.recommender.imports.row import Row
from services.recommender.ranking.item import MEDIA
from services.recommender.ranking.taste import FOREVER_MS
from services.recommender.store.db import WRITING
from services.recommender.store.models import Feedback, Item, UserItem

BATCH: Final = 20_000
GENRES: Final = ("drama", "comedy", "thriller", "fantasy", "romance", "horror", "mystery", "action")


def add_items(engine: Engine, count: int) -> None:
    """Spread over the affect plane as estimates are."""
    chance = random.Random(1)  # noqa: S311 # made data, no secret
    for numbers in _batches(count):
        rows = [{**_item(chance, number).values(), "shipped": False} for number in numbers]
        with engine.execution_options(**WRITING).begin() as connection:
            connection.execute(insert(Item), rows)


def _item(chance: random.Random, number: int) -> Row:
    return Row.model_construct(
        medium=MEDIA[number % 4],
        title=f"Item {number}",
        url=f"https://example.org/{number}",
        creator=f"Maker {chance.randrange(50_000)}",
        year=chance.randrange(1950, 2025),
        genres=chance.sample(GENRES, 2),
        emotions=[],
        valence=max(-1, min(1, round(chance.gauss(0.1, 0.35), 3))),
        arousal=max(-1, min(1, round(chance.gauss(0.1, 0.35), 3))),
        affect_source="made",
        affect_confidence=0.6,
        quality=round(chance.random(), 3),
        popularity=round(chance.random(), 3),
    )


def add_feedback(engine: Engine, count: int) -> None:
    """By a twentieth as many users; the first thousand are user-0's."""
    chance = random.Random(2)  # noqa: S311 # made data, no secret
    with engine.connect() as connection:
        most = connection.execute(text("SELECT max(id) FROM items")).scalar_one()
    for numbers in _batches(count):
        rows = {}
        for number in numbers:
            user = "user-0" if number < 1_000 else f"user-{chance.randrange(1, count // 20 + 2)}"
            rows[user, chance.randrange(1, most)] = number
        keys = [{"user_id": user, "item_id": item, "at_ms": at} for (user, item), at in rows.items()]
        feedback = [{**key, "action": "like"} for key in keys]
        liked = [{**key, "verdict": "like", "verdict_ms": key["at_ms"]} for key in keys]
        opinions = [{**row, "blocked_until_ms": FOREVER_MS * (n % 3 == 0)} for n, row in enumerate(liked)]
        with engine.execution_options(**WRITING).begin() as connection:
            connection.execute(insert(Feedback), feedback)
            connection.execute(insert(UserItem).prefix_with("OR IGNORE"), opinions)


def _batches(count: int) -> Iterator[range]:
    return (range(start, min(count, start + BATCH)) for start in range(0, count, BATCH))
