"""Reads the same photos with `fer` and with this project, in turn in one run, and prints the ratios.

    python -m bench.load.peers [--json OUT] [--rounds 15]

Installs `fer` (8 GB, some minutes, once) into .venv/peers; `rm -rf .venv/peers` frees it. `deepface` takes
part only where its weights are on disk, because it would download them.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import httpx

from bench.detection.scenes import Grey
from bench.detection.scoring import Boxes, Detect, ours, plain, rates, table
from bench.figures import markdown, parser, timed
from bench.load.inference import photo
from services.inference.classify import load_model
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits, Pipeline
from tests.helpers import pictures
from tests.helpers.serving import ROOT, serve

ENVIRONMENT: Final = ROOT / ".venv" / "peers"
PACKAGES: Final = {"fer": "fer==25.10.*", "deepface": "deepface==0.0.*"}
COMMON: Final = ("opencv-contrib-python<5",)
"""`fer` needs cascades, which OpenCV 5 lacks, and does not say so."""
WEIGHTS: Final = Path(os.environ.get("DEEPFACE_HOME", Path.home())) / ".deepface" / "weights"
EMOTION_WEIGHTS: Final = WEIGHTS / "facial_expression_model_weights.h5"
OURS: Final = ("ours", "ours, HTTP")

Ask = Callable[[Path, bool], dict[str, Any]]
"""A photo's path and whether to find faces only; the worker's answer."""


def _photos() -> dict[str, bytes]:
    """By size; one face in each."""
    small = pictures.encode(pictures.astronaut().resize((256, 256)), "JPEG", quality=90)
    return {"256x256": small, "640x480": photo(640, 480), "4000x3000": photo(4000, 3000)}


def _install(peers: list[str]) -> None:
    """Once per set of peers."""
    python, done = ENVIRONMENT / "bin" / "python", ENVIRONMENT / ("-".join(peers) + ".installed")
    if done.exists():
        return
    print(f"installing {', '.join(peers)} into {ENVIRONMENT.relative_to(ROOT)}: 8 GB", flush=True)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    wanted = [*COMMON, *(PACKAGES[name] for name in peers)]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", *wanted], check=True)
    done.touch()


@contextmanager
def _peer(name: str) -> Iterator[Ask]:
    """The peer in a process of its own."""
    command = [str(ENVIRONMENT / "bin" / "python"), str(Path(__file__).with_name("peer_worker.py")), name]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True, env=environment) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        questions, answers = process.stdin, process.stdout

        def answer() -> dict[str, Any]:
            line = answers.readline()
            if not line:
                log.seek(0)
                raise SystemExit(f"{name} ended:\n{log.read().decode(errors='replace')[-2000:]}")
            result: dict[str, Any] = json.loads(line)
            return result

        def ask(path: Path, faces_only: bool) -> dict[str, Any]:
            print(json.dumps({"photo": str(path), "faces_only": faces_only}), file=questions, flush=True)
            return answer()

        print(f"{name} was ready after {timed(answer, time.perf_counter)[1] / 1000:.1f} s", flush=True)
        yield ask
        questions.close()


def _detector(ask: Ask, folder: Path) -> Detect:
    """A peer's face finder, timed by its own clock, decoding included."""
    path = folder / "scene.png"

    def detect(grey: Grey) -> tuple[Boxes, float]:
        cv2.imwrite(str(path), grey)
        answer = ask(path, True)
        return [(float(x), float(y), float(w)) for x, y, w, _ in answer["boxes"]], answer["ms"]

    return detect


def _side_by_side(asks: dict[str, Ask], address: str, folder: Path, rounds: int) -> dict[str, Any]:
    """Median milliseconds from encoded photo to probabilities, each in turn within a round."""
    pipeline = Pipeline(load_model(MODEL_FILE), Limits(50_000_000, 64))
    results: dict[str, Any] = {}
    with httpx.Client(base_url=address, timeout=60) as http:
        for size, data in _photos().items():
            path = folder / f"{size}.jpg"
            path.write_bytes(data)
            taken: dict[str, list[float]] = {name: [] for name in (*asks, *OURS)}
            emotions: dict[str, str | None] = {}
            for _ in range(rounds + 1):
                for name, ask in asks.items():
                    answer = ask(path, False)
                    taken[name].append(answer["ms"])
                    emotions[name] = answer["emotion"]
                prediction, ms = timed(partial(pipeline.predict, data), time.perf_counter)
                taken["ours"].append(ms)
                response, ms = timed(partial(http.post, "/predict", content=data), time.perf_counter)
                taken["ours, HTTP"].append(ms)
                emotions |= {"ours": prediction.emotion, "ours, HTTP": response.json()["emotion"]}
            medians = {name: round(statistics.median(times[1:]), 2) for name, times in taken.items()}
            ratios = {f"{p} / {mine}": round(medians[p] / medians[mine], 1) for p in asks for mine in OURS}
            results[size] = {"ms": medians, "emotion": emotions, "ratios": ratios}
    return results


def _speed_table(results: dict[str, Any], peers: list[str]) -> str:
    names = (*peers, *OURS)
    rows = [
        [
            size,
            *(f"{one['ms'][name]:.1f}" for name in names),
            ", ".join(f"{k} {v}×" for k, v in one["ratios"].items()),
        ]
        for size, one in results.items()
    ]
    return markdown(["photo", *(f"{name} ms" for name in names), "ratios"], rows)


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--rounds", type=int, default=15)
    options = command.parse_args()
    peers = ["fer"]
    if EMOTION_WEIGHTS.exists():
        peers.append("deepface")
    else:
        print(f"without deepface: its weights, {EMOTION_WEIGHTS}, are not on disk")
    _install(peers)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asks = {name: stack.enter_context(_peer(name)) for name in peers}
        address = stack.enter_context(serve("inference", folder / "log"))
        speed = _side_by_side(asks, address, folder, options.rounds)
        print(_speed_table(speed, peers), flush=True)
        found = {name: rates(_detector(ask, folder)) for name, ask in asks.items()}
        detection = {**found, "plain": rates(plain()), "ours": rates(ours())}
        print(table(detection))
    if options.json:
        options.json.write_text(json.dumps({"speed": speed, "detection": detection}, indent=1) + "\n")


if __name__ == "__main__":
    main()
