"""Finds unhandled exceptions in the services' logs."""

from collections.abc import Iterable
from pathlib import Path


def unhandled(folder: Path, services: Iterable[str]) -> list[str]:
    """The first unhandled exception of each SERVICE.log in `folder`.

    A deliberate 503 is logged with its cause inside a JSON line; that is none.
    """
    return [f"{service}: {found}" for service in services if (found := _first(folder / f"{service}.log"))]


def _first(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("Traceback") or '"status": 500' in line:
            return "\n".join(lines[max(0, number - 2) : number + 40])[:3000]
    return ""
