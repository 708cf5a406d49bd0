"""Links of an operator's templates in every answer that has items."""

from pathlib import Path

import pytest

from tests.helpers.memory import say
from tests.helpers.recommender import FakeInference, recommender

KEY = {"X-API-Key": "k"}
LINKS = '{"movie": {"Where to watch": "https://watch.example/?q={title}"}}'


def test_links_everywhere(
    tmp_path: Path,
    made_catalogue: Path,
    inference_server: tuple[FakeInference, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every route that answers items gives the links of films, and none of other media."""
    monkeypatch.setenv("RECOMMENDER_LINKS", LINKS)
    fake, address = inference_server
    fake.reset()
    database = f"sqlite:///{tmp_path / 'r.db'}"
    with recommender(
        database_url=database, catalogue_dir=made_catalogue, inference_url=address, api_key="k"
    ) as api:
        body = {"medium": "movie", "title": "Made here", "url": "https://example.org/made"}
        made = api.post("/items", json=body, headers=KEY).json()
        path = f"/items/{made['id']}"
        say(api, "anna", made["id"], "save")
        photo = api.post("/recommend/photo", content=b"x", headers={"Content-Type": "image/jpeg"}).json()
        answers = {
            "added": [made],
            "changed": [api.put(path, json=made | {"year": 1999}, headers=KEY).json()],
            "one": [api.get(path).json()],
            "listed": api.get("/items", params={"limit": 200}).json()["items"],
            "recommended": api.get("/recommend", params={"emotion": "sad"}).json()["items"],
            "photo": photo["recommendation"]["items"],
            "similar": api.get(f"{path}/similar", params={"medium": ["movie", "song"]}).json()["items"],
            "saved": api.get("/users/anna/saved").json()["items"],
            "exported": api.get("/users/anna/export").json()["saved"],
        }
    for name, items in answers.items():
        assert any(item["medium"] == "movie" for item in items), name
        for item in items:
            url = f"https://watch.example/?q={item['title'].replace(' ', '%20')}"
            links = [{"label": "Where to watch", "url": url}] if item["medium"] == "movie" else []
            assert item["links"] == links, name
