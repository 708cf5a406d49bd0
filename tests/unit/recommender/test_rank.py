import dataclasses
import math
from statistics import correlation, fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.emotions import EMOTIONS
from services.recommender.ranking.chance import luck, turns_of
from services.recommender.ranking.diversity import likeness, nearness
from services.recommender.ranking.mood import NEAR_CELLS, Point, Strategy, cell_of, cells_around, remoteness
from services.recommender.ranking.rank import Ranked, ask, rank
from services.recommender.ranking.taste import Taste
from tests.helpers.candidates import candidate

SAD = {label: float(label == "sad") for label in EMOTIONS}


def request(**changes: Any) -> Any:
    """Asks for five that match a sad mood, sensitive works included, with `changes` applied."""
    made = ask(SAD, "match", limit=5, seed=1, sensitive=True)
    if "target" in changes:
        changes["remoteness"] = remoteness(changes["target"])
    return dataclasses.replace(made, **changes)


def ranked(candidates: Any, query: Any) -> list[Ranked]:
    return rank(candidates, query)[0]


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
    """A list is no longer than wanted, has each item once, best first, with scores in range."""
    chosen = ranked(candidates, request(limit=limit))
    assert len(chosen) == min(limit, len(candidates))
    assert len({item.candidate.id for item in chosen}) == len(chosen)
    scores = [item.score for item in chosen]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@given(pool, vectors(), st.sampled_from(["match", "lift", "calm"]), st.integers(0, 2**56 - 1), tastes)
