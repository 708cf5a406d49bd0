"""Rules on imports, settings and versions."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic_settings import BaseSettings

from services.common.version import VERSION
from services.inference.main import create_app as create_inference
from services.inference.settings import Settings as InferenceSettings
from services.recommender.main import create_app as create_recommender
from services.recommender.settings import Settings as RecommenderSettings

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
SHARED_STAGES = {
    f"services.inference.{name}"
    for name in (
        "align",
        "classify",
        "decode",
        "detect",
        "errors",
        "face",
        "finder",
        "model",
        "pipeline",
        "runtime",
    )
}
"""Modules of inference that training may import: the stages, so that both process pixels alike."""
PROGRAMS = ("training", "curation", "bulk", "bench", "tests")
FRAMEWORKS = ("fastapi", "starlette", "sqlalchemy", "pydantic")
STORE = ROOT / "services" / "recommender" / "store"
QUERIES = {"select", "insert", "update", "delete", "text", "func"}
"""SQLAlchemy's functions that make queries."""


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def starts_with(name: str, *packages: str) -> bool:
    """Whether `name` is one of the packages or lies in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("service", ["inference", "recommender"])
def test_service_imports(service: str) -> None:
    """Of this project, a service imports only itself, services.common and services.emotions."""
    checked = modules(f"services/{service}")
    assert checked
    for path in checked:
        for name in imports_of(path):
            assert not starts_with(name, *PROGRAMS), f"{path} imports {name}"
            if starts_with(name, "services"):
                own = (f"services.{service}", "services.common", "services.emotions")
                assert starts_with(name, *own), f"{path} imports {name}"


def test_common_imports() -> None:
    """services.common imports no service and no program."""
    checked = modules("services/common")
    assert checked
    for path in checked:
        for name in imports_of(path):
            assert not starts_with(name, *PROGRAMS), f"{path} imports {name}"
            if starts_with(name, "services"):
                assert starts_with(name, "services.common", "services.emotions"), f"{path} imports {name}"


def test_training_imports() -> None:
    """Of the services, training imports only the stages of inference, the problems and the labels."""
    checked = modules("training")
    assert checked
    for path in checked:
        ours = {name for name in imports_of(path) if name.startswith("services")}
        assert ours <= SHARED_STAGES | {"services.common.problems", "services.emotions"}, path


@pytest.mark.parametrize("program", ["training", "curation", "bulk"])
def test_program_imports(program: str) -> None:
    """A program imports no other program."""
    for path in modules(program):
        for name in imports_of(path):
            assert not starts_with(name, *(other for other in PROGRAMS if other != program)), path


def test_ranking_imports() -> None:
    """The ranking imports no framework."""
    checked = modules("services/recommender/ranking")
    assert checked
    for path in checked:
        for name in imports_of(path):
            assert not starts_with(name, *FRAMEWORKS), f"{path} imports {name}"


def test_queries() -> None:
    """Outside the store, the recommender imports no function that makes a query."""
    for path in modules("services/recommender"):
        if STORE in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and starts_with(node.module or "", "sqlalchemy"):
                written = QUERIES & {alias.name for alias in node.names}
                assert not written, f"{path} imports {written}"


def test_layers() -> None:
    """No layer of the recommender imports a layer above it."""
    recommender = "services.recommender"
    for folder, above in (
        ("ranking", ("schemas", "store", "imports", "routes", "prepare", "recommend", "main")),
        ("schemas", ("imports", "routes", "prepare", "recommend", "main")),
        ("store", ("imports", "routes", "prepare", "recommend", "main")),
        ("imports", ("routes", "recommend", "main")),
    ):
        checked = modules(f"services/recommender/{folder}")
        assert checked
        for path in checked:
            for name in imports_of(path):
                assert not starts_with(name, *(f"{recommender}.{one}" for one in above)), f"{path}: {name}"


def test_runtime_and_client_imports() -> None:
    """Only runtime.py imports LiteRT, and only inference_client.py imports httpx."""
    for path in modules("services"):
        if path.name != "runtime.py":
            assert not any(name.startswith(("ai_edge_litert", "tensorflow")) for name in imports_of(path)), (
                path
            )
        if path.name != "inference_client.py":
            assert "httpx" not in imports_of(path), path


@pytest.mark.parametrize("settings", [InferenceSettings, RecommenderSettings])
def test_settings_documented(settings: type[BaseSettings]) -> None:
    """The README names every setting."""
    prefix = settings.model_config.get("env_prefix")
    for name in settings.model_fields:
        assert f"`{prefix}{name.upper()}`" in README, f"{prefix}{name.upper()} is missing in README.md"


@pytest.mark.parametrize("create_app", [create_inference, create_recommender])
def test_version(create_app: Callable[[], FastAPI]) -> None:
    """Both services and the newest entry of the changelog have the same version."""
    assert create_app().version == VERSION
    headings = (line for line in CHANGELOG.splitlines() if line.startswith("## "))
    newest = next(line for line in headings if line != "## [Unreleased]")
    assert newest.startswith(f"## [{VERSION}] ")
