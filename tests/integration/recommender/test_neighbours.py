"""What others like, from their feedback to the shelf, on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import httpx

from services.recommender.store.db import Sessions, make_engine
from services.recommender.store.memory import taste_of
from services.recommender.store.neighbours import ENOUGH_USERS, neighbours_of
from tests.helpers.memory import history, say
from tests.helpers.serving import ROOT
from tests.helpers.stages import cannot_run


def test_command(api: httpx.Client, database_url: str, made_catalogue: Path) -> None:
    """The command writes pairs that enough users like, which then draw those who like one of them."""
    if find_spec("implicit") is None:
        cannot_run("implicit is not installed (requirements/dev.txt)")
    for number in range(ENOUGH_USERS):
        for item in (3, 250):
            say(api, f"fan-{number}", item, "like")
    say(api, "anna", 3, "like")
    environment = {
        "RECOMMENDER_DATABASE_URL": database_url,
        "RECOMMENDER_CATALOGUE_DIR": str(made_catalogue),
    }
    done = subprocess.run(
        [sys.executable, "-m", "services.recommender", "neighbours"],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("2 pairs of items")
    engine = make_engine(database_url)
    with Sessions(engine).read.begin() as session:
        ((neighbour, nearness),) = neighbours_of(session, 3, 10)
        features = taste_of(session, "anna").features
        assert neighbour == 250
        assert features["item:250"] == nearness > 0.9
        assert not taste_of(session, "stranger").features
    engine.dispose()
    assert not [p for p in history(api, "anna")["preferences"] if p["feature"].startswith("item:")]
