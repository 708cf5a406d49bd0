"""Items that the same users liked."""

from importlib.util import find_spec

import pytest

from services.recommender.neighbours import NEAREST, find_neighbours
from services.recommender.store.neighbours import ENOUGH_USERS
from tests.helpers.stages import cannot_run


@pytest.fixture(autouse=True)
def needs_implicit() -> None:
    if find_spec("implicit") is None:
        cannot_run("implicit is not installed (requirements/dev.txt)")


def fans(count: int, items: tuple[int, ...], name: str = "fan") -> list[tuple[str, int]]:
    """Makes that many users who like all of the items."""
    return [(f"{name}-{number}", item) for number in range(count) for item in items]


def test_enough_users() -> None:
    """Two items are neighbours of each other once 20 users like both, and not with one less."""
    assert list(find_neighbours(fans(ENOUGH_USERS - 1, (5, 9)) + fans(50, (5,), "other"))) == []
    found = list(find_neighbours(fans(ENOUGH_USERS, (5, 9)) + fans(20, (5,), "other")))
    assert [(row["item_id"], row["neighbour_id"], row["users"]) for row in found] == [(5, 9, 20), (9, 5, 20)]
    assert all(0.70 < row["nearness"] < 0.71 for row in found)  # 20 / sqrt(20 * 40)


def test_no_users() -> None:
    """Without likes there are no neighbours."""
    assert list(find_neighbours([])) == []


def test_unrelated_items() -> None:
    """Items that different users like are no neighbours."""
    found = list(find_neighbours(fans(30, (1, 2), "a") + fans(30, (3, 4), "b")))
    assert {(row["item_id"], row["neighbour_id"]) for row in found} == {(1, 2), (2, 1), (3, 4), (4, 3)}


def test_bounded() -> None:
    """An item has a bounded number of neighbours."""
    found = list(find_neighbours(fans(25, tuple(range(1, NEAREST + 30)))))
    assert max(sum(row["item_id"] == item for row in found) for item in range(1, 5)) <= NEAREST
