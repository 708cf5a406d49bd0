"""What stands side by side for an item, and taking it back, on SQLite and on PostgreSQL."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text

from services.recommender.ranking.taste import FOREVER_MS
from services.recommender.store.db import WRITING, make_engine
from tests.helpers.memory import history, learnt, saved, say, shelf, take_back
from tests.helpers.recommender import assert_problem
from tests.integration.conftest import KEY

DAY_MS = 86_400_000
numbers = itertools.count()


@pytest.fixture
def user() -> str:
    return f"opinionated-{next(numbers)}"


@contextmanager
def writing(url: str) -> Iterator[Connection]:
    """A transaction of its own beside the service."""
    engine = make_engine(url)
    with engine.execution_options(**WRITING).begin() as connection:
        yield connection
    engine.dispose()


def ids(items: Any) -> set[int]:
    return {item["id"] for item in items}


def test_side_by_side(api: httpx.Client, user: str) -> None:
    """An opinion, seen and save stand side by side, and taking one back leaves the others."""
    item = shelf(api, user)[0]["id"]
    for action in ("like", "seen", "save", "open"):
        say(api, user, item, action)
    assert all(entry["stands"] for entry in history(api, user)["feedback"])
    take_back(api, user, item, "like")
    assert [entry["action"] for entry in history(api, user)["feedback"]] == ["open", "save", "seen"]
    assert ids(saved(api, user)["items"]) == {item}
    assert item not in ids(shelf(api, user, limit=50))
    take_back(api, user, item, "seen")
    assert item in ids(shelf(api, user, limit=50))
    assert set(learnt(api, user).values()) == {(0.5, 0.0)}
    take_back(api, user, item, "save", "open")
    assert history(api, user)["feedback"] == []
    assert learnt(api, user) == {}


@pytest.mark.parametrize("action", ["like", "dislike", "hide", "seen"])
def test_taken_back(api: httpx.Client, user: str, action: str) -> None:
    """An opinion taken back leaves no trace: the shelf is what it was, in the same order."""
    before = shelf(api, user)
    say(api, user, before[0]["id"], action)
    assert before[0]["id"] not in ids(shelf(api, user))
    take_back(api, user, before[0]["id"], action)
    assert shelf(api, user) == before
    assert history(api, user) == {"user_id": user, "feedback": [], "preferences": [], "next_cursor": None}


def test_take_back_all(api: httpx.Client, user: str) -> None:
    """Without an action all that was said of the item is taken back, and nothing of other items."""
    for item in (1, 2):
        for action in ("dislike", "seen", "save", "open"):
            say(api, user, item, action)
    take_back(api, user, 1)
    assert {entry["item_id"] for entry in history(api, user)["feedback"]} == {2}
    assert ids(saved(api, user)["items"]) == {2}
    assert api.delete(f"/users/{user}/opinions/1").status_code == 204


def test_replaced_opinion(api: httpx.Client, user: str) -> None:
    """Taking back a replaced opinion removes its row only; taking back the latest revives no earlier one."""
    say(api, user, 1, "like")
    say(api, user, 1, "dislike")
    take_back(api, user, 1, "like")
    assert set(learnt(api, user).values()) == {(0.0, 1.0)}
    say(api, user, 1, "like")
    take_back(api, user, 1, "like")
    assert learnt(api, user) == {}
    assert [(e["action"], e["stands"]) for e in history(api, user)["feedback"]] == [("dislike", False)]


def test_old_name(api: httpx.Client, user: str) -> None:
    """`skip` is `seen`, in any case, and can be taken back under either name."""
    assert say(api, user, 1, "skip").json()["action"] == "seen"
    assert say(api, user, 2, "Seen").json()["action"] == "seen"
    take_back(api, user, 1, "seen")
    take_back(api, user, 2, "skip")
    assert history(api, user)["feedback"] == []


def test_seen_is_neutral(api: httpx.Client, user: str) -> None:
    """Having seen something says nothing of taste."""
    say(api, user, 1, "seen")
    assert learnt(api, user) == {}


def test_many_seen(api: httpx.Client, user: str) -> None:
    """Seen items stay away however many there are."""
    songs, books, games = (
        [item["id"] for item in api.get("/items", params={"medium": medium, "limit": 200}).json()["items"]]
        for medium in ("song", "book", "game")
    )
    for item in [*songs[:-3], *books, *games]:
        say(api, user, item, "seen")
    assert ids(shelf(api, user, "song", 50)) == set(songs[-3:])


def test_like_returns(api: httpx.Client, user: str, database_url: str) -> None:
    """A liked item may be recommended again after 90 days."""
    item = shelf(api, user)[0]["id"]
    say(api, user, item, "like")
    kept = text("SELECT blocked_until_ms FROM user_items WHERE user_id = :user")
    with writing(database_url) as connection:
        until = connection.execute(kept, {"user": user}).scalar_one()
        assert until == pytest.approx(time.time() * 1000 + 90 * DAY_MS, abs=60_000)
        later = text("UPDATE user_items SET blocked_until_ms = :now WHERE user_id = :user")
        connection.execute(later, {"now": int(time.time() * 1000), "user": user})
    assert item in ids(shelf(api, user, limit=50))


def test_saved_list(api: httpx.Client, user: str) -> None:
    """The saved list holds whole items, the latest first, page by page."""
    for item in range(1, 8):
        say(api, user, item, "save")
    say(api, user, 2, "save")
    first = saved(api, user, limit=4)
    second = saved(api, user, limit=4, cursor=first["next_cursor"])
    assert [item["id"] for item in first["items"] + second["items"]] == [2, 7, 6, 5, 4, 3, 1]
    assert second["next_cursor"] is None
    kept = dict(first["items"][0])
    assert kept.pop("saved_at").endswith("Z")
    assert kept == api.get("/items/2").json()
    assert saved(api, f"{user}-other") == {"items": [], "next_cursor": None}


def test_export(api: httpx.Client, user: str) -> None:
    """The export holds all that is kept."""
    say(api, user, 3, "like", key="k", emotion="sad")
    say(api, user, 4, "save")
    kept = api.get(f"/users/{user}/export").json()
    assert kept["user_id"] == user
    assert [(e["action"], e["emotion"], e["idempotency_key"]) for e in kept["feedback"]] == [
        ("save", None, None),
        ("like", "sad", "k"),
    ]
    assert ids(kept["saved"]) == {4}
    assert kept["preferences"] == history(api, user)["preferences"]
    assert kept["last_used"] == time.strftime("%Y-%m-%d", time.gmtime())
    nothing: Any = {"feedback": [], "saved": [], "preferences": [], "last_used": None}
    assert api.get(f"/users/{user}-other/export").json() == {"user_id": f"{user}-other", **nothing}


def test_changed_item(api: httpx.Client, user: str) -> None:
    """Taste follows the catalogue: after a change of an item, its new features count."""
    editor = {"X-API-Key": KEY}
    made = {"medium": "book", "title": user, "url": f"https://example.org/{user}", "creator": "Old"}
    item = api.post("/items", json={**made, "genres": ["war"]}, headers=editor).json()["id"]
    say(api, user, item, "like")
    assert {"genre:book:war", "creator:Old"} < learnt(api, user).keys()
    changed = {**made, "creator": "New", "genres": ["romance"]}
    assert api.put(f"/items/{item}", json=changed, headers=editor).status_code == 200
    assert {feature.split(":")[-1] for feature in learnt(api, user)} >= {"romance", "New"}
    assert not {"genre:book:war", "creator:Old"} & learnt(api, user).keys()
    take_back(api, user, item)
    assert learnt(api, user) == {}


def test_removed_item(api: httpx.Client, user: str) -> None:
    """What was said of an item that left the catalogue stays on the list and can be taken back."""
    editor = {"X-API-Key": KEY}
    made = {"medium": "book", "title": user, "url": f"https://example.org/{user}"}
    item = api.post("/items", json=made, headers=editor).json()["id"]
    say(api, user, item, "save")
    assert api.delete(f"/items/{item}", headers=editor).status_code == 204
    assert ids(saved(api, user)["items"]) == {item}
    take_back(api, user, item)
    assert saved(api, user)["items"] == []


def test_actions_at_once(api: httpx.Client, user: str) -> None:
    """Of several actions of one user at the same time on one item none is lost."""
    actions = ["like", "seen", "save", "open"]
    for item in range(1, 6):
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda action, item=item: say(api, user, item, action), actions))
        assert {answer.status_code for answer in answers} == {201}
    kept = history(api, user)["feedback"]
    assert len(kept) == 20
    assert all(entry["stands"] for entry in kept)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda action: take_back(api, user, 1, action), actions))
    assert {entry["item_id"] for entry in history(api, user)["feedback"]} == {2, 3, 4, 5}


def test_bad_take_back(api: httpx.Client, user: str) -> None:
    """An unknown action or parameter is a 422 and takes nothing back."""
    say(api, user, 1, "like")
    for params in ({"action": "love"}, {"actions": "like"}, {"action": ""}):
        assert_problem(api.delete(f"/users/{user}/opinions/1", params=params), 422, "invalid")
    assert_problem(api.delete(f"/users/{user}/opinions/0"), 422, "invalid")
    assert_problem(api.get(f"/users/{user}/saved", params={"cursor": "1"}), 422, "invalid")
    assert len(history(api, user)["feedback"]) == 1


def test_blocked_column(api: httpx.Client, user: str, database_url: str) -> None:
    """A dislike under a like of the same item leaves no end to the block."""
    say(api, user, 1, "like")
    say(api, user, 1, "dislike")
    with writing(database_url) as connection:
        kept = text("SELECT blocked_until_ms FROM user_items WHERE user_id = :user")
        assert connection.execute(kept, {"user": user}).scalar_one() == FOREVER_MS
