"""The long versions of all hardening, one after another, and the page that tells what came of them.

    python -m bench.harden [--only images,kills-sqlite] [--report docs/hardening.md]

Results lie in runs/harden/, one JSON each; the page is written from all that are there, so a single one can
be repeated. Takes about 45 minutes on two idle cores. Ends with status 1 if anything failed.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.harden.report import page

RESULTS: Final = Path("runs/harden")
LONG: Final = {
    "images": ("fuzz_images", "--inputs", "100000"),
    "contracts": ("contracts", "--seconds", "300", "--examples", "400"),
    "sockets": ("fuzz_sockets", "--connections", "3000"),
    "kills-sqlite": ("kills", "--database", "sqlite", "--kills", "50"),
    "kills-postgresql": ("kills", "--database", "postgresql", "--kills", "50"),
    "soak": ("soak", "--seconds", "600"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default=",".join(LONG), help="some of: %(default)s; none writes the page")
    parser.add_argument("--report", type=Path, default=Path("docs/hardening.md"))
    options = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    status = 0
    for name in filter(None, options.only.split(",")):
        module, *arguments = LONG[name]
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"bench.harden.{module}", *arguments]
        done = subprocess.run([*command, "--json", str(RESULTS / f"{name}.json")], check=False)
        status = status or done.returncode
    options.report.write_text(page(RESULTS), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
