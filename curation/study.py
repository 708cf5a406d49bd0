"""The offline study: does memory help, and are the shelves diverse? The same numbers on every run.

    python -m curation study [--users 24] [--rounds 20]

Simulated users with known tastes get five films a round for a mood of the day, and like or dislike each with
a probability that only their taste decides: three genres they love, three they cannot stand. Four
recommenders face the same users and moods: this one with memory, this one without, the most popular first,
and chance. The real code runs on the real catalogue in a SQLite of its own.
"""

import math
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.emotions import EMOTIONS, Emotion
from services.recommender.prepare import prepare
from services.recommender.ranking import mood
from services.recommender.recommend import recommend
from services.recommender.schemas.recommendation import Options, certain
from services.recommender.settings import DATA_DIR
from services.recommender.store import memory
from services.recommender.store.db import Sessions, make_engine
from services.recommender.store.models import Item

SHELF: Final = 5
START: Final = date(2026, 1, 1)
GENRES: Final = (
    "comedy",
    "drama",
    "action",
    "romance",
    "thriller",
    "science fiction",
    "horror",
    "fantasy",
    "crime",
)
LOVED_PULL: Final = 1.8
BASE: Final = -0.4


@dataclass(frozen=True, slots=True)
class User:
    name: str
    loved: frozenset[str]
    hated: frozenset[str]

    def chance_of_liking(self, genres: Sequence[str]) -> float:
        liked, disliked = len(self.loved & set(genres)), len(self.hated & set(genres))
        return 1 / (1 + math.exp(-(BASE + LOVED_PULL * (liked - disliked))))


@dataclass(slots=True)
class Tally:
    """What a recommender did over all users and rounds."""

    liked: list[float] = field(default_factory=list)
    """Expected share of likes, one entry per user and round."""
    late: list[float] = field(default_factory=list)
    """The same in the last quarter of the rounds."""
    shown: set[int] = field(default_factory=set)
    likeness: list[float] = field(default_factory=list)
    """Share of genres that two films on one shelf have in common."""
    distance: list[float] = field(default_factory=list)
    """From the target in the plane."""


Picker = Callable[[Session, User, Emotion, date], Sequence[int]]


def make_users(count: int) -> list[User]:
    chance = random.Random(7)  # noqa: S311 # a simulation, no secret
    users = []
    for number in range(count):
        tastes = chance.sample(GENRES, 6)
        users.append(User(f"simulated-{number}", frozenset(tastes[:3]), frozenset(tastes[3:])))
    return users


def ours(*, remembering: bool) -> Picker:
    def pick(session: Session, user: User, emotion: Emotion, day: date) -> list[int]:
        options = Options(medium=["movie"], limit=SHELF, user_id=user.name if remembering else None)
        return [item.id for item in recommend(session, certain(emotion), options, day).items]

    return pick


def popular(items: dict[int, Item]) -> Picker:
    """The most popular that the user has not been shown yet."""
    order = sorted(items.values(), key=lambda item: (-item.popularity, -item.quality, item.id))
    given: dict[str, int] = {}

    def pick(_session: Session, user: User, _emotion: Emotion, _day: date) -> list[int]:
        start = given.get(user.name, 0)
        given[user.name] = start + SHELF
        return [item.id for item in order[start : start + SHELF]]

    return pick


def by_chance(items: dict[int, Item]) -> Picker:
    chance = random.Random(3)  # noqa: S311 # as above

    def pick(_session: Session, _user: User, _emotion: Emotion, _day: date) -> list[int]:
        return chance.sample(sorted(items), SHELF)

    return pick


def play(sessions: Sessions, items: dict[int, Item], users: list[User], rounds: int, pick: Picker) -> Tally:
    """All users' rounds; the likes and dislikes are told to the service, whether it listens or not."""
    tally = Tally()
    for user in users:
        chance = random.Random(user.name)  # noqa: S311 # as above
        for number in range(rounds):
            emotion = EMOTIONS[chance.randrange(len(EMOTIONS))]
            with sessions.write.begin() as session:
                shelf = [items[i] for i in pick(session, user, emotion, START + timedelta(days=number))]
                note(tally, user, shelf, emotion, late=number >= rounds * 3 // 4)
                for item in shelf:
                    happy = chance.random() < user.chance_of_liking(item.genres)
                    said = memory.Opinion(user.name, item.id, "like" if happy else "dislike")
                    memory.record(session, said)
    return tally


def note(tally: Tally, user: User, shelf: list[Item], emotion: Emotion, *, late: bool) -> None:
    share = sum(user.chance_of_liking(item.genres) for item in shelf) / len(shelf)
    tally.liked.append(share)
    if late:
        tally.late.append(share)
    tally.shown.update(item.id for item in shelf)
    point = mood.Point(*mood.CIRCUMPLEX[emotion])
    target = mood.target(point, mood.auto_strategy(point))
    for item in shelf:
        tally.distance.append(math.hypot(item.valence - target.valence, item.arousal - target.arousal))
    for one, other in combinations(shelf, 2):
        a, b = set(one.genres) or {""}, set(other.genres) or {""}
        tally.likeness.append(len(a & b) / len(a | b))


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def study(users: int, rounds: int) -> list[str]:
    """A Markdown table."""
    heads = ("recommender", "likes, all rounds", "last quarter", "genres shared", "off target", "films shown")
    lines = [
        f"{users} simulated users, {rounds} rounds of {SHELF} films.",
        "",
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
    ]
    for name in ("with memory", "without memory", "most popular", "chance"):
        with tempfile.TemporaryDirectory() as folder:
            engine = make_engine(f"sqlite:///{Path(folder) / 'study.db'}")
            prepare(engine, DATA_DIR)
            sessions = Sessions(engine)
            with sessions.read.begin() as session:
                films = session.scalars(select(Item).where(Item.medium == "movie", ~Item.removed))
                items = {item.id: item for item in films}
            pickers = {
                "with memory": ours(remembering=True),
                "without memory": ours(remembering=False),
                "most popular": popular(items),
                "chance": by_chance(items),
            }
            tally = play(sessions, items, make_users(users), rounds, pickers[name])
            engine.dispose()
        lines.append(
            f"| {name} | {mean(tally.liked):.1%} | {mean(tally.late):.1%} | {mean(tally.likeness):.2f} | "
            f"{mean(tally.distance):.2f} | {len(tally.shown)} of {len(items)} |"
        )
    return lines


def shelves() -> list[str]:
    """For each mood and medium, what a stranger gets on the study's first day."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'shelves.db'}")
        prepare(engine, DATA_DIR)
        with Sessions(engine).read.begin() as session:
            for emotion in EMOTIONS:
                answer = recommend(session, certain(emotion), Options(), START)
                lines.append(f"{emotion}: {answer.strategy}")
                for item in answer.items:
                    creator = f" ({item.creator})" if item.creator else ""
                    lines.append(f"  {item.medium}: {item.title}{creator}. {item.reason}")
        engine.dispose()
    return lines
