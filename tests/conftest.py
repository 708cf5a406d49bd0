"""Divides the tests among the workers of pytest-xdist: `make test` runs a worker on each core."""

import fcntl
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("tests", suppress_health_check=[HealthCheck.too_slow])  # a busy machine is slow
settings.load_profile("tests")

ROOT = Path(__file__).parent.parent
GATE, ROOM = ROOT / "pyproject.toml", ROOT / "Makefile"
"""Files that serve as locks."""
ALONE = (
    "tests/integration/inference/test_stream_load.py",
    "tests/integration/recommender/test_crowd.py",
)
"""Files that put load on a service and measure it: no other test runs meanwhile."""
TIMING = (
    *ALONE,
    "tests/integration/recommender/test_breaker.py",
    "tests/integration/recommender/test_locks.py",
    "tests/integration/test_hostile_input.py",
    "tests/integration/test_protocol.py",
    "tests/integration/test_tracing.py",
)
"""Files that measure time: one worker runs them, so that they do not slow each other down."""
SLOWEST = (*TIMING, "tests/integration/test_training.py", "tests/browser/", "tests/integration/test_bulk.py")
"""Started first, so that no worker is still busy with them at the end."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps each file on one worker, so that its fixtures are made once."""
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        group = "timing" if item.nodeid.startswith(TIMING) else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: not item.nodeid.startswith(SLOWEST))


@pytest.hookimpl(wrapper=True, tryfirst=True)  # waiting does not count for pytest-timeout
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Lets the tests of ALONE run while no other worker runs a test.

    The others share the room. All pass the gate first, so none overtakes a test that waits for the empty room.
    """
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with GATE.open() as gate, ROOM.open() as room:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if item.nodeid.startswith(ALONE) else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        return (yield)
