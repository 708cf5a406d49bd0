"""Starts real services as processes that serve HTTP on loopback."""

import os
import random
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
"""Much longer than a start takes, so that no test fails on a busy machine."""
FIRST_PORT, LAST_PORT = 10_000, 32_000
WORKERS = 64
_given: set[int] = set()


def free_port() -> int:
    """Finds a free port below those that the system gives to clients, from this pytest worker's own share."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    share = range(FIRST_PORT + worker, LAST_PORT, WORKERS)
    while True:
        port = random.choice(share)  # noqa: S311 # other test runs on this machine choose too
        if port not in _given:
            _given.add(port)
            with socket.socket() as probe, suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def server_command(service: str, port: int) -> list[str]:
    """The command that starts a service with the options of services/run.py and the images."""
    command = [sys.executable, "-m", "uvicorn", "--factory", f"services.{service}.main:create_app"]
    command += ["--http", "services.common.protocol:HeadTimeoutProtocol", "--no-proxy-headers"]
    command += ["--ws", "services.common.protocol:FarewellProtocol"]
    return [*command, "--port", str(port)]


@contextmanager
def serve(service: str, log: Path, **settings: str) -> Iterator[str]:
    """Starts `service` ("inference" or "recommender"); gives its address once it is ready."""
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
    """Starts both services without rate limits, with their logs and database in `folder`; gives addresses."""
    limits = {"rate_per_minute": "0", "feedback_per_minute": "0"}
    settings = {"database_url": f"sqlite:///{folder / 'r.db'}", **limits, **recommender}
    with (
        serve("inference", folder / "inference.log", **inference) as inference_url,
        serve("recommender", folder / "recommender.log", inference_url=inference_url, **settings) as address,
    ):
        yield {"inference": inference_url, "recommender": address}


def is_ready(address: str, process: "subprocess.Popen[Any]", within_s: float = READY_WITHIN_S) -> bool:
    """Waits until the service is ready; False if its process ends or time runs out before."""
    end = time.monotonic() + within_s
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{address}/readyz").status_code == 200:
                return True
        time.sleep(0.05)
    return False


def logged(log: Path, mark: str) -> list[str]:
    """Lines of `log` with `mark` in them; waits for the first, as a service logs after it answers."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        lines = [line for line in log.read_text().splitlines() if mark in line]
        if lines:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"no line with {mark} in {log.name}")
