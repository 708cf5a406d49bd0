"""Contents of the images."""

import json

import pytest

from tests.containers.stack import run

MB = 1_000_000
SERVICES = ("inference", "recommender")


def in_image(image: str, code: str) -> str:
    return run("docker", "run", "--rm", "--network=none", "--read-only", image, "python", "-c", code).stdout


def size(image: str) -> int:
    return int(run("docker", "image", "inspect", image, "--format", "{{.Size}}").stdout)


@pytest.mark.parametrize(("service", "limit"), [("inference", 420 * MB), ("recommender", 200 * MB)])
def test_size(images: dict[str, str], service: str, limit: int) -> None:
    """The image adds no more than the limit, uncompressed, to the base image."""
    added = size(images[service]) - size("python:3.11-slim")
    print(f"\n{service}: {added / MB:.0f} MB over the base image")  # noqa: T201 - for CI's log
    assert 10 * MB < added <= limit


@pytest.mark.parametrize(
    ("service", "absent", "present"),
    [
        ("inference", ["tensorflow", "keras", "torch", "sqlalchemy", "pytest"], ["cv2", "ai_edge_litert"]),
        ("recommender", ["tensorflow", "keras", "cv2", "numpy", "ai_edge_litert", "pytest"], ["sqlalchemy"]),
    ],
)
def test_packages(images: dict[str, str], service: str, absent: list[str], present: list[str]) -> None:
    """The image holds the packages that the service needs, and none of training, testing or the other."""
    code = "import importlib.util as u, sys, json; print(json.dumps([n for n in {} if u.find_spec(n)]))"
    found = json.loads(in_image(images[service], code.format([*absent, *present])))
    assert found == present


@pytest.mark.parametrize(("service", "other"), [("inference", "recommender"), ("recommender", "inference")])
def test_service_alone(images: dict[str, str], service: str, other: str) -> None:
    """The image holds its own service, and neither the other one nor the launcher of both."""
    found = json.loads(
        in_image(images[service], "import os, json; print(json.dumps(os.listdir('services')))")
    )
    assert service in found
    assert not {other, "run.py"} & set(found)


@pytest.mark.parametrize("service", SERVICES)
def test_user(images: dict[str, str], service: str) -> None:
    """The service runs as a user given by number, who is not root, in group 0."""
    user = run("docker", "image", "inspect", images[service], "--format", "{{.Config.User}}").stdout.strip()
    number, _, group = user.partition(":")
    assert int(number) > 0
    assert group == "0"
    assert in_image(images[service], "import os; print(os.getuid())").strip() == number


@pytest.mark.parametrize("service", SERVICES)
def test_file_ownership(images: dict[str, str], service: str) -> None:
    """The service's user owns no file of the application or of its packages."""
    code = """
import os
for root in ("/app", "/opt/venv"):
    for folder, _, files in os.walk(root):
        for name in [folder, *(os.path.join(folder, file) for file in files)]:
            if not os.path.islink(name) and os.stat(name).st_uid == os.getuid():
                print(name)
"""
    assert in_image(images[service], code) == ""


@pytest.mark.parametrize("service", SERVICES)
def test_bytecode(images: dict[str, str], service: str) -> None:
    """Every module is compiled already: on the read-only file system each start would compile it anew."""
    code = """
import importlib.util as u, pathlib, sys
site = next(p for p in sys.path if p.endswith("site-packages"))
for root in ("/app/services", site + "/fastapi", site + "/uvicorn", site + "/pydantic"):
    for source in pathlib.Path(root).rglob("*.py"):
        if not pathlib.Path(u.cache_from_source(str(source))).exists():
            print(source)
"""
    assert in_image(images[service], code) == ""


@pytest.mark.parametrize("service", SERVICES)
def test_no_secrets(images: dict[str, str], service: str) -> None:
    """History and environment of the image hold no secret and no address of a package index."""
    history = run("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", images[service]).stdout
    environment = run("docker", "image", "inspect", images[service], "--format", "{{.Config.Env}}").stdout
    for word in ("index-url", "API_KEY", "PASSWORD", "TOKEN"):
        assert word not in history + environment
