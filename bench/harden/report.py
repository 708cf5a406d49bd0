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
"""Written by hand: what the runs found, and what they do not show."""


def _day(file: Path) -> str:
    return f"{datetime.fromtimestamp(file.stat().st_mtime, UTC):%Y-%m-%d}"


def machine() -> str:
    """Cores and kind of processor; nothing that names the machine."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.+)$", info, re.MULTILINE)
    return f"{os.cpu_count()} cores, {model[1].strip() if model else 'unknown processor'}"


def images(found: Result) -> str:
    return (
        f"{found['inputs']:,}: **{len(found['failures'])} failures**; "
        f"at most {found['slowest_cpu_ms']:,} ms of processor time and {found['largest_growth_mb']:,} MB each"
    )


def contracts(found: Result) -> str:
    asked = ", ".join(f"{count:,} to {name}" for name, count in found["requests"].items())
    return f"Schemathesis, {found['seconds']:.0f} s, {asked}: **{len(found['failures'])} failures**"


def sockets(found: Result) -> str:
    grown = ", ".join(f"{name} {found[name]['grown_mb']} MB" for name in ("inference", "recommender"))
    left = sum(found[name]["streams_left"] for name in ("inference", "recommender"))
    return (
        f"{found['connections']:,}: **{len(found['failures'])} failures**, "
        f"{left:.0f} streams left open; growth {grown}"
    )


def kills(found: Result) -> str:
    return (
        f"{found['kills']} kills during writes, {found['acknowledged']:,} acknowledged: "
        f"**{len(found['lost'])} lost, {len(found['doubled'])} counted twice**"
    )


def soak(found: Result) -> str:
    steady, overload = found["steady"], found["overload"]
    slopes = ", ".join(f"{name} {of['slope_mb_per_10000']} MB" for name, of in found["memory"].items())
    return (
        f"capacity {found['capacity']['answered_per_s']} answers/s; 5% hostile: "
        f"{found['capacity_hostile']['answered_per_s']}; {found['seconds']:.0f} s at 80%: "
        f"median {steady['median_ms']} ms, p99 {steady['p99_ms']} ms, "
        f"**{len(found['failures'])} failures**, growth per 10,000 requests {slopes}; "
        f"capacity then {found['capacity_filled']['answered_per_s']} answers/s; "
        f"at 300%: {overload['goodput_per_s']} answers/s ({overload['goodput_share']:.0%}), "
        f"back to normal in {overload['recovery_s']} s"
    )


PARTS: Final[dict[str, tuple[str, Callable[[Result], str]]]] = {
    "images": ("damaged pictures", images),
    "contracts": ("requests within the OpenAPI contract", contracts),
    "sockets": ("broken WebSocket clients", sockets),
    "kills-sqlite": ("kills, SQLite", kills),
    "kills-postgresql": ("kills, PostgreSQL", kills),
    "soak": ("load and overload", soak),
}


def page(results: Path) -> str:
    files = {name: results / f"{name}.json" for name in PARTS}
    days = sorted({_day(file) for file in files.values() if file.exists()})
    about = (
        f"Results of `make harden` of {' to '.join(days[:1] + days[1:][-1:])} on {machine()}, services and "
        "driver on the same cores. A failure is an exception, a crash, a hang, an unintended 5xx or an "
        "answer outside the contract. CI runs short versions (`tests/integration/test_harden.py`)."
    )
    lines = ["# Hardening", "", about, "", "| run (`--only`) | result |", "|---|---|"]
    for name, (title, describe) in PARTS.items():
        result = f"not run yet: `make harden HARDEN_ARGS='--only {name}'`"
        if files[name].exists():
            result = describe(json.loads(files[name].read_text()))
        lines.append(f"| {title} (`{name}`) | {result} |")
    return "\n".join(lines) + "\n\n" + DEFECTS.read_text(encoding="utf-8")
