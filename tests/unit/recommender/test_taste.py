import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recommender.ranking.taste import (
    ACTIONS,
    BLOCKING,
    WEIGHTS,
    appeal,
    change,
    counts_instead,
    features_of,
    leaning,
)

action = st.sampled_from(ACTIONS)


def test_nothing_known_is_no_leaning():
    assert leaning(0, 0) == 0
    assert appeal(["genre:movie:war"], {}) == 0


def test_a_leaning_grows_with_evidence_and_never_reaches_certainty():
    assert 0 < leaning(1, 0) < leaning(5, 0) < leaning(1000, 0) < 1
    assert leaning(3, 3) == 0
    assert leaning(0, 5) == -leaning(5, 0)


def test_features_name_genres_creator_and_region():
    features = features_of("movie", ("war", "drama"), "Ada", 0.9, -0.9)
    assert features == ["genre:movie:war", "genre:movie:drama", "creator:Ada", "region:movie:3"]
    assert features_of("song", (), None, 0, 0) == ["region:song:10"]


@given(st.dictionaries(st.sampled_from(["genre:a:b", "creator:x", "region:a:1"]), st.floats(-1, 1)))
def test_appeal_stays_in_range(leanings):
    assert -1 <= appeal(["genre:a:b", "creator:x", "region:a:1"], leanings) <= 1


@given(st.lists(action, min_size=1, max_size=30))
def test_whatever_is_said_an_item_counts_as_one_action(actions):
    likes = dislikes = 0.0
    counted = None
    for said in actions:
        if counts_instead(said, counted):
            more = change(said, counted)
            likes, dislikes = likes + more[0], dislikes + more[1]
            counted = said
    assert (likes, dislikes) == pytest.approx(WEIGHTS[counted])


def test_opening_does_not_take_an_opinion_back_but_an_opinion_does():
    assert not counts_instead("open", "dislike")
    assert not counts_instead("skip", "like")
    assert counts_instead("like", "dislike")
    assert counts_instead("like", "open")


def test_what_is_disliked_or_hidden_is_blocked():
    assert {"dislike", "hide"} == BLOCKING
