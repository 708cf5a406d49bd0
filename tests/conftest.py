"""Divides the tests among the workers of pytest-xdist: `make test` runs a worker on each core."""

import fcntl
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("tests", suppress_health_check=[HealthCheck.too_slow])  # a busy machine is slow
settings.load_profile("tests")

ROOT = Path(__file__).parent.parent
GATE, ROOM, CLOCK = ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / "README.md"
"""Files that serve as locks."""
ALONE = (
    "tests/integration/inference/test_stream_load.py",
    "tests/integration/recommender/test_crowd.py",
)
"""Files that put load on a service and measure it: no other test runs meanwhile."""
TIMING = (
    "tests/integration/recommender/test_import.py::test_import_while_others_write",
    "tests/integration/recommender/test_breaker.py",
    "tests/integration/recommender/test_locks.py",
    "tests/integration/test_hostile_input.py",
    "tests/integration/test_protocol.py",
    "tests/integration/test_tracing.py",
)
"""Files that measure time: of their tests one runs at a time."""
SLOWEST = (*ALONE, *TIMING, "tests/integration/test_training.py", "tests/browser/")
"""Started first, so that no worker is still busy with them at the end."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(SLOWEST))


@pytest.hookimpl(wrapper=True, tryfirst=True)  # waiting does not count for pytest-timeout
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keeps tests of other workers away from those of ALONE and TIMING.

    All pass the gate before the room, so none overtakes one that waits for an empty room.
    """
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with CLOCK.open() as clock, GATE.open() as gate, ROOM.open() as room:
        if item.nodeid.startswith(TIMING):
            fcntl.flock(clock, fcntl.LOCK_EX)
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if item.nodeid.startswith(ALONE) else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        return (yield)
