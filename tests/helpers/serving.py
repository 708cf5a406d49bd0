"""Real services in processes of their own, over real HTTP on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from services.run import ALLOCATOR

ROOT = Path(__file__).parent.parent.parent
READY_WITHIN_S = 60
"""Far above what a start takes; a busy machine must not fail a test."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_command(service: str, port: int) -> list[str]:
    """With the flags of services/run.py and of the images."""
    command = [sys.executable, "-m", "uvicorn", "--factory", f"services.{service}.main:create_app"]
    command += ["--http", "services.common.protocol:HeadTimeoutProtocol", "--no-proxy-headers"]
    return [*command, "--port", str(port)]


@contextmanager
def serve(service: str, log: Path, **settings: str) -> Iterator[str]:
    """The address of `service` ("inference" or "recommender"), ready; stopped at the end."""
    port = free_port()
    environment = {
        **ALLOCATOR[service],
        **os.environ,
        **{f"{service.upper()}_{k.upper()}": v for k, v in settings.items()},
    }
    with log.open("wb") as sink:
        process = subprocess.Popen(
            server_command(service, port), cwd=ROOT, env=environment, stdout=sink, stderr=sink
        )
        try:
            address = f"http://127.0.0.1:{port}"
            if not is_ready(address, process):
                raise AssertionError(f"{address} was not ready:\n{log.read_text()}")
            yield address
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def serve_both(
    folder: Path, inference: dict[str, str], recommender: dict[str, str]
) -> Iterator[dict[str, str]]:
    """Addresses by service; SERVICE.log and the recommender's database lie in `folder`. No rate limit."""
    settings = {"database_url": f"sqlite:///{folder / 'r.db'}", "rate_per_minute": "0", **recommender}
    with (
        serve("inference", folder / "inference.log", **inference) as reader,
        serve("recommender", folder / "recommender.log", inference_url=reader, **settings) as adviser,
    ):
        yield {"inference": reader, "recommender": adviser}


def is_ready(address: str, process: "subprocess.Popen[Any]", within_s: float = READY_WITHIN_S) -> bool:
    """Whether the service becomes ready before its process ends or time runs out."""
    end = time.monotonic() + within_s
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{address}/readyz").status_code == 200:
                return True
        time.sleep(0.05)
    return False


def logged(log: Path, mark: str) -> list[str]:
    """The lines of `log` that hold `mark`; waits for the first, which follows the answer it tells of."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        lines = [line for line in log.read_text().splitlines() if mark in line]
        if lines:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"no line with {mark} in {log.name}")
