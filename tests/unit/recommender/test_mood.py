import math
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
    served,
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
    """A certain emotion has its own automatic strategy."""
    assert auto_strategy(sure(emotion)) == strategy


@given(vectors())
def test_unhappy_half(vector: Any) -> None:
    """The automatic strategy matches a mood if less than half of it is unhappy, and no other."""
    unhappy = vector["angry"] + vector["fear"] + vector["sad"]
    assert (auto_strategy(vector) == "match") == (unhappy < 0.5 - 1e-9)


@pytest.mark.parametrize("shares", [(0.1, 0.1, 0.0, 0.3, 0.2, 0.3), (0.25, 0.25, 0.5, 0.0, 0.0, 0.0)])
def test_exactly_half(shares: Any) -> None:
    """A mood that is unhappy by exactly one half is not matched, whatever the rounding."""
    assert auto_strategy(dict(zip(EMOTIONS, shares, strict=True))) != "match"


@given(vectors(), st.sampled_from(STRATEGIES))
def test_no_strategy_lowers_valence(vector: Any, choice: Any) -> None:
    """No strategy leads to less valence than the mood has; calming raises no arousal."""
    point, aimed = locate(vector).point, target(vector, choice)
    assert aimed.valence >= point.valence - 1e-9
    if choice == "match":
        assert (aimed.valence, aimed.arousal) == pytest.approx((point.valence, point.arousal))
    if choice == "calm":
        assert aimed.arousal <= point.arousal + 1e-9


@given(vectors(), st.sampled_from(EMOTIONS), st.sampled_from(EMOTIONS), st.sampled_from(STRATEGIES))
def test_steady_target(vector: Any, giver: Emotion, taker: Emotion, choice: Any) -> None:
    """Moving 0.02 from one emotion to another moves the target by little, also where the strategy changes."""
    step = min(0.02, vector[giver])
    moved = dict(vector)
    moved[giver] -= step
    moved[taker] += step
    before, after = target(vector, choice), target(moved, choice)
    assert math.dist((before.valence, before.arousal), (after.valence, after.arousal)) < 0.04


@pytest.mark.parametrize(
    ("shares", "clear"),
    [
        ((1 / 6,) * 6, False),
        ((0.40, 0.12, 0.12, 0.12, 0.12, 0.12), False),
        ((0.46, 0.108, 0.108, 0.108, 0.108, 0.108), True),
        ((0.3, 0.3, 0.04, 0.3, 0.03, 0.03), True),
        ((0.0, 0.0, 1.0, 0.0, 0.0, 0.0), True),
    ],
)
def test_clear(shares: Any, clear: Any) -> None:
    """A mood is not clear where its shares are nearly equal."""
    assert locate(dict(zip(EMOTIONS, shares, strict=True))).clear is clear


def test_breadth() -> None:
    """The shelf is broadest for equal shares, and as narrow as ever for a certain emotion."""
    assert locate(dict.fromkeys(EMOTIONS, 1 / 6)).breadth == pytest.approx(1)
    assert locate(sure("sad")).breadth == 0


def test_served() -> None:
    """`auto` speaks of the emotions that its strategy is for, another strategy of all."""
    assert served("calm", "auto") == ("angry", "fear", "sad")
    assert served("match", "auto") == ("happy", "surprise", "neutral")
    assert served("match", "match") == EMOTIONS


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
