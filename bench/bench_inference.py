"""Speed and memory of the inference service: stages in process, requests over HTTP, start-up, memory.

    python -m bench.bench_inference [--json OUT] [--against EARLIER.json]

Ratios count: absolute figures move with the machine. "full frame" is the plain way, in the same run: colour
decode, `detectMultiScale(grey, 1.1, 5)` on the whole picture.
"""

import argparse
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from PIL import Image

from services.inference.classify import load_model
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits, Pipeline
from tests.helpers import pictures
from tests.helpers.serving import serve

SIZES = ((640, 480), (1280, 720), (4000, 3000))
REQUESTS = 200
SERVICES = {"1 worker": (1, 1), "2 workers": (2, 1), "2 processes of 1 worker": (1, 2)}
"""Threads per process, processes."""


def photo(width: int, height: int) -> bytes:
    """The astronaut, whole, in a picture of this size; her face is a fifth of its height."""
    side = min(width, height)
    picture = pictures.astronaut().resize((side, side))
    framed = Image.new("RGB", (width, height), "grey")
    framed.paste(picture, ((width - side) // 2, 0))
    return pictures.encode(framed, "JPEG", quality=90)


def median_ms(job: Callable[[], Any], times: int) -> float:
    job()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        job()
        taken.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(taken), 2)


def stages() -> dict[str, dict[str, float]]:
    """Median milliseconds per stage and size, one thread."""
    pipeline = Pipeline(load_model(MODEL_FILE), Limits(50_000_000, 64))
    results = {}
    for width, height in SIZES:
        data = photo(width, height)
        times = [pipeline.predict(data).timings_ms for _ in range(31)][1:]
        names = ("decode", "detect", "classify", "total")
        one = {n: round(statistics.median(getattr(t, n) for t in times), 2) for n in names}
        one["full frame"] = median_ms(partial(full_frame, data), 5)
        one["ratio"] = round(one["full frame"] / one["total"], 1)
        results[f"{width}x{height}"] = one
    return results


def full_frame(data: bytes) -> Any:  # whatever OpenCV gives; only its time counts
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    return cascade.detectMultiScale(grey, 1.1, 5)


def requests(address: str, clients: int) -> dict[str, float]:
    """Requests a second, and milliseconds at the median and the 99th percentile; 503 are counted apart."""
    data = photo(640, 480)

    def ask(_: int) -> tuple[int, float]:
        started = time.perf_counter()
        status = http.post("/predict", content=data).status_code
        return status, 1000 * (time.perf_counter() - started)

    limits = httpx.Limits(max_connections=clients)
    with (
        httpx.Client(base_url=address, timeout=60, limits=limits) as http,
        ThreadPoolExecutor(clients) as pool,
    ):
        list(pool.map(ask, range(clients)))
        started = time.perf_counter()
        answers = list(pool.map(ask, range(REQUESTS)))
        seconds = time.perf_counter() - started
    taken = sorted(ms for status, ms in answers if status == 200)
    return {
        "per second": round(len(taken) / seconds, 1),
        "median ms": round(statistics.median(taken), 1),
        "p99 ms": round(taken[int(0.99 * (len(taken) - 1))], 1),
        "busy": len(answers) - len(taken),
    }


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(kilobytes) / 1024, 1)


def server_processes(log: Path) -> list[int]:
    """The ids that uvicorn wrote into its log."""
    return [int(number) for number in re.findall(r"Started server process \[(\d+)\]", log.read_text())]


def service(workers: int, processes: int) -> dict[str, Any]:
    """Of `processes` with `workers` threads each; memory is that of all processes together."""
    os.environ["WEB_CONCURRENCY"] = str(processes)  # where uvicorn looks for it
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        started = time.perf_counter()
        with serve("inference", log, workers=str(workers), queue="64") as address:
            ready = time.perf_counter() - started
            result: dict[str, Any] = {"seconds to ready": round(ready, 2)}
            for clients in (1, 8, 32):
                result[f"{clients} clients"] = requests(address, clients)
            result["MB after"] = round(sum(map(memory_mb, server_processes(log))), 1)
    return result


def compare(now: Any, before: Any, path: str = "") -> list[str]:  # a tree of JSON
    """A line per figure that both have: now against before."""
    if isinstance(now, dict) and isinstance(before, dict):
        return [
            line for key in now if key in before for line in compare(now[key], before[key], f"{path} {key}")
        ]
    if isinstance(now, int | float) and before:
        return [f"{path.strip()}: {now} against {before} ({now / before:.2f})"]
    return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--against", type=Path, help="compare with an earlier run's JSON")
    args = parser.parse_args()
    result = {"stages, ms": stages(), **{name: service(*n) for name, n in SERVICES.items()}}
    print(json.dumps(result, indent=1))
    if args.against:
        print("\n".join(compare(result, json.loads(args.against.read_text()))))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