def test_all_inputs(candidates: Any, vector: Any, strategy: Strategy, seed: int, taste: Any) -> None:
    """For any mood, strategy, seed and taste a list holds the candidates once, with scores in range."""
    wanted = ask(vector, strategy, limit=50, seed=seed, sensitive=True, taste=taste)
    chosen = ranked(candidates, wanted)
    assert sorted(item.candidate.id for item in chosen) == sorted(item.id for item in candidates)
    assert {item.candidate for item in chosen} == set(candidates)
    assert all(math.isfinite(item.score) and 0 <= item.score <= 1 for item in chosen)


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
    """Higher quality or popularity never lowers a score; a popularity of 0 is unknown."""
    made = candidate(7, valence=valence, arousal=arousal, affect_confidence=sure, genres=("war",))
    wanted = request(seed=seed, taste=Taste(features={"genre:movie:war": 2 * taste - 1}))
    low, high = (
        ranked([dataclasses.replace(made, **{field: value})], wanted)[0].score
        for value in sorted((max(one, 0.01), max(other, 0.01)))
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
        ranked([dataclasses.replace(made, **{side: value})], request(target=target))[0].score
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
        assert ranked([first, second], request(seed=seed))[0].candidate == first


def test_recent_item() -> None:
    """An item of a recent action ranks lower."""
    taste = Taste(recent={1: 1.0})
    chosen = ranked([candidate(1, quality=0.8), candidate(2, quality=0.6)], request(taste=taste))
    assert [item.candidate.id for item in chosen] == [2, 1]


def test_liked_genre() -> None:
    """A liked genre ranks higher."""
    taste = Taste(features={"genre:movie:war": 0.6})
    pair = [candidate(1, genres=("drama",)), candidate(2, genres=("war",))]
    assert ranked(pair, request(taste=taste))[0].candidate.id == 2


def test_variety_of_creators() -> None:
    """A list is not all by one creator."""
    same = [candidate(n, creator="a", quality=0.6) for n in range(1, 11)]
    other = [candidate(n, creator=f"c{n}", quality=0.5) for n in range(11, 21)]
    creators = [item.candidate.creator for item in ranked([*same, *other], request(limit=5))]
    assert creators.count("a") <= 2


def test_seed() -> None:
    """Another seed gives another list among equals."""
    equals = [candidate(n) for n in range(1, 60)]
    lists = {tuple(item.candidate.id for item in ranked(equals, request(seed=seed))) for seed in range(10)}
    assert len(lists) == 10


def test_luck() -> None:
    """Luck has mean 0, moves little with the mood, and what angry moods are given others seldom are."""
    angry, fear, sad = (turns_of(certainly(emotion)) for emotion in ("angry", "fear", "sad"))
    lucks = [[luck(turns, 7, n) for n in range(4000)] for turns in (angry, fear, sad)]
    assert all(abs(fmean(one)) < 0.1 for one in lucks)
    assert all(correlation(lucks[0], other) < -0.5 for other in lucks[1:])
    both = [n for n in range(4000) if lucks[0][n] > 3 and lucks[2][n] > 3]
    assert len(both) < sum(lucks[0][n] > 3 for n in range(4000)) / 20
    moved = turns_of({**certainly("angry"), "angry": 0.98, "sad": 0.02})
    assert max(abs(luck(moved, 7, n) - lucks[0][n]) for n in range(100)) < 0.35


def test_likeness() -> None:
    """Likeness is symmetric and grows with what two items share."""
    one = candidate(1, creator="a", genres=("drama", "war"), year=1991)
    other = candidate(2, creator="a", genres=("drama",), year=1999)
    assert likeness(one, other) == likeness(other, one) == pytest.approx(0.5 + 0.175 + 0.15)
    assert likeness(candidate(1), candidate(2)) == 0


def test_series() -> None:
    """Titles of one series begin alike up to a number or a colon."""
    titles = ["Rayman", "Rayman 2", "Rayman: Origins", "The Rayman - Part II"]
    assert {candidate(1, title=title).series for title in titles} == {"rayman"}
    assert candidate(1, title="1984").series != candidate(1, title="2001").series


def test_sequel() -> None:
    """What continues another work loses to an equal that does not; so does what is for adults only."""
    query = request(limit=1)
    for tag in ("sequel", "erotic"):
        shelf = ranked([candidate(1, tags=(tag,)), candidate(2)], query)
        assert shelf[0].candidate.id == 2


def test_border() -> None:
    """An item of a cell that is about to be left out counts for less, one well within does not."""
    aim = Point(0.3, 0.1)
    cells, far = cells_around(aim), remoteness(aim)
    assert far[cells[0]] == 0
    assert far[cells[NEAR_CELLS]] == far[cells[-1]] == 1
    assert 0 < far[cells[NEAR_CELLS - 1]] <= 1
    assert cell_of(aim.valence, aim.arousal) == cells[0]


def certainly(emotion: str) -> Any:
    return {label: float(label == emotion) for label in EMOTIONS}


@pytest.mark.parametrize(
    ("emotion", "better", "worse"),
    [
        ("angry", "outdoors", "revenge"),
        ("angry", "puzzle", "family"),
        ("fear", "family", "adventure"),
        ("fear", "gentle", "suspenseful"),
        ("sad", "friendship", "grief"),
        ("happy", "party", "tragic"),
        ("surprise", "plot twist", "religious"),
        ("neutral", "thoughtful", "disturbing"),
    ],
)
def test_needs(emotion: str, better: str, worse: str) -> None:
    """With `auto`, what a mood needs comes before what it does not, at the same place in the plane."""
    wanted = ask(certainly(emotion), limit=2, seed=3)
    good, bad = candidate(1, tags=(better,)), candidate(2, tags=(worse,))
    assert ranked([bad, good], wanted)[0].candidate == good


@pytest.mark.parametrize("emotion", ["angry", "fear", "sad"])
def test_horror_lovers(emotion: str) -> None:
    """No liking brings horror to somebody who is to be lifted or calmed; matching does."""
    taste = Taste(features={"genre:movie:horror": 1.0, "creator:King": 1.0})
    horror = [candidate(n, genres=("horror",), creator="King", quality=1.0, valence=0.4) for n in range(9)]
    others = [candidate(n, genres=("drama",), quality=0.0, valence=-0.5) for n in range(10, 19)]
    chosen = ranked([*horror, *others], ask(certainly(emotion), limit=5, seed=4, taste=taste))
    assert all(item.candidate.genres == ("drama",) for item in chosen)
    horror = [dataclasses.replace(item, valence=-0.6) for item in horror]
    chosen = ranked([*horror, *others], ask(certainly(emotion), "match", limit=5, seed=4, taste=taste))
    assert any(item.candidate.genres == ("horror",) for item in chosen)


@pytest.mark.parametrize("theme", ["suicide", "self harm", "abuse"])
@pytest.mark.parametrize("emotion", ["sad", "fear"])
def test_sensitive(emotion: str, theme: str) -> None:
    """Sensitive works are held back and counted where such a mood is matched, unless included."""
    works = [candidate(n, tags=(theme,)) for n in range(3)] + [candidate(n) for n in range(3, 9)]
    careful = ask(certainly(emotion), "match", limit=9, seed=1)
    chosen, held_back = rank(works, careful)
    assert {item.candidate.id for item in chosen} == set(range(3, 9))
    assert held_back == 3
    chosen, held_back = rank(works, dataclasses.replace(careful, careful=False))
    assert len(chosen) == 9
    assert held_back == 0


@pytest.mark.parametrize(
    ("emotion", "strategy", "careful"),
    [("sad", "match", True), ("fear", "match", True), ("angry", "match", False), ("sad", "auto", False)],
)
def test_careful(emotion: str, strategy: Any, careful: Any) -> None:
    """Care is taken where a sad or frightened mood is matched."""
    assert ask(certainly(emotion), strategy, limit=5, seed=1).careful is careful
    assert not ask(certainly(emotion), strategy, limit=5, seed=1, sensitive=True).careful


def test_broad_shelf() -> None:
    """Equal shares give a shelf that is spread wider in the plane than a certain mood's."""
    pool = [candidate(n, valence=-0.9 + n % 20 * 0.1, arousal=-0.9 + n // 20 * 0.1) for n in range(380)]

    def width(query: Any) -> float:
        chosen = [item.candidate for item in ranked(pool, query)]
        return sum(1 - nearness(one, other) for one in chosen for other in chosen)

    flat = dict.fromkeys(EMOTIONS, 1 / 6)
    widths = [
        (width(ask(certainly("sad"), limit=5, seed=n)), width(ask(flat, limit=5, seed=n))) for n in range(20)
    ]
    assert sum(broad for _, broad in widths) > 1.3 * sum(narrow for narrow, _ in widths)


def test_nearness() -> None:
    """Nearness is 1 at the same place and 0 far away."""
    assert nearness(candidate(1), candidate(2)) == 1
    assert nearness(candidate(1), candidate(2, valence=0.6)) == 0


def test_gloom() -> None:
    """An item that is too dark ranks below one that is as much too bright."""
    aim = request(target=Point(0.3, 0.1))
    dark, bright = candidate(1, valence=0.15, arousal=0.1), candidate(2, valence=0.45, arousal=0.1)
    assert ranked([dark, bright], aim)[0].candidate == bright


def test_unfit_comfort() -> None:
    """Explicit songs lose for whatever mood, and sensitive works where a mood is lifted."""
    lifted = ask(SAD, limit=1, seed=1)
    matched = request(limit=1, target=lifted.target)
    place: dict[str, Any] = {"valence": lifted.target.valence, "arousal": lifted.target.arousal}
    plain, rude = candidate(1, **place), candidate(1, **place, explicit=True)
    hard = candidate(1, **place, tags=("self harm",))
    best, *unfit = (ranked([item], lifted)[0].score for item in (plain, rude, hard))
    assert all(score < best - 0.1 for score in unfit)
    assert ranked([rude], matched)[0].score < ranked([plain], matched)[0].score


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({}, {"tags": ("companion",)}),
        ({}, {"tags": ("omnibus",)}),
        ({}, {"tags": ("picture book",)}),
        ({"popularity": 0.6}, {"popularity": 0.1, "valence": 0.6}),
        ({"quality": 0.4, "valence": 0.5}, {"quality": 0.0, "valence": 0.6}),
        ({"tags": ("witty",)}, {"tags": ("witty", "warm", "cute", "dogs", "sweet", "grief")}),
    ],
)
def test_strangers(better: Any, worse: Any) -> None:
    """Strangers seldom get what goes with another work, what few know or like, or what hides a sad theme."""
    wanted = ask(SAD, limit=1, seed=1)
    place: dict[str, Any] = {"valence": wanted.target.valence, "arousal": wanted.target.arousal}
    scores = [ranked([candidate(1, **(place | given))], wanted)[0].score for given in (better, worse)]
    assert scores[0] > scores[1] + 0.02


def test_one_of_a_series() -> None:
    """A shelf has one work of a series where there are others."""
    parts = [candidate(n, title=f"Saga {n}", quality=1.0) for n in range(1, 9)]
    others = [candidate(n, title=f"t{n} alone", genres=("drama",)) for n in range(10, 16)]
    chosen = [item.candidate.title for item in ranked([*parts, *others], request(limit=5))]
    assert sum(title.startswith("Saga") for title in chosen) == 1


def test_few_are_near() -> None:
    """Where nothing is near, what is less far comes first."""
    query = ask(SAD, limit=4, seed=1)
    far = [
        candidate(number, valence=query.target.valence, arousal=query.target.arousal - 0.05 * number)
        for number in range(10, 22)
    ]
    assert {ranked_one.candidate.id for ranked_one in ranked(far, query)} <= set(range(10, 16))


def test_christmas() -> None:
    """Works about Christmas lose outside December, by more than a place can make up for."""
    cheered, held = (ask(SAD, limit=1, seed=1, festive=festive) for festive in (True, False))
    place: dict[str, Any] = {"valence": cheered.target.valence, "arousal": cheered.target.arousal}
    work, other = candidate(1, **place, tags=("christmas",)), candidate(1, **place)
    asked = ((work, cheered), (other, cheered), (work, held))
    scores = [ranked([item], query)[0].score for item, query in asked]
    assert scores[0] > scores[1] > scores[2]
