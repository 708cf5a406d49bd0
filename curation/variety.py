"""Measures the shelves themselves: variety among strangers, repeats in a month, steadiness, moods told apart.

    python -m curation variety

Runs the real code on the real catalogue; the numbers are the same on every run.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from statistics import fmean
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from curation.study import START, catalogue
from services.emotions import EMOTIONS, Emotion
from services.recommender.ranking.item import MEDIA, Medium
from services.recommender.ranking.mood import UNHAPPY
from services.recommender.recommend import recommend
from services.recommender.schemas.recommendation import Options, Recommendation, certain
from services.recommender.store import memory
from services.recommender.store.models import Item

STRANGERS: Final = 50
DAYS: Final = 30
MONTHS: Final = 10
VECTORS: Final = 300
LOVERS: Final = 5
LIKES: Final = 30
STEP: Final = 0.02

Shares = Mapping[Emotion, float]


def variety() -> Iterator[str]:
    """One line for each figure."""
    with catalogue() as sessions, sessions.read.begin() as session:
        yield from _strangers(session)
        yield from _months(session)
        yield from _steps(session)
        yield from _unhappy(session)
        yield from _anger_and_fear(session)
    with catalogue() as sessions, sessions.write.begin() as session:
        yield _horror(session)


def _of(answer: Recommendation, medium: Medium) -> set[int]:
    return {item.id for item in answer.items if item.medium == medium}


def _strangers(session: Session) -> Iterator[str]:
    seen: dict[Medium, set[int]] = {medium: set() for medium in MEDIA}
    away: dict[Medium, list[float]] = {medium: [] for medium in MEDIA}
    for number in range(STRANGERS):
        for emotion in EMOTIONS:
            answer = recommend(session, certain(emotion), Options(user_id=f"stranger-{number}"), START)
            for item in answer.items:
                seen[item.medium].add(item.id)
                aim = answer.target
                away[item.medium].append(math.hypot(item.valence - aim.valence, item.arousal - aim.arousal))
    for medium in MEDIA:
        yield (
            f"{STRANGERS} strangers, six moods, a day: {len(seen[medium])} works ({medium}), "
            f"{fmean(away[medium]):.3f} off target"
        )


def _months(session: Session) -> Iterator[str]:
    for medium in MEDIA:
        most = 0
        for number in range(MONTHS):
            emotion = EMOTIONS[number % len(EMOTIONS)]
            options = Options(user_id=f"monthly-{number}", medium=[medium])
            days: Counter[int] = Counter()
            for day in range(DAYS):
                answer = recommend(session, certain(emotion), options, START + timedelta(days=day))
                days.update(item.id for item in answer.items)
            most = max(most, *days.values())
        yield f"{MONTHS} users, a month of one mood: the commonest item on {most} of {DAYS} days ({medium})"


def _vectors(count: int) -> Iterator[dict[Emotion, float]]:
    """Draw vectors of every kind, from nearly certain to nearly flat."""
    chance = random.Random(11)  # noqa: S311 # a simulation, no secret
    for _ in range(count):
        power = chance.choice((0.3, 1.0, 3.0))
        shares = [chance.gammavariate(power, 1) + 1e-9 for _ in EMOTIONS]
        yield {emotion: share / sum(shares) for emotion, share in zip(EMOTIONS, shares, strict=True)}


def _moved(shares: Shares, chance: random.Random) -> dict[Emotion, float]:
    """Move `STEP` from one emotion to another."""
    giver = chance.choice([emotion for emotion in EMOTIONS if shares[emotion] >= STEP])
    taker = chance.choice([emotion for emotion in EMOTIONS if emotion != giver])
    return {**shares, giver: shares[giver] - STEP, taker: shares[taker] + STEP}


def _steps(session: Session) -> Iterator[str]:
    chance = random.Random(12)  # noqa: S311 # as above
    replaced: Counter[int] = Counter()
    for number, shares in enumerate(_vectors(VECTORS)):
        options = Options(user_id=f"stranger-{number}")
        before = recommend(session, shares, options, START)
        after = recommend(session, _moved(shares, chance), options, START)
        replaced.update(len(_of(before, medium) - _of(after, medium)) for medium in MEDIA)
    spread = ", ".join(f"{count}: {replaced[count] / replaced.total():.1%}" for count in sorted(replaced))
    yield f"{VECTORS} vectors moved by {STEP}: items replaced of five {spread}"


def _unhappy(session: Session) -> Iterator[str]:
    unhappy = [shares for shares in _vectors(2000) if sum(shares[e] for e in UNHAPPY) >= 0.5]
    options = Options(medium=["movie"], limit=1)
    matched = sum(recommend(session, shares, options, START).strategy == "match" for shares in unhappy)
    yield f"unhappy vectors matched by auto: {matched} of {len(unhappy)}"


def _anger_and_fear(session: Session) -> Iterator[str]:
    shared = []
    for number in range(STRANGERS):
        options = Options(user_id=f"stranger-{number}")
        angry, fear = (recommend(session, certain(e), options, START) for e in ("angry", "fear"))
        shared.append(len({i.id for i in angry.items} & {i.id for i in fear.items}))
    yield f"items shared by anger and fear: {fmean(shared):.1f} of 20 on average, {max(shared)} at most"


def _horror(session: Session) -> str:
    """Users who liked thirty works of horror each are sad."""
    works = session.scalars(select(Item).where(~Item.removed).order_by(Item.id)).all()
    horror = [item for item in works if "horror" in item.genres]
    shown = given = 0
    for number in range(LOVERS):
        name = f"horror-{number}"
        for item in random.Random(name).sample(horror, LIKES):  # noqa: S311 # as above
            memory.record(session, memory.Opinion(name, item.id, "like"))
        for emotion in UNHAPPY:
            answer = recommend(session, certain(emotion), Options(user_id=name), START)
            given += len(answer.items)
            shown += sum("horror" in item.genres for item in answer.items)
    return f"horror given to {LOVERS} unhappy lovers of horror: {shown} of {given} items"
