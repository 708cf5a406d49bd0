"""Studies offline whether memory helps and whether the shelves are diverse.

    python -m curation study [--users 24] [--rounds 20]

Simulated users, who love three genres and hate three, get five films a round for a mood of the day. They like
or dislike each with a probability that depends on their taste only. Four recommenders get the same users and
moods: this one with memory, this one without, the most popular first, and chance. Runs the real code on the
real catalogue; the numbers are the same on every run.
"""

import math
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.emotions import EMOTIONS, Emotion
from services.recommender.prepare import prepare
from services.recommender.ranking import mood
from services.recommender.recommend import recommend
from services.recommender.schemas.recommendation import Options, RecommendedItem, Target, certain
from services.recommender.settings import DATA_DIR
from services.recommender.store import memory
from services.recommender.store.db import Sessions, make_engine
from services.recommender.store.models import Item

SHELF: Final = 5
START: Final = date(2026, 1, 1)
GENRES: Final = (
    "comedy", "drama", "action", "romance", "thriller", "science fiction", "horror", "fantasy", "crime",
)  # fmt: skip
DAYS_APART: Final = 47
"""Between the days of the readers of `shelves`, so that they read in different months."""
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
    """Of one recommender, over all users and rounds."""

    liked: list[float] = field(default_factory=list)
    """Expected share of likes per user and round."""
    late: list[float] = field(default_factory=list)
    """The same in the last quarter of the rounds."""
    shown: set[int] = field(default_factory=set)
    likeness: list[float] = field(default_factory=list)
    """Share of common genres of two films on a shelf."""
    distance: list[float] = field(default_factory=list)
    """From the target in the affect plane."""


Picker = Callable[[Session, User, Emotion, date], Sequence[int]]


def _users(count: int) -> list[User]:
    chance = random.Random(7)  # noqa: S311 # a simulation, no secret
    tastes = [chance.sample(GENRES, 6) for _ in range(count)]
    return [User(f"simulated-{n}", frozenset(t[:3]), frozenset(t[3:])) for n, t in enumerate(tastes)]


def _ours(*, remembering: bool) -> Picker:
    def pick(session: Session, user: User, emotion: Emotion, day: date) -> list[int]:
        options = Options(medium=["movie"], limit=SHELF, user_id=user.name if remembering else None)
        return [item.id for item in recommend(session, certain(emotion), options, day).items]

    return pick


def _popular(items: dict[int, Item]) -> Picker:
    """The most popular that the user has not seen yet."""
    order = sorted(items.values(), key=lambda item: (-item.popularity, -item.quality, item.id))
    given: dict[str, int] = {}

    def pick(_session: Session, user: User, _emotion: Emotion, _day: date) -> list[int]:
        start = given.get(user.name, 0)
        given[user.name] = start + SHELF
        return [item.id for item in order[start : start + SHELF]]

    return pick


def _by_chance(items: dict[int, Item]) -> Picker:
    chance = random.Random(3)  # noqa: S311 # as above

    def pick(_session: Session, _user: User, _emotion: Emotion, _day: date) -> list[int]:
        return chance.sample(sorted(items), SHELF)

    return pick


def _play(sessions: Sessions, items: dict[int, Item], users: list[User], rounds: int, pick: Picker) -> Tally:
    """Plays all rounds; likes and dislikes are recorded with and without memory."""
    tally = Tally()
    for user in users:
        chance = random.Random(user.name)  # noqa: S311 # as above
        for number in range(rounds):
            emotion = EMOTIONS[chance.randrange(len(EMOTIONS))]
            with sessions.write.begin() as session:
                shelf = [items[i] for i in pick(session, user, emotion, START + timedelta(days=number))]
                _add(tally, user, shelf, emotion, late=number >= rounds * 3 // 4)
                for item in shelf:
                    happy = chance.random() < user.chance_of_liking(item.genres)
                    said = memory.Opinion(user.name, item.id, "like" if happy else "dislike")
                    memory.record(session, said)
    return tally


def _add(tally: Tally, user: User, shelf: list[Item], emotion: Emotion, *, late: bool) -> None:
    share = sum(user.chance_of_liking(item.genres) for item in shelf) / len(shelf)
    tally.liked.append(share)
    if late:
        tally.late.append(share)
    tally.shown.update(item.id for item in shelf)
    target = mood.target(certain(emotion), "auto")
    for item in shelf:
        tally.distance.append(math.hypot(item.valence - target.valence, item.arousal - target.arousal))
    for one, other in combinations(shelf, 2):
        a, b = set(one.genres) or {""}, set(other.genres) or {""}
        tally.likeness.append(len(a & b) / len(a | b))


@contextmanager
def catalogue() -> Iterator[Sessions]:
    """A new database with the shipped catalogue."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'study.db'}")
        prepare(engine, DATA_DIR)
        yield Sessions(engine)
        engine.dispose()


def study(users: int, rounds: int) -> list[str]:
    """A Markdown table."""
    heads = ("recommender", "likes, all rounds", "last quarter", "genres shared", "off target", "films shown")
    lines = [
        f"{users} simulated users, {rounds} rounds of {SHELF} films.",
        "",
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
    ]
    recommenders: dict[str, Callable[[dict[int, Item]], Picker]] = {
        "with memory": lambda _: _ours(remembering=True),
        "without memory": lambda _: _ours(remembering=False),
        "most popular": _popular,
        "chance": _by_chance,
    }
    for name, recommender in recommenders.items():
        with catalogue() as sessions:
            with sessions.read.begin() as session:
                films = session.scalars(select(Item).where(Item.medium == "movie", ~Item.removed))
                items = {item.id: item for item in films}
            tally = _play(sessions, items, _users(users), rounds, recommender(items))
        lines.append(
            f"| {name} | {fmean(tally.liked):.1%} | {fmean(tally.late):.1%} | {fmean(tally.likeness):.2f} | "
            f"{fmean(tally.distance):.2f} | {len(tally.shown)} of {len(items)} |"
        )
    return lines


def shelves(readers: int) -> Iterator[str]:
    """For each reader, each with a day of their own, and each mood: the shelves as a stranger gets them.

    With the item's place, its genres and tags, and the reason.
    """
    with catalogue() as sessions, sessions.read.begin() as session:
        for number in range(readers):
            options, day = Options(user_id=f"reader-{number}"), START + timedelta(days=DAYS_APART * number)
            for emotion in EMOTIONS:
                answer = recommend(session, certain(emotion), options, day)
                yield f"{options.user_id}, {day}, {emotion}: {answer.strategy}, {_place(answer.target)}"
                for item in answer.items:
                    creator = f" ({item.creator})" if item.creator else ""
                    tags = session.scalars(select(Item.tags).where(Item.id == item.id)).one()
                    yield f"  {item.medium}: {item.title}{creator}, {item.year or '-'}, {_place(item)}"
                    yield f"    {'|'.join(item.genres)} # {'|'.join(tags)}"
                    yield f"    {item.reason}"


def _place(at: Target | RecommendedItem) -> str:
    return f"{at.valence:+.2f} {at.arousal:+.2f}"
