from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.emotions import EMOTIONS, Emotion
from services.recommender.ranking.mood import (
    CIRCUMPLEX,
    GRID,
    STRATEGIES,
    Point,
    Strategy,
    auto_strategy,
    cell_of,
    cells_around,
    locate,
    target,
)

axis = st.floats(-1, 1)


@st.composite
def vectors(draw: Any) -> Any:
    shares = draw(st.lists(st.floats(0.001, 1), min_size=6, max_size=6))
    return {emotion: share / sum(shares) for emotion, share in zip(EMOTIONS, shares, strict=True)}


def sure(emotion: Emotion) -> Any:
    return {label: float(label == emotion) for label in EMOTIONS}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_sure_emotion(emotion: Emotion) -> None:
    """A certain emotion lies at its place, without spread."""
    mood = locate(sure(emotion))
    assert (mood.point.valence, mood.point.arousal) == CIRCUMPLEX[emotion]
    assert mood.spread == 0


def test_mixed_emotions() -> None:
    """A mood half happy, half sad lies between the two and is spread."""
    mood = locate({**dict.fromkeys(EMOTIONS, 0.0), "happy": 0.5, "sad": 0.5})
    assert (mood.point.valence, mood.point.arousal) == pytest.approx((0.09, 0.12))
    assert mood.spread > 0.7


@given(vectors())
def test_bounds(vector: Any) -> None:
    """The point stays within the emotions' places."""
    mood = locate(vector)
    assert -0.64 <= mood.point.valence <= 0.81
    assert -0.27 <= mood.point.arousal <= 0.67
    assert 0 <= mood.spread <= 1


@given(vectors(), st.sampled_from(EMOTIONS), st.floats(0, 1))
def test_monotone(vector: Any, emotion: Emotion, share: Any) -> None:
    """Mixing an emotion in never leads away from its place, nor past it."""
    mixed = {label: (1 - share) * vector[label] + share * float(label == emotion) for label in EMOTIONS}
    before, after, place = locate(vector).point, locate(mixed).point, CIRCUMPLEX[emotion]
    for axis_before, axis_after, end in zip(
        (before.valence, before.arousal), (after.valence, after.arousal), place, strict=True
    ):
        assert axis_after == pytest.approx((1 - share) * axis_before + share * end, abs=1e-9)
        assert abs(axis_after - end) <= abs(axis_before - end) + 1e-9


@given(vectors(), st.permutations(EMOTIONS))
def test_order_of_shares(vector: Any, order: Any) -> None:
    """The order of the shares does not matter."""
    assert locate({label: vector[label] for label in order}) == locate(vector)


@pytest.mark.parametrize(
    ("emotion", "strategy"),
    [
        ("angry", "calm"),
        ("fear", "calm"),
        ("sad", "lift"),
        ("happy", "match"),
        ("surprise", "match"),
        ("neutral", "match"),
    ],
)
def test_auto_strategy(emotion: Emotion, strategy: Strategy) -> None:
    """The automatic strategy depends on where the mood lies."""
    assert auto_strategy(Point(*CIRCUMPLEX[emotion])) == strategy


@given(axis, axis)
def test_target(valence: Any, arousal: Any) -> None:
    """Matching stays, lifting never lowers valence, calming never raises arousal."""
    point = Point(valence, arousal)
    assert target(point, "match") == point
    if valence <= 0.7:
        assert target(point, "lift").valence >= valence - 1e-9
    if arousal >= -0.5:
        assert target(point, "calm").arousal <= arousal + 1e-9


def test_strategies() -> None:
    """The strategies are the contract's."""
    assert STRATEGIES == ("auto", "match", "lift", "calm")


@given(axis, axis)
def test_cells(valence: Any, arousal: Any) -> None:
    """Every point has a cell, which is among the nearest."""
    cell = cell_of(valence, arousal)
    assert 0 <= cell < GRID * GRID
    near = cells_around(Point(valence, arousal))
    assert sorted(near) == list(range(GRID * GRID))
    assert cell in near[:4]


def test_outside_the_plane() -> None:
    """Points outside the plane belong to cells at its edge."""
    assert cell_of(-9, -9) == 0
    assert cell_of(9, 9) == GRID * GRID - 1
