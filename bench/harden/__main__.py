"""Runs the long versions of all hardening and writes the page of results.

    python -m bench.harden [--only images,kills-sqlite] [--report docs/hardening.md]

The results lie in runs/harden/, one JSON each; the page is written from all of them, so each can be repeated
alone. Takes about 45 minutes on two idle cores. Ends with status 1 if anything failed.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.harden.report import page

RESULTS: Final = Path("runs/harden")
LONG: Final = {
    "images": ("fuzz_images", "--inputs=100000"),
    "contracts": ("contracts", "--seconds=300", "--examples=400"),
    "sockets": ("fuzz_sockets", "--connections=3000"),
    "kills-sqlite": ("kills", "--database=sqlite", "--kills=50"),
    "kills-postgresql": ("kills", "--database=postgresql", "--kills=50"),
    "soak": ("soak", "--seconds=600"),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        "python -m bench.harden", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(LONG), help="some of: %(default)s; empty: only the page")
    parser.add_argument("--report", type=Path, default=Path("docs/hardening.md"))
    options = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    status = 0
    for name in filter(None, options.only.split(",")):
        module, *arguments = LONG[name]
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"bench.harden.{module}", *arguments]
        done = subprocess.run([*command, f"--json={RESULTS / name}.json"], check=False)
        status = status or done.returncode
    options.report.write_text(page(RESULTS), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
