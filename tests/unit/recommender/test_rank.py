import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.emotions import EMOTIONS
from services.recommender.ranking.mood import CIRCUMPLEX, Point, Strategy, locate, target
from services.recommender.ranking.rank import RankingQuery, chance, likeness, rank
from services.recommender.ranking.taste import Taste
from tests.helpers.candidates import candidate

SAD = {label: float(label == "sad") for label in EMOTIONS}


def request(**changes: Any) -> Any:
    mood = locate(SAD)
    made = RankingQuery(SAD, mood, "match", target(mood.point, "match"), limit=5, seed=1)
    return dataclasses.replace(made, **changes)


share = st.floats(0, 1)
axis = st.floats(-1, 1)
pool = st.lists(
    st.builds(
        candidate,
        st.integers(1, 2**40),
        valence=axis,
        arousal=axis,
        affect_confidence=share,
        quality=share,
        popularity=share,
        creator=st.sampled_from([None, "a", "b"]),
        year=st.sampled_from([None, 1990, 1999, 2020]),
        genres=st.sampled_from([(), ("drama",), ("drama", "war")]),
        emotions=st.sampled_from([(), ("sad",), ("happy", "sad")]),
    ),
    unique_by=lambda made: made.id,
    max_size=40,
)


tastes = st.builds(
    Taste,
    features=st.dictionaries(
        st.sampled_from(["genre:movie:drama", "genre:movie:war", "creator:a", "region:movie:5"]), axis
    ),
    recent=st.dictionaries(st.integers(1, 50), share),
)


@st.composite
def vectors(draw: Any) -> Any:
    """Six shares that sum to 1; one of them may be all."""
    shares = draw(st.lists(share, min_size=6, max_size=6).filter(lambda made: sum(made) > 1e-3))
    return {emotion: value / sum(shares) for emotion, value in zip(EMOTIONS, shares, strict=True)}


@given(pool, st.integers(1, 50), st.randoms(use_true_random=False))
def test_order_of_candidates(candidates: Any, limit: int, random: Any) -> None:
    """The order of the candidates does not matter."""
    wanted = request(limit=limit)
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert rank(candidates, wanted) == rank(shuffled, wanted)


@given(pool, st.integers(1, 50))
def test_ranked_list(candidates: Any, limit: int) -> None:
    """A list is no longer than wanted, has each item once, best first, with scores in range and reasons."""
    ranked = rank(candidates, request(limit=limit))
    assert len(ranked) == min(limit, len(candidates))
    assert len({item.candidate.id for item in ranked}) == len(ranked)
    scores = [item.score for item in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert all(item.reason.endswith(".") and len(item.reason) < 200 for item in ranked)


@given(pool, vectors(), st.sampled_from(["match", "lift", "calm"]), st.integers(0, 2**56 - 1), tastes)
def test_all_inputs(candidates: Any, vector: Any, strategy: Strategy, seed: int, taste: Any) -> None:
    """For any mood, strategy, seed and taste a list holds the candidates once, with scores in range."""
    mood = locate(vector)
    wanted = RankingQuery(
        vector, mood, strategy, target(mood.point, strategy), limit=50, seed=seed, taste=taste
    )
    ranked = rank(candidates, wanted)
    assert sorted(item.candidate.id for item in ranked) == sorted(item.id for item in candidates)
    assert {item.candidate for item in ranked} == set(candidates)
    assert all(math.isfinite(item.score) and 0 <= item.score <= 1 for item in ranked)


@given(
    st.sampled_from(["quality", "popularity"]),
    share,
    share,
    st.integers(0, 2**56 - 1),
    axis,
    axis,
    share,
    share,
)
def test_monotone_score(
    field: Any, one: Any, other: Any, seed: int, valence: Any, arousal: Any, sure: Any, taste: Any
) -> None:
    """Higher quality or popularity never lowers a score."""
    made = candidate(7, valence=valence, arousal=arousal, affect_confidence=sure, genres=("war",))
    wanted = request(seed=seed, taste=Taste(features={"genre:movie:war": 2 * taste - 1}))
    low, high = (
        rank([dataclasses.replace(made, **{field: value})], wanted)[0].score for value in sorted((one, other))
    )
    assert low <= high


@given(axis, axis, axis, axis, axis, st.sampled_from(["valence", "arousal"]))
def test_monotone_distance(near: Any, far: Any, other: Any, valence: Any, arousal: Any, side: Any) -> None:
    """On one side of the target, a nearer item never scores lower; sides weigh differently."""
    target = Point(valence, arousal)
    aim = getattr(target, side)
    if (near - aim) * (far - aim) < 0 or abs(near - aim) > abs(far - aim):
        near = aim
    rest = {"valence", "arousal"} - {side}
    made = candidate(7, **dict.fromkeys(rest, other))
    scores = [
        rank([dataclasses.replace(made, **{side: value})], request(target=target))[0].score
        for value in (near, far)
    ]
    assert scores[0] >= scores[1]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"valence": -0.6}, {"valence": 0.6}),
        ({"quality": 1.0}, {"quality": 0.2}),
        ({"popularity": 1.0}, {"popularity": 0.0}),
        ({"emotions": ("sad",)}, {"emotions": ("happy",)}),
    ],
)
def test_better_first(better: Any, worse: Any) -> None:
    """A clearly better item comes first whatever the seed."""
    for seed in range(20):
        first, second = candidate(1, **better), candidate(2, **worse)
        assert rank([first, second], request(seed=seed))[0].candidate == first


