"""Runs the benches of speed and detection one after the other.

    python -m bench                     all of them
    python -m bench --peers [OPTIONS]   beside other packages instead: bench/load/peers.py
    python -m bench detection [OPTIONS] detection alone: bench/detection/__main__.py

Each runs alone with options of its own: `python -m bench.load.inference --help`.
"""

import argparse
import subprocess
import sys
from typing import Final

BENCHES: Final = ("bench.detection", "bench.load.inference", "bench.load.recommender")


def main() -> int:
    """1 if a bench failed; the others run all the same."""
    parser = argparse.ArgumentParser(
        "python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", nargs=argparse.REMAINDER, help="compare with other packages")
    if sys.argv[1:2] == ["detection"]:
        return _run("bench.detection", *sys.argv[2:])
    options = parser.parse_args()
    if options.peers is not None:
        return _run("bench.load.peers", *options.peers)
    return max([_run(name) for name in BENCHES])


def _run(name: str, *options: str) -> int:
    print(f"== {name}", flush=True)
    return int(subprocess.run([sys.executable, "-m", name, *options], check=False).returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
