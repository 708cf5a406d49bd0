"""docs/hardening.md from the results of the long runs."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

Result = dict[str, Any]
DEFECTS: Final = Path(__file__).parent / "defects.md"
"""Written by hand: what was found, and the test that keeps it found."""


def machine() -> str:
    """Cores and kind of processor; nothing that names the machine."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.+)$", info, re.MULTILINE)
    return f"{os.cpu_count()} cores, {model[1].strip() if model else 'unknown processor'}"


def images(found: Result) -> str:
    return (
        f"{found['inputs']:,} damaged pictures through decode, detect and classify: "
        f"**{len(found['failures'])} unhandled exceptions, crashes or hangs**. "
        f"The slowest took {found['slowest_cpu_ms']:,} ms of processor time, the greediest "
        f"{found['largest_growth_mb']:,} MB. {len(found['answers'])} kinds of answers."
    )


def contracts(found: Result) -> str:
    asked = ", ".join(f"{count:,} requests to {name}" for name, count in found["requests"].items())
    return (
        f"Schemathesis against both OpenAPI documents for {found['seconds']:.0f} s: {asked}. "
        f"**{len(found['failures'])} failures** (5xx but the deliberate 503, answers that the document does "
        "not promise, wrong input let in)."
    )


def sockets(found: Result) -> str:
    grown = ", ".join(
        f"{name} grew by {found[name]['grown_mb']} MB and kept {found[name]['streams_left']:.0f} streams"
        for name in ("inference", "recommender")
    )
    return (
        f"{found['connections']:,} broken WebSocket clients: **{len(found['failures'])} failures**; {grown}."
    )


def kills(found: Result) -> str:
    return (
        f"{found['kills']} kills while four writers wrote: {found['acknowledged']:,} acknowledged writes, "
        f"**{len(found['lost'])} lost, {len(found['doubled'])} counted twice** when sent again."
    )


def soak(found: Result) -> str:
    steady, overload, memory = found["steady"], found["overload"], found["memory"]
    slopes = ", ".join(
        f"{name} {of['slope_mb_per_10000']} MB (in all {of['grown_mb']} MB, now {of['mb']} MB)"
        for name, of in memory.items()
    )
    rows = {
        "capacity, mixed traffic": f"{found['capacity']['answered_per_s']} answers/s",
        "the same with 5% hostile": (
            f"{found['capacity_hostile']['answered_per_s']} good answers/s beside the refusals"
        ),
        f"{found['seconds']:.0f} s at {steady['asked_per_s']} requests/s, 80% of that": (
            f"median {steady['median_ms']} ms, p99 {steady['p99_ms']} ms; {statuses(steady)}"
        ),
        "failures (5xx but 503, exceptions)": len(found["failures"]),
        "memory per 10,000 requests, second half": slopes,
        "three times the capacity": (
            f"{overload['goodput_per_s']} answers/s within 2 s: {overload['goodput_share']:.0%} of capacity; "
            f"{statuses(overload)}"
        ),
        "back to normal after": f"{overload['recovery_s']} s",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


def statuses(part: Result) -> str:
    return ", ".join(f"{count:,} × {status}" for status, count in part["statuses"].items())


PARTS: Final[dict[str, tuple[str, Callable[[Result], str]]]] = {
    "images": ("Damaged pictures", images),
    "contracts": ("The documents", contracts),
    "sockets": ("Broken WebSocket clients", sockets),
    "kills-sqlite": ("Kills, SQLite", kills),
    "kills-postgresql": ("Kills, PostgreSQL", kills),
    "soak": ("Load and overload", soak),
}


def page(results: Path) -> str:
    about = (
        "What `make harden` measured; CI runs short versions of all of it "
        "(`tests/integration/test_harden.py`). "
        f"Machine: {machine()}. One process of each service on loopback, the driver on the same cores."
    )
    lines = ["# Hardening", "", about, ""]
    for name, (title, told) in PARTS.items():
        file = results / f"{name}.json"
        lines += [f"## {title}", ""]
        if not file.exists():
            lines += [f"Not run here yet: `make harden HARDEN_ARGS='--only {name}'`.", ""]
            continue
        day = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        lines += [told(json.loads(file.read_text())), "", f"`--only {name}`, {day:%Y-%m-%d}.", ""]
    return "\n".join(lines) + "\n" + DEFECTS.read_text(encoding="utf-8")
