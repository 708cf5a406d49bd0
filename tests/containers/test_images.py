"""What is in the images, and what is not."""

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
def test_the_image_is_small(images: dict[str, str], service: str, limit: int) -> None:
    """Uncompressed, over the base image that all Python images share."""
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
def test_only_what_serving_needs_is_inside(
    images: dict[str, str], service: str, absent: list[str], present: list[str]
) -> None:
    code = "import importlib.util as u, sys, json; print(json.dumps([n for n in {} if u.find_spec(n)]))"
    found = json.loads(in_image(images[service], code.format([*absent, *present])))
    assert found == present


@pytest.mark.parametrize(("service", "other"), [("inference", "recommender"), ("recommender", "inference")])
def test_neither_the_other_service_nor_the_tools_are_inside(
    images: dict[str, str], service: str, other: str
) -> None:
    found = json.loads(
        in_image(images[service], "import os, json; print(json.dumps(os.listdir('services')))")
    )
    assert service in found
    assert not {other, "run.py"} & set(found)


@pytest.mark.parametrize("service", SERVICES)
def test_the_user_is_a_number_and_not_root(images: dict[str, str], service: str) -> None:
    user = run("docker", "image", "inspect", images[service], "--format", "{{.Config.User}}").stdout.strip()
    number, _, group = user.partition(":")
    assert int(number) > 0
    assert int(group) > 0
    assert in_image(images[service], "import os; print(os.getuid())").strip() == number


@pytest.mark.parametrize("service", SERVICES)
def test_no_file_of_the_application_can_be_changed_by_its_user(images: dict[str, str], service: str) -> None:
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
def test_every_module_has_its_bytecode(images: dict[str, str], service: str) -> None:
    """A module without would be compiled anew at each start: the file system is read-only."""
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
def test_the_image_keeps_no_secret_and_no_index_address(images: dict[str, str], service: str) -> None:
    history = run("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", images[service]).stdout
    environment = run("docker", "image", "inspect", images[service], "--format", "{{.Config.Env}}").stdout
    for word in ("index-url", "API_KEY", "PASSWORD", "TOKEN"):
        assert word not in history + environment
