"""Short versions of `make harden`: the same code with fewer inputs, without checks of speed."""

from pathlib import Path

import pytest

from bench.harden import contracts, fuzz_images, fuzz_sockets, kills, soak
from tests.helpers import dying_reader
from tests.helpers.postgres import server_programs
from tests.helpers.stages import cannot_run


@pytest.fixture(autouse=True)
def linux() -> None:
    """Skips where Linux's /proc, from which memory and processes are read, is missing."""
    try:
        with open("/proc/self/clear_refs", "w"):  # noqa: PTH123 # only tests whether it can be written
            pass
    except OSError:
        cannot_run("only Linux describes its processes in /proc")


@pytest.mark.long
def test_damaged_pictures(tmp_path: Path) -> None:
    """Damaged pictures neither break the pipeline nor make its memory grow."""
    figures = fuzz_images.fuzz(2_000, seed=2, save=tmp_path)
    assert figures["failures"] == []
    assert figures["inputs"] == 2_000
    assert sum(figures["answers"].values()) == 2_000
    assert len(figures["answers"]) > 10, "the inputs hardly differ"


def test_deadly_picture(tmp_path: Path) -> None:
    """The fuzzer reports and saves a picture that kills its process, and reads the rest in a new one."""
    deadly = [b"GIF89a" + bytes(100)]
    outcome = fuzz_images.in_a_child(1, range(3), deadly, set(), tmp_path, read=dying_reader.die_at_one)
    assert outcome.inputs == 3
    assert len(outcome.failures) == 1
    name, why = outcome.failures[0].split(": ")
    assert why == "the process ended with -9"
    assert (tmp_path / name).read_bytes() == fuzz_images.nth(1, 1, deadly)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_contracts() -> None:
    """Both services answer requests within their OpenAPI documents as these say."""
    figures = contracts.run(seconds=30, examples=15)
    assert figures["failures"] == {}, "\n".join(report[-3000:] for report in figures["failures"].values())
    assert min(figures["requests"].values()) > 20


@pytest.mark.long
@pytest.mark.timeout(300)
def test_broken_websocket_clients() -> None:
    """Broken WebSocket clients leave no open stream and no growth of memory."""
    figures = fuzz_sockets.run(200)
    assert figures["failures"] == []
    for service in ("inference", "recommender"):
        assert figures[service]["streams_left"] == 0
        assert figures[service]["grown_mb"] < 30, figures


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("kind", "count"), [("sqlite", 6), pytest.param("postgresql", 4, marks=pytest.mark.postgres)]
)
def test_kills(kind: str, count: int) -> None:
    """Killing processes loses no acknowledged write and counts none twice."""
    if kind == "postgresql" and server_programs() is None:
        cannot_run("PostgreSQL's server programs are not installed (Debian package postgresql)")
    figures = kills.run(kind, count, seed=2)
    assert figures["lost"] == []
    assert figures["doubled"] == []
    assert figures["acknowledged"] > count


@pytest.mark.long
@pytest.mark.timeout(300)
def test_soak() -> None:
    """Under a mixed load with hostile clients both services answer, recover and keep their memory."""
    figures = soak.run(seconds=10, probe=3)
    assert figures["failures"] == []
    assert figures["steady"]["statuses"].get("200", 0) > 0
    assert figures["overload"]["recovery_s"] < 60
    for service, memory in figures["memory"].items():
        assert memory["mb"] < 400, (service, memory)


def test_leak_detection() -> None:
    """The soak reports a slope for steady growth of memory, and none for a single step."""
    step = [(float(second), 140.0 if second < 40 else 163.0) for second in range(100)]
    assert soak.growth(step, asked_per_s=100) == {"mb": 163.0, "grown_mb": 23.0, "slope_mb_per_10000": 0.0}
    leak = [(float(second), 140.0 + 0.05 * second) for second in range(101)]
    assert soak.growth(leak, asked_per_s=100) == {"mb": 145.0, "grown_mb": 5.0, "slope_mb_per_10000": 5.0}
