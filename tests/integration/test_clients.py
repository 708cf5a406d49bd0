"""Clients that people generate or copy: from the OpenAPI documents, and the examples of this project."""

import importlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI

from services.inference.main import create_app as create_inference
from services.recommender.main import create_app as create_recommender
from tests.helpers import pictures
from tests.helpers.serving import serve_both
from tests.helpers.stages import cannot_run

ROOT = Path(__file__).parents[2]
PHOTO = pictures.ASTRONAUT.read_bytes()
APPS: dict[str, Callable[[], FastAPI]] = {"inference": create_inference, "recommender": create_recommender}
REFERENCE = {"$ref": "#/components/schemas/Problem"}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with serve_both(tmp_path_factory.mktemp("clients"), {}, {}) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on Python's path with a generated package for each service."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "options.yml").write_text("post_hooks: []\n")
    for service, create in APPS.items():
        document = folder / f"{service}.json"
        document.write_text(json.dumps(create().openapi()))
        command: list[str | Path] = [Path(sys.executable).with_name("openapi-python-client"), "generate"]
        command += ["--meta", "none", "--config", folder / "options.yml", "--fail-on-warning"]
        command += ["--path", document, "--output-path", folder / f"{service}_client"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.mark.parametrize("service", APPS)
def test_documents(service: str) -> None:
    """Operations are named as functions are, each once, and every error is a Problem by reference."""
    document = APPS[service]().openapi()
    operations = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalpha() and len(name) < 30 for name in names), names
    for operation in operations:
        errors = {code: one for code, one in operation["responses"].items() if code >= "400"}
        assert errors
        assert all(
            one["content"] == {"application/problem+json": {"schema": REFERENCE}} for one in errors.values()
        )


def operation(client: str, tag: str, name: str) -> ModuleType:
    return importlib.import_module(f"{client}.api.{tag}.{name}")


@pytest.fixture
def call(clients: Path, services: dict[str, str]) -> Callable[..., Any]:
    """Calls an operation of a generated client; returns its parsed answer."""
    assert clients.is_dir()

    def call(service: str, tag: str, name: str, **given: Any) -> Any:
        package = importlib.import_module(f"{service}_client")
        with package.Client(base_url=services[service], timeout=60) as client:
            return operation(f"{service}_client", tag, name).sync(client=client, **given)

    return call


def body_of(service: str, name: str, **parts: Any) -> Any:
    models = importlib.import_module(f"{service}_client.models")
    return getattr(models, name)(**parts)


def file_of(service: str) -> Any:
    types = importlib.import_module(f"{service}_client.types")
    return types.File(payload=io.BytesIO(PHOTO), file_name="a.jpg")


def test_inference_client(call: Callable[..., Any]) -> None:
    """A generated client calls inference's main routes."""
    form = body_of("inference", "PredictFilesBody", file=file_of("inference"))
    answer = call("inference", "photos", "predict", body=form)
    assert answer.emotion == "happy"
    assert answer.faces[0].box.width > 50
    raw = call("inference", "photos", "predict", body=file_of("inference"))
    assert raw.faces[0].box == answer.faces[0].box
    many = body_of("inference", "PredictBatchBody", files=[file_of("inference")] * 2)
    results = call("inference", "photos", "predict_batch", body=many).results
    assert [one.status for one in results] == [200, 200]
    assert call("inference", "operation", "model").labels[0] == "angry"
    assert call("inference", "operation", "healthz").status == "ok"


def test_recommender_client(call: Callable[..., Any]) -> None:
    """A generated client calls the recommender's main routes, and gets typed answers and problems."""
    form = body_of(
        "recommender", "RecommendForPhotoFilesBody", file=file_of("recommender"), limit=2, detect=True
    )
    answer = call("recommender", "photos", "recommend_for_photo", body=form)
    assert answer.prediction.emotion == "happy"
    assert len(answer.recommendation.items) == 8
    read = call("recommender", "photos", "predict", body=file_of("recommender"))
    assert read.faces[0].emotion == "happy"
    sad = body_of("recommender", "RecommendForEmotionEmotion", value="sad")
    shelf = call("recommender", "recommendations", "recommend_for_emotion", emotion=sad, limit=1)
    item = shelf.items[0]
    assert call("recommender", "catalogue", "get_item", item_id=item.id).title == item.title
    assert call("recommender", "catalogue", "list_items", limit=3).next_cursor
    assert len(call("recommender", "catalogue", "list_emotions")) == 6
    assert call("recommender", "catalogue", "list_media")
    like = body_of("recommender", "FeedbackInAction", value="like")
    feedback = body_of("recommender", "FeedbackIn", user_id="someone", item_id=item.id, action=like)
    assert call("recommender", "memory", "give_feedback", body=feedback).item_id == item.id
    assert call("recommender", "memory", "get_history", user_id="someone").feedback
    assert call("recommender", "operation", "readyz").inference == "ok"
    problem = call("recommender", "catalogue", "get_item", item_id=2_000_000_000)
    assert problem.code == "not_found"


@pytest.mark.parametrize("example", ["client.py", "client.mjs"])
def test_example(services: dict[str, str], example: str) -> None:
    """The example prints the face and three songs, and in one line what is wrong with a file."""
    program = sys.executable if example.endswith(".py") else shutil.which("node")
    if program is None:
        cannot_run("Node.js is not installed (Debian package nodejs)")
    command = [str(program), str(ROOT / "examples" / example)]
    for photo, status, lines in ((pictures.ASTRONAUT, 0, 4), (Path(__file__), 1, 0)):
        done = subprocess.run(
            [*command, str(photo), services["recommender"]], capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stderr
        assert len(done.stdout.splitlines()) == lines
        assert done.stdout.startswith("happy") if status == 0 else "415 unsupported_image" in done.stderr
