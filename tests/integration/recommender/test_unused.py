"""Ids that nobody uses any more are erased, on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.recommender.store import uses
from services.recommender.store.db import WRITING, make_engine
from services.recommender.upkeep import today
from tests.helpers.memory import history, say, shelf
from tests.helpers.recommender import recommender
from tests.helpers.serving import ROOT


def age(url: str, user: str, days: int) -> None:
    """Makes the last use of the id that many days earlier."""
    engine = make_engine(url)
    with engine.execution_options(**WRITING).begin() as connection:
        used = text("UPDATE users SET used_day = :day WHERE user_id = :user")
        assert connection.execute(used, {"day": today() - days, "user": user}).rowcount == 1
    engine.dispose()


def used_day(url: str, user: str) -> Any:
    engine = make_engine(url)
    with engine.connect() as connection:
        kept = text("SELECT used_day FROM users WHERE user_id = :user")
        found = connection.execute(kept, {"user": user}).scalar()
    engine.dispose()
    return found


def until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def erase_unused(url: str, catalogue: Path, **settings: str) -> str:
    environment = {"RECOMMENDER_DATABASE_URL": url, "RECOMMENDER_CATALOGUE_DIR": str(catalogue), **settings}
    done = subprocess.run(
        [sys.executable, "-m", "services.recommender", "erase-unused"],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_command(api: httpx.Client, database_url: str, made_catalogue: Path) -> None:
    """The command erases ids beyond the limit in batches, keeps the others, and zero days keep all."""
    for user in ("old", "older", "young"):
        say(api, user, 1, "like")
    engine = make_engine(database_url)
    with engine.execution_options(**WRITING).begin() as connection:
        many = text("INSERT INTO users (user_id, used_day) VALUES (:user, 0)")
        connection.execute(many, [{"user": f"many-{n}"} for n in range(uses.BATCH + 3)])
    engine.dispose()
    age(database_url, "old", 401)
    age(database_url, "older", 4000)
    age(database_url, "young", 400)
    kept_for_ever = erase_unused(database_url, made_catalogue, RECOMMENDER_MEMORY_DAYS="0")
    assert "nothing was erased" in kept_for_ever
    assert f"erased {uses.BATCH + 5} ids" in erase_unused(database_url, made_catalogue)
    for user, kept in (("old", 0), ("older", 0), ("young", 1)):
        assert len(history(api, user)["feedback"]) == kept
    assert erase_unused(database_url, made_catalogue).startswith("erased 0 ids")


@pytest.mark.parametrize("use", ["recommend", "history", "saved", "export"])
def test_reading_is_use(api: httpx.Client, database_url: str, use: str) -> None:
    """Asking for recommendations, or for what is kept, counts as use."""
    user = f"reader-{use}"
    say(api, user, 1, "like")
    age(database_url, user, 399)
    if use == "recommend":
        shelf(api, user)
    else:
        api.get(f"/users/{user}/{use}")
    until(lambda: used_day(database_url, user) == today())


def test_feedback_is_use(api: httpx.Client, database_url: str) -> None:
    """Feedback counts as use, and after everything is taken back nothing is kept of the id."""
    say(api, "giver", 1, "like")
    age(database_url, "giver", 10)
    say(api, "giver", 2, "open")
    assert used_day(database_url, "giver") == today()
    for item in (1, 2):
        api.delete(f"/users/giver/opinions/{item}")
    assert used_day(database_url, "giver") is None


def test_daily(database_url: str, made_catalogue: Path) -> None:
    """A service erases unused ids from its start on; with zero days it does not."""
    settings = {"database_url": database_url, "catalogue_dir": made_catalogue}
    with recommender(**settings) as client:
        say(client, "forgotten", 1, "like")
    age(database_url, "forgotten", 500)
    with recommender(**settings, memory_days=0) as client:
        assert len(history(client, "forgotten")["feedback"]) == 1
    age(database_url, "forgotten", 500)
    with recommender(**settings):
        until(lambda: used_day(database_url, "forgotten") is None)