def test_recent_item() -> None:
    """An item of a recent action ranks lower."""
    taste = Taste(recent={1: 1.0})
    ranked = rank([candidate(1, quality=0.8), candidate(2, quality=0.6)], request(taste=taste))
    assert [item.candidate.id for item in ranked] == [2, 1]


def test_liked_genre() -> None:
    """A liked genre ranks higher and is named in the reason."""
    taste = Taste(features={"genre:movie:war": 0.6})
    ranked = rank(
        [candidate(1, genres=("drama",)), candidate(2, genres=("war",))], request(taste=taste, limit=2)
    )
    assert ranked[0].candidate.id == 2
    assert ranked[0].reason == "You have liked other war films."


def test_liked_creator() -> None:
    """A liked creator is named in the reason."""
    taste = Taste(features={"creator:Ada": 0.8})
    ranked = rank([candidate(1, creator="Ada")], request(taste=taste))
    assert ranked[0].reason == "By Ada, whom you have liked before."


def test_variety_of_creators() -> None:
    """A list is not all by one creator."""
    same = [candidate(n, creator="a", quality=0.6) for n in range(1, 11)]
    other = [candidate(n, creator=f"c{n}", quality=0.5) for n in range(11, 21)]
    creators = [item.candidate.creator for item in rank([*same, *other], request(limit=5))]
    assert creators.count("a") <= 2


def test_seed() -> None:
    """Another seed gives another list among equals."""
    equals = [candidate(n) for n in range(1, 60)]
    lists = {tuple(item.candidate.id for item in rank(equals, request(seed=seed))) for seed in range(10)}
    assert len(lists) == 10


def test_chance() -> None:
    """The seed's numbers are spread evenly."""
    numbers = [chance(7, n) for n in range(2000)]
    assert all(0 <= number < 1 for number in numbers)
    assert 0.45 < sum(numbers) / 2000 < 0.55


def test_likeness() -> None:
    """Likeness is symmetric and grows with what two items share."""
    one = candidate(1, creator="a", genres=("drama", "war"), year=1991)
    other = candidate(2, creator="a", genres=("drama",), year=1999)
    assert likeness(one, other) == likeness(other, one) == pytest.approx(0.5 + 0.175 + 0.15)
    assert likeness(candidate(1), candidate(2)) == 0


def test_reasons() -> None:
    """A reason names the item's feeling and the strategy's purpose."""
    mood = locate(SAD)
    lifted = request(strategy="lift", target=target(mood.point, "lift"))
    made = candidate(1, genres=("comedy",), valence=0.5, arousal=0.0)
    assert rank([made], lifted)[0].reason == "A comedy film that feels warm, to lift a sad mood."
    at = Point(*CIRCUMPLEX["angry"])
    angry = {label: float(label == "angry") for label in EMOTIONS}
    calm = dataclasses.replace(lifted, probabilities=angry, strategy="calm", target=target(at, "calm"))
    made = candidate(1, medium="song", valence=0.5, arousal=-0.5)
    reason = rank([made], calm)[0].reason
    assert reason == "A song that feels gentle and soothing, to settle an angry mood."


@pytest.mark.parametrize(
    ("medium", "genre", "start"),
    [
        ("game", "board game", "A board game that"),
        ("game", "rpg", "An rpg game"),
        ("book", "animal", "An animal b"),
    ],
)
def test_grammar(medium: str, genre: Any, start: Any) -> None:
    """Reasons use the right article and do not repeat the noun."""
    ranked = rank([candidate(1, medium=medium, genres=(genre,))], request())
    assert ranked[0].reason.startswith(start)


def test_gloom() -> None:
    """An item that is too dark ranks below one that is as much too bright."""
    happy = {label: float(label == "happy") for label in EMOTIONS}
    aim = request(probabilities=happy, target=Point(0.3, 0.1))
    dark, bright = candidate(1, valence=0.0, arousal=0.1), candidate(2, valence=0.6, arousal=0.1)
    assert rank([dark, bright], aim)[0].candidate == bright
