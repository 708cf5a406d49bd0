"""A real photo through both real services, with the shipped model and catalogue."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.emotions import EMOTIONS
from tests.helpers.pictures import ASTRONAUT, encode
from tests.helpers.recommender import assert_problem
from tests.helpers.serving import logged, serve


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("walk")
    return folder / "inference", folder / "recommender"


@pytest.fixture(scope="module")
def walk(logs: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    database = tmp_path_factory.mktemp("walk-database") / "r.db"
    with (
        serve("inference", logs[0]) as inference,
        serve(
            "recommender", logs[1], database_url=f"sqlite:///{database}", inference_url=inference
        ) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client


def test_photo(walk: Any) -> None:
    """A real photo gets the right mood and items that suit it."""
    answer = walk.post(
        "/recommend/photo?medium=song&medium=movie",
        files={"file": ("astronaut.jpg", ASTRONAUT.read_bytes(), "image/jpeg")},
    )
    body = answer.json()
    assert body["prediction"]["emotion"] == "happy"
    assert list(body["prediction"]["probabilities"]) == list(EMOTIONS)
    shelf = body["recommendation"]
    assert shelf["emotion"] == "happy"
    assert shelf["target"]["valence"] > 0.3
    assert [item["medium"] for item in shelf["items"]] == ["song"] * 5 + ["movie"] * 5
    assert all(item["url"].startswith("https://") for item in shelf["items"])


def test_predict(walk: Any) -> None:
    """/predict gives inference's answer."""
    headers = {"Content-Type": "image/jpeg"}
    body = walk.post("/predict", content=ASTRONAUT.read_bytes(), headers=headers).json()
    assert len(body["faces"]) == 1
    assert walk.get("/readyz").json()["inference"] == "ok"


def test_no_face(walk: Any) -> None:
    """A photo without a face is a result; `strict` makes it a 422."""
    from PIL import Image  # noqa: PLC0415 # only here

    blank = encode(Image.new("RGB", (200, 200), "grey"), "PNG")
    body = walk.post("/recommend/photo", content=blank, headers={"Content-Type": "image/png"}).json()
    assert body["prediction"]["faces"] == []
    assert body["recommendation"] is None
    answer = walk.post("/predict?strict=true", content=blank, headers={"Content-Type": "image/png"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/predict", "/recommend/photo"])
def test_no_photo(walk: Any, path: str) -> None:
    """A file that is no photo is a 415 with inference's code."""
    answer = walk.post(path, files={"file": ("a.txt", b"only text", "text/plain")})
    assert_problem(answer, 415, answer.json()["code"])


def test_request_id(walk: Any, logs: Any) -> None:
    """One request id is in the logs of both services, and no file name is."""
    files = {"file": ("secret-name.jpg", ASTRONAUT.read_bytes(), "image/jpeg")}
    walk.post("/recommend/photo", files=files, headers={"X-Request-ID": "both-services-1"})
    for log in logs:
        lines = logged(log, "both-services-1")
        assert all(isinstance(json.loads(line), dict) for line in lines)
        assert "secret-name" not in log.read_text()
