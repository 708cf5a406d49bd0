"""Feedback, history, erasure and what they do to recommendations, on SQLite and on PostgreSQL."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.helpers.memory import history, learnt, say, shelf
from tests.helpers.recommender import assert_problem

numbers = itertools.count()


@pytest.fixture
def user() -> str:
    return f"user-{next(numbers)}"


def test_feedback_in_history(api: httpx.Client, user: str) -> None:
    """Feedback appears in the user's history with its item and the preferences learnt."""
    answer = say(api, user, 1, "like", emotion="sadness")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["item_id"], body["action"], body["emotion"]) == (1, "like", "sad")
    kept = history(api, user)
    assert kept["user_id"] == user
    assert kept["feedback"][0]["title"] == api.get("/items/1").json()["title"]
    assert kept["feedback"][0]["at"].endswith("Z")
    assert kept["feedback"][0]["stands"] is True
    assert learnt(api, user)["creator:Maker 0"] == (1.0, 0.0)


def test_retry(api: httpx.Client, user: str) -> None:
    """A retry with the same key gives the first answer and counts once."""
    first = say(api, user, 2, key="k1")
    again = say(api, user, 2, key="k1")
    assert again.status_code == 201
    assert again.json() == first.json()
    assert len(history(api, user)["feedback"]) == 1


def test_retries_at_once(api: httpx.Client, user: str) -> None:
    """Ten retries at the same time count once."""
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: say(api, user, 2, key="same"), range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(history(api, user)["feedback"]) == 1


def test_feedback_at_once(api: httpx.Client, user: str) -> None:
    """Feedback on thirty items at the same time all counts."""
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: say(api, user, n + 1), range(30)))
    assert {answer.status_code for answer in answers} == {201}
    kept = history(api, user)
    assert len(kept["feedback"]) == 30
    likes = sum(p["likes"] for p in kept["preferences"] if p["feature"].startswith("creator:"))
    assert likes == pytest.approx(30)


def test_reused_key(api: httpx.Client, user: str) -> None:
    """A key reused for other feedback of the same user is a conflict."""
    say(api, user, 2, key="k2")
    assert_problem(say(api, user, 3, key="k2"), 409, "conflict")
    assert say(api, f"{user}-other", 3, key="k2").status_code == 201


@pytest.mark.parametrize("action", ["like", "dislike", "hide", "seen", "skip"])
def test_blocked_items(api: httpx.Client, user: str, action: Any) -> None:
    """Items that were liked, disliked, hidden or seen are not recommended again."""
    first = [item["id"] for item in shelf(api, user)]
    for item in first[:3]:
        say(api, user, item, action)
    for emotion in ("sad", "happy", "angry"):
        assert not set(first[:3]) & {item["id"] for item in shelf(api, user, limit=50, emotion=emotion)}


def test_nearly_all_blocked(api: httpx.Client, user: str) -> None:
    """Blocked items stay away even when nearly all are blocked."""
    ids = [item["id"] for item in api.get("/items", params={"medium": "game", "limit": 200}).json()["items"]]
    for item in ids[:-2]:
        say(api, user, item, "hide")
    assert {item["id"] for item in shelf(api, user, "game", 50)} == set(ids[-2:])


def test_like_after_dislike(api: httpx.Client, user: str) -> None:
    """A like replaces a dislike of the same item."""
    item = shelf(api, user)[0]["id"]
    say(api, user, item, "dislike")
    say(api, user, item, "like")
    assert set(learnt(api, user).values()) == {(1.0, 0.0)}
    assert [entry["stands"] for entry in history(api, user)["feedback"]] == [True, False]


def test_repeated_feedback(api: httpx.Client, user: str) -> None:
    """Repeated feedback on one item does not add up."""
    for _ in range(5):
        say(api, user, 4, "like")
        say(api, user, 4, "open")
    assert set(learnt(api, user).values()) == {(1.0, 0.0)}


def test_liked_genre(api: httpx.Client) -> None:
    """Likes bring more of a genre, for most of six users half of the shelf, and a reason names it."""
    books = api.get("/items", params={"medium": "book", "limit": 200}).json()["items"]
    genre_of = {item["id"]: item["genres"][0] for item in books}
    shown = []
    for number in range(6):
        user = f"reader-{number}"
        before = [genre_of[item["id"]] for item in shelf(api, user, "book", 10)]
        for genre, action in (("fantasy", "like"), ("thriller", "dislike")):
            for item in [item for item in genre_of if genre_of[item] == genre][:8]:
                say(api, user, item, action)
        after = shelf(api, user, "book", 10)
        shown.append([genre_of[item["id"]] for item in after].count("fantasy"))
        assert shown[-1] > before.count("fantasy")
        assert any("and you have liked other fantasy novels" in item["reason"] for item in after)
    assert sorted(shown)[len(shown) // 2 - 1] >= 5, shown


def test_history_pages(api: httpx.Client, user: str) -> None:
    """The history is paged from the latest back."""
    for item in range(1, 8):
        say(api, user, item, "open")
    first = history(api, user, limit=4)
    second = history(api, user, limit=4, cursor=first["next_cursor"])
    assert [entry["item_id"] for entry in first["feedback"] + second["feedback"]] == [7, 6, 5, 4, 3, 2, 1]
    assert second["next_cursor"] is None


def test_erasure(api: httpx.Client, user: str) -> None:
    """Erasure removes everything of the user and nothing of others."""
    other = f"{user}-other"
    item = shelf(api, user)[0]["id"]
    say(api, user, item, "hide", key="k")
    say(api, other, item, "hide")
    assert api.delete(f"/users/{user}").status_code == 204
    assert history(api, user) == {"user_id": user, "feedback": [], "preferences": [], "next_cursor": None}
    assert item in {found["id"] for found in shelf(api, user, limit=50)}
    assert len(history(api, other)["feedback"]) == 1
    assert api.delete(f"/users/{user}").status_code == 204


def test_feedback_on_unknown_item(api: httpx.Client, user: str) -> None:
    """Feedback on an unknown item is a 404 and is not kept."""
    assert_problem(say(api, user, 999_999), 404, "not_found")
    assert history(api, user)["feedback"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"action": "love"},
        {"user_id": ""},
        {"user_id": "a b"},
        {"user_id": "x" * 65},
        {"item_id": 0},
        {"item_id": 2**31},
        {"item_id": "x"},
        {"emotion": "bored"},
        {"more": 1},
    ],
)
def test_bad_feedback(api: httpx.Client, change: Any) -> None:
    """Feedback with an invalid field is a 422."""
    body = {"user_id": "someone", "item_id": 1, "action": "like", **change}
    assert_problem(api.post("/feedback", json=body), 422, "invalid")


@pytest.mark.parametrize("content", ["[]", "null", "3", '"x"'])
def test_feedback_no_object(api: httpx.Client, content: Any) -> None:
    """Feedback that is no JSON object is a 422."""
    headers = {"Content-Type": "application/json"}
    assert_problem(api.post("/feedback", content=content, headers=headers), 422, "invalid")


def test_bad_user_paths(api: httpx.Client) -> None:
    """Invalid user ids, cursors and keys are a 422."""
    assert_problem(api.get("/users/a%20b/history"), 422, "invalid")
    assert_problem(api.get("/users/x/history", params={"cursor": "y"}), 422, "invalid")
    assert_problem(api.delete(f"/users/{'x' * 65}"), 422, "invalid")
    assert_problem(say(api, "x", 1, key="k" * 129), 422, "invalid")
