"""Drives a container engine through `docker compose`: a project with its own name and port."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.helpers.serving import free_port

ROOT = Path(__file__).parent.parent.parent
READY_WITHIN_S = 90
PHOTO = (ROOT / "tests" / "assets" / "astronaut.jpg").read_bytes()


def run(*command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0 or not check, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done


def engine_problem() -> str | None:
    """Why containers cannot run here; None if they can."""
    try:
        engine = run("docker", "info", "--format", "{{.ServerVersion}}", check=False)
        compose = run("docker", "compose", "version", check=False)
    except FileNotFoundError:
        return "no docker command"
    if engine.returncode != 0 or not engine.stdout.strip():
        return "no container engine answers"
    return None if compose.returncode == 0 else "docker has no compose plugin"


def until(holds: Callable[[], bool], what: str, seconds: float = READY_WITHIN_S) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)


class Stack:
    """A compose project. `files` are added to docker-compose.yml; `environment` fills its variables."""

    def __init__(self, name: str, *files: str, **environment: str) -> None:
        self.port = free_port()
        self.project = f"{name}-{self.port}"
        self.options: list[str] = ["--project-name", self.project, "--file", "docker-compose.yml"]
        for file in files:
            self.options += ["--file", file]
        self.environment = {"RECOMMENDER_PORT": str(self.port), **environment}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def compose(self, *arguments: str, check: bool = True) -> str:
        done = run("docker", "compose", *self.options, *arguments, check=check, **self.environment)
        return done.stdout

    def up(self, *arguments: str) -> None:
        self.compose("up", "--detach", "--no-build", "--wait", f"--wait-timeout={READY_WITHIN_S}", *arguments)

    def container(self, service: str, index: int = 1) -> str:
        """Its id."""
        return self.compose("ps", "--all", "--quiet", "--no-trunc", service).split()[index - 1]

    def inspect(self, service: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", self.container(service)).stdout)
        return found[0]

    def python(self, container: str, code: str) -> subprocess.CompletedProcess[str]:
        """Runs `code` in the container, as its user."""
        return run("docker", "exec", container, "python", "-c", code, check=False)

    def logs(self, service: str) -> str:
        return run("docker", "logs", self.container(service), check=False).stderr

    def send_photo(self, **parameters: str) -> httpx.Response:
        files = {"file": ("face.jpg", PHOTO, "image/jpeg")}
        return self.http.post("/recommend/photo", files=files, params=parameters)


@contextmanager
def running(stack: Stack, *arguments: str) -> Iterator[Stack]:
    """Up and healthy; removed afterwards with its volumes."""
    try:
        stack.up(*arguments)
        yield stack
    except BaseException:
        print(stack.compose("logs", "--no-color", "--tail=40", check=False))  # noqa: T201 - pytest shows it
        raise
    finally:
        stack.http.close()
        stack.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "10")
