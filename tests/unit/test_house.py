"""The house rules that a machine can check."""

import ast
from pathlib import Path

import pytest

from services.inference.settings import Settings as InferenceSettings
from services.recommender.settings import Settings as RecommenderSettings

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
SHARED_STAGES = {
    f"services.inference.{name}" for name in ("align", "classify", "decode", "detect", "errors", "pipeline")
}
"""What training may use of the inference service: the stages themselves, so that both see the same pixels."""


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


@pytest.mark.parametrize("service", ["inference", "recommender"])
def test_services_know_nothing_of_each_other_nor_of_training(service):
    other = {"inference": "recommender", "recommender": "inference"}[service]
    checked = modules(f"services/{service}")
    assert checked
    for path in checked:
        for name in imports_of(path):
            assert not name.startswith((f"services.{other}", "training")), f"{path} imports {name}"
            if name.startswith("services."):
                assert name.startswith(f"services.{service}") or name == "services.emotions", path


def test_training_uses_only_the_stages_of_inference():
    checked = modules("training")
    assert checked
    for path in checked:
        ours = {name for name in imports_of(path) if name.startswith("services")}
        assert ours <= SHARED_STAGES | {"services.emotions"}, path


@pytest.mark.parametrize("name", ["mood", "rank"])
def test_the_core_of_the_recommender_imports_no_framework(name):
    for module in imports_of(ROOT / "services/recommender" / f"{name}.py"):
        assert not module.startswith(("fastapi", "starlette", "sqlalchemy", "pydantic"))


def test_only_one_file_knows_the_runtime_and_one_the_other_service():
    for path in modules("services"):
        if path.name != "classify.py":
            assert not any(name.startswith(("ai_edge_litert", "tensorflow")) for name in imports_of(path)), (
                path
            )
        if path.name != "inference_client.py":
            assert "httpx" not in imports_of(path), path


@pytest.mark.parametrize("settings", [InferenceSettings, RecommenderSettings])
def test_every_setting_is_in_the_readme(settings):
    prefix = settings.model_config["env_prefix"]
    for name in settings.model_fields:
        assert f"`{prefix}{name.upper()}`" in README, f"{prefix}{name.upper()} is missing in README.md"
