from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recommender.ranking.taste import (
    ACTIONS,
    BLOCKING,
    WEIGHTS,
    Action,
    appeal,
    change,
    features_of,
    leaning,
    replaces,
)
from tests.helpers.candidates import candidate

action = st.sampled_from(ACTIONS)


def test_unknown() -> None:
    """Without evidence the leaning is 0."""
    assert leaning(0, 0) == 0
    assert appeal(["genre:movie:war"], {}) == 0


def test_leaning() -> None:
    """A leaning grows with evidence, is symmetric, and never reaches 1."""
    assert 0 < leaning(1, 0) < leaning(5, 0) < leaning(1000, 0) < 1
    assert leaning(3, 3) == 0
    assert leaning(0, 5) == -leaning(5, 0)


def test_features() -> None:
    """Features are the genres, the creator and the region, in this order."""
    made = candidate(1, genres=("war", "drama"), creator="Ada", valence=0.9, arousal=-0.9)
    features = features_of(made)
    assert features == ["genre:movie:war", "genre:movie:drama", "creator:Ada", "region:movie:3"]
    assert features_of(candidate(2, medium="song", valence=0, arousal=0)) == ["region:song:10"]


@given(st.dictionaries(st.sampled_from(["genre:a:b", "creator:x", "region:a:1"]), st.floats(-1, 1)))
def test_appeal(leanings: Any) -> None:
    """The appeal stays within -1 and 1."""
    assert -1 <= appeal(["genre:a:b", "creator:x", "region:a:1"], leanings) <= 1


@given(st.lists(action, min_size=1, max_size=30))
def test_one_action_counts(actions: list[Action]) -> None:
    """After any sequence of actions an item counts as one of them."""
    likes = dislikes = 0.0
    counted: Action | None = None
    for each in actions:
        if replaces(each, counted):
            more = change(each, counted)
            likes, dislikes = likes + more[0], dislikes + more[1]
            counted = each
    assert counted is not None
    assert (likes, dislikes) == pytest.approx(WEIGHTS[counted])


def test_replaces() -> None:
    """Only another opinion replaces an opinion."""
    assert not replaces("open", "dislike")
    assert not replaces("skip", "like")
    assert replaces("like", "dislike")
    assert replaces("like", "open")


def test_blocking() -> None:
    """Disliking and hiding block an item."""
    assert {"dislike", "hide"} == BLOCKING
