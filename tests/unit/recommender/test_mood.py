import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.emotions import EMOTIONS
from services.recommender.ranking.mood import (
    CIRCUMPLEX,
    GRID,
    STRATEGIES,
    Point,
    cell_of,
    cells_around,
    choose,
    locate,
    move,
)

axis = st.floats(-1, 1)


@st.composite
def vectors(draw):
    shares = draw(st.lists(st.floats(0.001, 1), min_size=6, max_size=6))
    return {emotion: share / sum(shares) for emotion, share in zip(EMOTIONS, shares, strict=True)}


def sure(emotion):
    return {label: float(label == emotion) for label in EMOTIONS}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_sure_emotion_lies_at_its_place_without_spread(emotion):
    mood = locate(sure(emotion))
    assert (mood.point.valence, mood.point.arousal) == CIRCUMPLEX[emotion]
    assert mood.spread == 0


def test_torn_between_happy_and_sad_lies_between_and_is_spread():
    mood = locate({**dict.fromkeys(EMOTIONS, 0.0), "happy": 0.5, "sad": 0.5})
    assert mood.point == Point(pytest.approx(0.09), pytest.approx(0.12))
    assert mood.spread > 0.7


@given(vectors())
def test_the_point_stays_within_the_emotions(vector):
    mood = locate(vector)
    assert -0.64 <= mood.point.valence <= 0.81
    assert -0.27 <= mood.point.arousal <= 0.67
    assert 0 <= mood.spread <= 1


@given(vectors(), st.sampled_from(EMOTIONS), st.floats(0, 1))
def test_more_of_an_emotion_moves_the_point_towards_it(vector, emotion, share):
    """Monotone: mixing an emotion in never leads away from its place, nor past it."""
    mixed = {label: (1 - share) * vector[label] + share * float(label == emotion) for label in EMOTIONS}
    before, after, place = locate(vector).point, locate(mixed).point, CIRCUMPLEX[emotion]
    for axis_before, axis_after, end in zip(
        (before.valence, before.arousal), (after.valence, after.arousal), place, strict=True
    ):
        assert axis_after == pytest.approx((1 - share) * axis_before + share * end, abs=1e-9)
        assert abs(axis_after - end) <= abs(axis_before - end) + 1e-9


@given(vectors(), st.permutations(EMOTIONS))
def test_the_order_of_the_shares_does_not_matter(vector, order):
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
def test_auto_chooses_by_where_the_mood_lies(emotion, strategy):
    assert choose(Point(*CIRCUMPLEX[emotion])) == strategy


@given(axis, axis)
def test_match_stays_lift_never_lowers_a_low_valence_calm_never_excites(valence, arousal):
    point = Point(valence, arousal)
    assert move(point, "match") == point
    if valence <= 0.7:
        assert move(point, "lift").valence >= valence - 1e-9
    if arousal >= -0.5:
        assert move(point, "calm").arousal <= arousal + 1e-9


def test_strategies_are_the_contracts():
    assert STRATEGIES == ("auto", "match", "lift", "calm")


@given(axis, axis)
def test_every_point_has_a_cell_and_it_is_the_nearest(valence, arousal):
    cell = cell_of(valence, arousal)
    assert 0 <= cell < GRID * GRID
    near = cells_around(Point(valence, arousal))
    assert sorted(near) == list(range(GRID * GRID))
    assert cell in near[:4]


def test_points_outside_the_plane_fall_into_its_edge():
    assert cell_of(-9, -9) == 0
    assert cell_of(9, 9) == GRID * GRID - 1
