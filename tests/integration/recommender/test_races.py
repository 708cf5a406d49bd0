"""Edits at the same time, on SQLite and on PostgreSQL: each ends as if one had come after the other."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.helpers.recommender import assert_problem
from tests.integration.conftest import KEY

ROUNDS = 5
AT_ONCE = 8
EDITOR = {"X-API-Key": KEY}
numbers = itertools.count()


def made(number: Any, **changes: Any) -> Any:
    title = f"raced {number}"
    return {"medium": "movie", "title": title, "url": f"https://example.org/raced/{number}", **changes}


def together(calls: Any) -> Any:
    """The answers of `calls`, all let loose at the same moment."""
    gate = Barrier(len(calls))

    def run(call: Any) -> Any:
        gate.wait(20)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def add(api: httpx.Client, item: Any) -> Any:
    return api.post("/items", json=item, headers=EDITOR)


def test_add_race(api: httpx.Client) -> None:
    """Of several who add the same work at once, one succeeds."""
    for _ in range(ROUNDS):
        item = made(next(numbers))
        answers = together([lambda item=item: add(api, item)] * AT_ONCE)
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * (AT_ONCE - 1)
        for answer in answers:
            if answer.status_code == 409:
                assert_problem(answer, 409, "conflict")


def test_add_removed_race(api: httpx.Client) -> None:
    """Of several who add a removed work at once, one succeeds."""
    for _ in range(ROUNDS):
        item = made(next(numbers))
        number = add(api, item).json()["id"]
        assert api.delete(f"/items/{number}", headers=EDITOR).status_code == 204
        answers = together([lambda item=item: add(api, item)] * AT_ONCE)
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * (AT_ONCE - 1)


def test_rename_race(api: httpx.Client) -> None:
    """Of several who rename items to the same work at once, one succeeds."""
    for _ in range(ROUNDS):
        ids = [add(api, made(next(numbers))).json()["id"] for _ in range(AT_ONCE)]
        name = made(next(numbers))
        answers = together(
            [
                lambda number=number, name=name: api.put(f"/items/{number}", json=name, headers=EDITOR)
                for number in ids
            ]
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * (AT_ONCE - 1)


def test_remove_race(api: httpx.Client) -> None:
    """An item removed while others edit it stays removed."""
    for _ in range(ROUNDS):
        item = made(next(numbers))
        number = add(api, item).json()["id"]
        path = f"/items/{number}"
        edits = [lambda path=path, item=item: api.put(path, json=item, headers=EDITOR)] * (AT_ONCE - 1)
        *edited, removed = together([*edits, lambda path=path: api.delete(path, headers=EDITOR)])
        assert removed.status_code == 204
        assert {answer.status_code for answer in edited} <= {200, 409}
        assert api.get(path).status_code == 404


@pytest.mark.parametrize("action", ["like", "open"])
def test_erasure_race(api: httpx.Client, action: Any) -> None:
    """Feedback that meets an erasure is kept with what follows from it, or both are gone."""
    for number in range(ROUNDS):
        user = f"raced-{action}-{number}"
        sent = [
            lambda user=user, item=item: api.post(
                "/feedback", json={"user_id": user, "item_id": item, "action": action}
            )
            for item in range(1, AT_ONCE)
        ]
        answers = together([*sent, lambda user=user: api.delete(f"/users/{user}")])
        assert {answer.status_code for answer in answers} == {201, 204}
        kept = api.get(f"/users/{user}/history").json()
        learnt = [p for p in kept["preferences"] if p["feature"].startswith("creator:") and p["likes"]]
        weight = {"like": 1.0, "open": 0.3}[action]
        assert sum(p["likes"] for p in learnt) == pytest.approx(weight * len(kept["feedback"]))
