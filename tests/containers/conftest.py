"""These tests need a container engine; where there is none, they say so and skip. In CI they fail."""

import time

import pytest

from tests.containers.stack import ROOT, engine_problem, run
from tests.helpers.stages import cannot_run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ROOT / "tests" / "containers" in item.path.parents:
            item.add_marker(pytest.mark.containers)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session", autouse=True)
def images() -> dict[str, str]:
    """Both images, built from the checkout: their names."""
    problem = engine_problem()
    if problem:
        cannot_run(problem)
    started = time.monotonic()
    run("docker", "compose", "build")
    print(f"\nboth images built in {time.monotonic() - started:.0f} s")  # noqa: T201 - for CI's log
    return {name: f"expression-recommender/{name}:latest" for name in ("inference", "recommender")}
