"""Properties of every recommendation, on a real catalogue."""

import datetime as dt
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.emotions import EMOTIONS
from services.recommender.prepare import prepare
from services.recommender.ranking.item import MEDIA
from services.recommender.ranking.mood import STRATEGIES
from services.recommender.ranking.taste import ACTIONS
from services.recommender.recommend import recommend
from services.recommender.schemas.recommendation import Options
from services.recommender.store.db import Sessions, make_engine
from services.recommender.store.memory import Opinion, forget, record
from services.recommender.store.models import Item
from tests.helpers.recommender import made_rows

ITEMS = len(made_rows())

shares = st.lists(st.floats(0, 1), min_size=6, max_size=6).filter(lambda made: sum(made) > 1e-3)
items = st.integers(1, ITEMS + 5)
requests = st.builds(
    Options,
    medium=st.lists(st.sampled_from(MEDIA), min_size=1, max_size=4),
    limit=st.integers(1, 50),
    strategy=st.sampled_from(STRATEGIES),
    exclude=st.one_of(
        st.lists(items, max_size=40),
        st.sets(items, min_size=ITEMS - 60).map(list),  # all but a few
        st.just(list(range(1, ITEMS + 1))),
    ),
    user_id=st.sampled_from([None, "someone"]),
)
feedback = st.lists(
    st.tuples(items.filter(lambda item: item <= ITEMS), st.sampled_from(ACTIONS)), max_size=15
)
days = st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1))


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory, made_catalogue: Path) -> Iterator[Any]:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('properties') / 'r.db'}")
    prepare(engine, made_catalogue)
    yield Sessions(engine)
    engine.dispose()


@given(shares, requests, feedback, days)
@settings(max_examples=60, deadline=None)
def test_recommendations(sessions: Any, made: Any, options: Any, opinions: Any, day: Any) -> None:
    """A list holds as many allowed items as exist, each once, best first, and the same when asked again."""
    with sessions.write.begin() as session:
        forget(session, "someone")
        for item, action in opinions:
            record(session, Opinion("someone", item, action))
    vector = {emotion: value / sum(made) for emotion, value in zip(EMOTIONS, made, strict=True)}
    with sessions.read.begin() as session:
        everything = {
            medium: set(session.scalars(select(Item.id).filter_by(medium=medium))) for medium in MEDIA
        }
        answer = recommend(session, vector, options, day)
        assert answer == recommend(session, vector, options, day)
    blocked = {item for item, action in opinions if action in {"like", "dislike", "hide", "seen"}}
    unwanted = set(options.exclude) | (blocked if options.user_id else set())
    shown = [item.id for item in answer.items]
    assert not unwanted.intersection(shown)
    assert len(set(shown)) == len(shown)
    assert all(math.isfinite(item.score) and 0 <= item.score <= 1 for item in answer.items)
    for medium in set(options.medium):
        scores = [item.score for item in answer.items if item.medium == medium]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == min(options.limit, len(everything[medium] - unwanted))
