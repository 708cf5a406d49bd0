"""What all benches share: the command line, timing, and how figures are printed."""

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

FAULTS: Final = ("failures", "lost", "doubled")
"""Figures that must be empty."""


def parser(description: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--json", type=Path, metavar="OUT", help="write the figures here")
    return made


def publish(figures: Mapping[str, Any], out: Path | None) -> int:
    """Prints the figures and writes them to `out`; the exit status: 1 if they hold a fault."""
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    print(text)
    if out:
        out.write_text(f"{text}\n", encoding="utf-8")
    return int(any(figures.get(name) for name in FAULTS))


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else [0.0] * 99
    return {"median_ms": round(1000 * cuts[49], 2), "p99_ms": round(1000 * cuts[98], 2)}


def timed(job: Callable[[], Any], clock: Callable[[], float]) -> tuple[Any, float]:
    """What `job` returns, and the milliseconds it took."""
    started = clock()
    result = job()
    return result, 1000 * (clock() - started)


def median_ms(job: Callable[[], object], times: int) -> float:
    """After one call to warm up."""
    taken = [timed(job, time.perf_counter)[1] for _ in range(times + 1)]
    return round(statistics.median(taken[1:]), 2)


def markdown(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


INSTRUCTIONS: Final = {"AVX2": "avx2", "AVX-512": "avx512f", "VNNI": "avx512_vnni"}
"""Names, and the flags by which Linux tells them; they decide how fast a network runs."""


def instructions() -> str:
    """Those of INSTRUCTIONS that the processor has and has not."""
    found = re.search(r"^flags\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    flags = found[1].split() if found else []
    return ", ".join(name if flag in flags else f"no {name}" for name, flag in INSTRUCTIONS.items())


def processor() -> str:
    """Its model, as Linux names it."""
    found = re.search(
        r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE
    )
    return found[1].strip() if found else "unknown processor"
