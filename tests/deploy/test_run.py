"""`python -m services.run`, which `make run` calls: both services up together, and down together."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from services.run import ALLOCATOR
from tests.helpers.process import heeding_signals
from tests.helpers.serving import ROOT, free_port
from tests.helpers.stages import cannot_run


@contextmanager
def run(folder: Path, port: int, inference_port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "services.run", f"--port={port}", f"--inference-port={inference_port}"]
    environment = os.environ | {
        "RECOMMENDER_DATABASE_URL": f"sqlite:///{folder / 'recommender.db'}",
        "PYTHONPATH": str(ROOT),
    }
    with heeding_signals():
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def line_with_address(process: subprocess.Popen[str]) -> str:
    """The line that tells the page's address; it comes once both are ready."""
    assert process.stdout is not None
    for line in process.stdout:
        if "http://" in line:
            return line
    pytest.fail(f"ended with {process.wait()} before it was ready:\n{process.communicate()[1]}")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGHUP])
def test_address_and_end(tmp_path: Path, ports: tuple[int, int], ending: signal.Signals) -> None:
    """The printed address leads to the page; Ctrl-C, or the terminal's end, stops both services."""
    with run(tmp_path, *ports) as process:
        found = re.search(r"http://\S+/", line_with_address(process))
        assert found is not None
        address = found.group()
        assert httpx.get(address).status_code == 200
        assert httpx.get(f"{address}readyz").json()["inference"] == "ok"
        process.send_signal(ending)
        assert process.wait(30) == 0
    assert not any(listens(port) for port in ports)


def test_one_service_ends(tmp_path: Path, ports: tuple[int, int]) -> None:
    """When one service ends, the other is stopped and the status is 1."""
    with run(tmp_path, *ports) as process:
        line_with_address(process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            cannot_run("this system does not tell a process's children")
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
        assert process.wait(30) == 1
    assert not any(listens(port) for port in ports)


def test_port_in_use(tmp_path: Path, ports: tuple[int, int]) -> None:
    """A port in use is named, and nothing is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[0]))
        taken.listen()
        with run(tmp_path, *ports) as process:
            assert process.wait(30) == 2
            assert f"port {ports[0]} is in use" in process.communicate()[1]
    assert not listens(ports[1])


def test_bytecode(tmp_path: Path, ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytecode is written even with PYTHONDONTWRITEBYTECODE."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    cached = ROOT / "services" / "__pycache__" / f"emotions.{sys.implementation.cache_tag}.pyc"
    cached.unlink(missing_ok=True)
    with run(tmp_path, *ports) as process:
        line_with_address(process)
    assert cached.exists()


@pytest.mark.parametrize("service", ["inference", "recommender"])
def test_allocator_settings(service: str) -> None:
    """The images set the allocator as services/run.py does."""
    set_there = re.findall(r"(MALLOC_\w+)=(\d+)", (ROOT / f"Dockerfile.{service}").read_text())
    assert dict(set_there) == ALLOCATOR[service]
