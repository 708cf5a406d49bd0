"""Measures the inference service: stages in process, requests over HTTP, start-up, memory.

    python -m bench.load.inference [--json OUT] [--against EARLIER.json]

Compare ratios: absolute figures depend on the machine. "full frame" is the baseline, measured in the same
run: decode in colour, then `detectMultiScale(grey, 1.1, 5)` on the whole picture. "ratio" is the baseline's
time divided by the service's.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import httpx
import numpy as np
from PIL import Image

from bench.figures import median_ms, parser, percentiles, publish, timed
from services.inference.answers import to_prediction
from services.inference.classify import load_model
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits, Pipeline
from tests.helpers import pictures
from tests.helpers.process import memory_mb, server_processes
from tests.helpers.serving import serve

SIZES: Final = ((640, 480), (1280, 720), (4000, 3000))
STAGES: Final = ("decode", "detect", "classify", "total")
REQUESTS: Final = 200
SERVICES: Final = {"1 worker": (1, 1), "2 workers": (2, 1), "2 processes of 1 worker": (1, 2)}
"""Threads in each process, and number of processes."""
OK: Final = 200


def photo(width: int, height: int) -> bytes:
    """Makes a JPEG of this size with the astronaut's portrait; the face is a fifth of its height."""
    side = min(width, height)
    framed = Image.new("RGB", (width, height), "grey")
    framed.paste(pictures.astronaut().resize((side, side)), ((width - side) // 2, 0))
    return pictures.encode(framed, "JPEG", quality=90)


def _stages() -> dict[str, dict[str, float]]:
    """Measures the median milliseconds of each stage for each size, in one thread."""
    model = load_model(MODEL_FILE)
    pipeline = Pipeline(model, Limits(50_000_000, 64))
    results = {}
    for width, height in SIZES:
        data = photo(width, height)
        times = [to_prediction(pipeline.predict(data), model).timings_ms for _ in range(31)]
        warm = times[1:]
        medians = {name: round(statistics.median(getattr(t, name) for t in warm), 2) for name in STAGES}
        medians["full frame"] = median_ms(partial(_full_frame, data), 5)
        medians["ratio"] = round(medians["full frame"] / medians["total"], 1)
        results[f"{width}x{height}"] = medians
    return results


def _full_frame(data: bytes) -> object:
    """Detects faces as the baseline does."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    return cascade.detectMultiScale(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), 1.1, 5)


def _requests(address: str, clients: int) -> dict[str, float]:
    """Measures rate and latency of the answers with status 200; "busy" counts the others."""
    data = photo(640, 480)
    limits = httpx.Limits(max_connections=clients)
    with (
        httpx.Client(base_url=address, timeout=60, limits=limits) as http,
        ThreadPoolExecutor(clients) as pool,
    ):

        def ask(_: int) -> tuple[int, float]:
            answer, ms = timed(partial(http.post, "/predict", content=data), time.perf_counter)
            return answer.status_code, ms / 1000

        list(pool.map(ask, range(clients)))  # opens the connections
        answers, ms = timed(lambda: list(pool.map(ask, range(REQUESTS))), time.perf_counter)
    latencies = [seconds for status, seconds in answers if status == OK]
    rate = round(1000 * len(latencies) / ms, 1)
    return {"per second": rate, **percentiles(latencies), "busy": len(answers) - len(latencies)}


def _service(workers: int, processes: int) -> dict[str, Any]:
    """Measures the service with `processes` of `workers` threads each; memory is the sum over processes."""
    os.environ["WEB_CONCURRENCY"] = str(processes)  # read by uvicorn
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        started = time.perf_counter()
        with serve("inference", log, workers=str(workers), queue="64") as address:
            ready = time.perf_counter() - started
            result: dict[str, Any] = {"seconds to ready": round(ready, 2)}
            result |= {f"{clients} clients": _requests(address, clients) for clients in (1, 8, 32)}
            result["MB after"] = round(sum(map(memory_mb, server_processes(log))), 1)
    return result


def _compare(now: Any, before: Any, path: str = "") -> list[str]:
    """Compares the figures that both JSON trees have, a line each."""
    if isinstance(now, Mapping) and isinstance(before, Mapping):
        both = [key for key in now if key in before]
        return [line for key in both for line in _compare(now[key], before[key], f"{path} {key}")]
    if isinstance(now, int | float) and before:
        return [f"{path.strip()}: {now} against {before} ({now / before:.2f})"]
    return []


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--against", type=Path, help="compare with an earlier run's JSON")
    options = command.parse_args()
    figures = {"stages, ms": _stages(), **{name: _service(*size) for name, size in SERVICES.items()}}
    status = publish(figures, options.json)
    if options.against:
        print("\n".join(_compare(figures, json.loads(options.against.read_text()))))
    return status


if __name__ == "__main__":
    sys.exit(main())
