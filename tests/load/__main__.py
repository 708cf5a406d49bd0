"""Every bench, one after the other: `make bench`. Each can be run alone with options of its own."""

import subprocess
import sys
from typing import Final

BENCHES: Final = ("detection", "bench_inference", "bench_recommend")


def main() -> int:
    """1 if one of them failed; the others run all the same."""
    status = 0
    for name in BENCHES:
        print(f"== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"tests.load.{name}"], check=False)
        status = status or done.returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
