from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.recommender.ranking.features import Features, features_of
from services.recommender.ranking.taste import (
    FOREVER_MS,
    VERDICTS,
    WEIGHTS,
    Verdict,
    appeal,
    blocked_until_ms,
    evidence,
    leaning,
    learn,
)
from tests.helpers.candidates import candidate

verdict = st.sampled_from([None, *VERDICTS])


def test_unknown() -> None:
    """Without evidence the leaning is 0."""
    assert leaning(0, 0) == 0
    assert appeal(Features(("genre:movie:war",), (), ()), {}) == 0


def test_leaning() -> None:
    """A leaning grows with evidence, is symmetric, and never reaches 1."""
    assert 0 < leaning(1, 0) < leaning(5, 0) < leaning(1000, 0) < 1
    assert leaning(3, 3) == 0
    assert leaning(0, 5) == -leaning(5, 0)


def test_features() -> None:
    """Features are the genres, the themes, and the creator, the region and the item."""
    made = candidate(1, genres=("war", "drama"), tags=("hope",), creator="Ada", valence=0.9, arousal=-0.9)
    genres, themes, others = features_of(made)
    assert (genres, themes) == (("genre:movie:war", "genre:movie:drama"), ("theme:hope",))
    assert others == ("creator:Ada", "region:movie:3", "item:1")
    assert features_of(candidate(2, medium="song", valence=0, arousal=0)) == (
        (),
        (),
        ("region:song:10", "item:2"),
    )


@given(
    st.dictionaries(
        st.sampled_from(["genre:a:b", "theme:c", "theme:d", "creator:x", "region:a:1"]), st.floats(-1, 1)
    )
)
def test_appeal(leanings: Any) -> None:
    """The appeal stays within -1 and 1."""
    features = Features(("genre:a:b",), ("theme:c", "theme:d"), ("creator:x", "region:a:1"))
    assert -1 <= appeal(features, leanings) <= 1


@given(verdict, st.booleans(), st.booleans())
def test_one_action_counts(verdict: Verdict | None, saved: bool, opened: bool) -> None:
    """What stands for an item counts as one action: the verdict, else the stronger signal."""
    strongest: Any = verdict or (saved and "save") or (opened and "open") or "seen"
    assert evidence(verdict, saved=saved, opened=opened) == WEIGHTS[strongest]


@given(verdict, st.integers(0, FOREVER_MS // 2), st.booleans())
def test_blocking(verdict: Verdict | None, at_ms: int, seen: bool) -> None:
    """Dislike, hide and seen block until taken back, a like for 90 days, and nothing else blocks."""
    until = blocked_until_ms(verdict, at_ms if verdict else None, seen=seen)
    if seen or verdict in {"dislike", "hide"}:
        assert until == FOREVER_MS
    else:
        assert until == (at_ms + 90 * 86_400_000 if verdict == "like" else 0)


def test_learn() -> None:
    """Features add up over items, and what says nothing leaves no feature."""
    war = candidate(1, genres=("war",), creator="Ada")
    comedy = candidate(2, genres=("comedy",), creator="Ada", valence=0.9, arousal=0.9)
    counts = learn([(war, (1.0, 0.0)), (comedy, (0.0, 0.5)), (candidate(3, genres=("drama",)), (0.0, 0.0))])
    assert counts == {
        "genre:movie:war": (1.0, 0.0),
        "genre:movie:comedy": (0.0, 0.5),
        "creator:Ada": (1.0, 0.5),
        "region:movie:4": (1.0, 0.0),
        "region:movie:15": (0.0, 0.5),
    }


def test_theme_crosses_media() -> None:
    """A liked film's theme and creator make a book appealing, the more of them it shares."""
    film = candidate(1, tags=("friendship", "travel"), genres=("comedy",), creator="Ada")
    leanings = {feature: leaning(*counts) for feature, counts in learn([(film, (1.0, 0.0))]).items()}
    books = [
        candidate(2, medium="book", tags=tags, creator=creator)
        for tags, creator in (((), None), (("friendship",), None), (("friendship", "travel"), "Ada"))
    ]
    appeals = [appeal(features_of(book), leanings) for book in books]
    assert appeals[0] == 0 < appeals[1] < appeals[2]
