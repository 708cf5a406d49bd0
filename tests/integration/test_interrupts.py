"""Ctrl-C at any moment, as a person presses it: no traceback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers import pictures
from tests.helpers.process import heeding_signals
from tests.helpers.serving import ROOT, free_port, is_ready

SERVICES = ["services.inference.serve", "services.recommender.serve"]
SLOW = """
import os, signal
os.kill(os.getpid(), signal.SIGINT)
"""
"""A module that is interrupted while it is imported."""


@contextmanager
def started(*words: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    with heeding_signals():
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=os.environ | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("module", [*SERVICES, "services.inference", "services.recommender", "bulk"])
def test_while_importing(module: str, tmp_path: Path) -> None:
    """While modules are imported, Ctrl-C ends a process as it ends any program, without a word."""
    (tmp_path / "pydantic.py").write_text(SLOW)
    with started(module, PYTHONPATH=str(tmp_path)) as process:
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (-signal.SIGINT, "")


@pytest.mark.parametrize("module", SERVICES)
def test_service(module: str, tmp_path: Path, made_catalogue: Path) -> None:
    """A service in a terminal ends cleanly."""
    port = free_port()
    settings = {
        "RECOMMENDER_DATABASE_URL": f"sqlite:///{tmp_path}/r.db",
        "RECOMMENDER_CATALOGUE_DIR": str(made_catalogue),
    }
    with started(module, "--port", str(port), **settings) as process:
        assert is_ready(f"http://127.0.0.1:{port}", process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said


def test_folder(tmp_path: Path) -> None:
    """Reading a folder of photos ends in a line; no progress is drawn where there is no terminal."""
    (tmp_path / "in").mkdir()
    for number in range(2000):
        (tmp_path / "in" / f"{number}.jpg").hardlink_to(pictures.ASTRONAUT)
    out = tmp_path / "out.csv"
    with started("services.inference", "--folder", f"{tmp_path}/in", "--csv", str(out)) as process:
        while process.poll() is None and not out.exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "stopped\n")
