"""The house rules that a machine can check."""

import ast
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from services.inference.settings import Settings as InferenceSettings
from services.recommender.settings import Settings as RecommenderSettings

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
SHARED_STAGES = {
    f"services.inference.{name}"
    for name in ("align", "classify", "decode", "detect", "errors", "model", "pipeline")
}
"""What training may use of the inference service: the stages themselves, so that both see the same pixels."""
PROGRAMS = ("training", "curation", "bulk", "bench", "tests")
FRAMEWORKS = ("fastapi", "starlette", "sqlalchemy", "pydantic")
STORE = ROOT / "services" / "recommender" / "store"
QUERIES = {"select", "insert", "update", "delete", "text", "func"}
"""What SQLAlchemy writes SQL with."""


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
def test_services_import_neither_each_other_nor_programs(service: str) -> None:
    """Of what is ours, a service imports itself, the labels and what both have in common."""
    checked = modules(f"services/{service}")
    assert checked
    for path in checked:
        for name in imports_of(path):
            assert not starts_with(name, *PROGRAMS), f"{path} imports {name}"
            if starts_with(name, "services"):
                own = (f"services.{service}", "services.common", "services.emotions")
                assert starts_with(name, *own), f"{path} imports {name}"


def test_common_imports_no_service() -> None:
    checked = modules("services/common")
    assert checked
    for path in checked:
        for name in imports_of(path):
            assert not starts_with(name, *PROGRAMS), f"{path} imports {name}"
            if starts_with(name, "services"):
                assert starts_with(name, "services.common", "services.emotions"), f"{path} imports {name}"


def test_training_uses_only_the_stages_of_inference() -> None:
    checked = modules("training")
    assert checked
    for path in checked:
        ours = {name for name in imports_of(path) if name.startswith("services")}
        assert ours <= SHARED_STAGES | {"services.common.problems", "services.emotions"}, path


@pytest.mark.parametrize("program", ["training", "curation", "bulk"])
def test_programs_import_services_and_themselves(program: str) -> None:
    for path in modules(program):
        for name in imports_of(path):
            assert not starts_with(name, *(other for other in PROGRAMS if other != program)), path


def test_ranking_imports_no_framework() -> None:
    checked = modules("services/recommender/ranking")
    assert checked
    for path in checked:
        for name in imports_of(path):
            assert not starts_with(name, *FRAMEWORKS), f"{path} imports {name}"


def test_every_query_is_in_the_store() -> None:
    for path in modules("services/recommender"):
        if STORE in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and starts_with(node.module or "", "sqlalchemy"):
                written = QUERIES & {alias.name for alias in node.names}
                assert not written, f"{path} imports {written}"


def test_imports_go_one_way() -> None:
    """The store knows neither routes nor what fills it; no layer below imports one above."""
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


def test_only_one_file_knows_the_runtime_and_one_the_other_service() -> None:
    for path in modules("services"):
        if path.name != "classify.py":
            assert not any(name.startswith(("ai_edge_litert", "tensorflow")) for name in imports_of(path)), (
                path
            )
        if path.name != "inference_client.py":
            assert "httpx" not in imports_of(path), path


@pytest.mark.parametrize("settings", [InferenceSettings, RecommenderSettings])
def test_every_setting_is_in_the_readme(settings: type[BaseSettings]) -> None:
    prefix = settings.model_config.get("env_prefix")
    for name in settings.model_fields:
        assert f"`{prefix}{name.upper()}`" in README, f"{prefix}{name.upper()} is missing in README.md"
