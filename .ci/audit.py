"""Looks for known vulnerabilities in every pinned dependency, with pip-audit.

Ends with status 1 for a finding, and for a pin that could not be looked up. If no vulnerability data can be
reached, as with some mirrors of the package index, it says so and ends with 0, or with 1 if AUDIT_REQUIRED=1.
"""

# ruff: noqa: INP001, T201 - a script that prints

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
ACCEPTED: Final[dict[str, str]] = {}
"""Id of a vulnerability to the reason why it does not matter here."""


def look_up(files: Sequence[Path]) -> list[dict[str, Any]] | None:
    """pip-audit's result for every pin in `files`; None if it reached no data."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--disable-pip", "--require-hashes", "--timeout", "20"]
    for file in files:
        command += ["--requirement", str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)  # noqa: S603 - ours
    if not done.stdout.strip():
        sys.stderr.write(done.stderr)
        return None
    found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return found


def findings(pins: Sequence[dict[str, Any]], accepted: dict[str, str]) -> list[str]:
    """A line for every vulnerability that is not accepted, and for every unknown pin."""
    lines = []
    for pin in pins:
        for vulnerability in pin.get("vulns", []):
            names = {vulnerability["id"], *vulnerability.get("aliases", [])}
            if not names & accepted.keys():
                fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
                lines.append(f"{pin['name']} {pin['version']}: {vulnerability['id']}, fixed in {fixed}")
        if "skip_reason" in pin:
            lines.append(f"{pin['name']}: not looked up: {pin['skip_reason']}")
    return lines


def main() -> int:
    smallest, *others = sorted((ROOT / "requirements").glob("*.txt"), key=lambda file: file.stat().st_size)
    pins = look_up([smallest])
    if not pins or all("skip_reason" in pin for pin in pins):
        print("audit: NOT DONE: no vulnerability data can be reached from here")
        return int(os.environ.get("AUDIT_REQUIRED") == "1")
    pins += look_up(others) or [{"name": file.name, "skip_reason": "nobody answered"} for file in others]
    found = sorted(set(findings(pins, ACCEPTED)))
    for line in found:
        print(line)
    print(f"audit: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
