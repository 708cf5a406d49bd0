"""Every bench, one after the other: `make bench`; with --peers the side-by-side run against other packages.

Each can be run alone with options of its own; `--peers` passes on what follows it.
"""

import subprocess
import sys
from typing import Final

BENCHES: Final = ("detection", "bench_inference", "bench_recommend")


def main() -> int:
    """1 if one of them failed; the others run all the same."""
    if sys.argv[1:2] == ["--peers"]:
        return run("peers", *sys.argv[2:])
    status = 0
    for name in BENCHES:
        print(f"== {name}", flush=True)
        status = run(name) or status
    return status


def run(name: str, *options: str) -> int:
    return subprocess.run([sys.executable, "-m", f"bench.{name}", *options], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
