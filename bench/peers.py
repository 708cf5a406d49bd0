"""The same photos through `fer` and through ours, one after the other in one run: ratios.

    python -m bench.peers [--json OUT] [--rounds 15]

Installs `fer` (8 GB, some minutes, once) into .venv/peers, an environment of its own; `rm -rf .venv/peers`
frees it. `deepface` joins only where its weights are on disk, because it would fetch them from elsewhere.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import httpx

from bench.bench_inference import photo
from bench.detection import Boxes, Detect, ours, plain, rates, table
from bench.scenes import Grey
from services.inference.classify import load_model
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits, Pipeline
from tests.helpers import pictures
from tests.helpers.serving import ROOT, serve

ENVIRONMENT: Final = ROOT / ".venv" / "peers"
PACKAGES: Final = {"fer": "fer==25.10.*", "deepface": "deepface==0.0.*"}
COMMON: Final = ("opencv-contrib-python<5",)
"""OpenCV 5 has no cascades, which `fer` needs and does not ask for."""
WEIGHTS: Final = Path(os.environ.get("DEEPFACE_HOME", Path.home())) / ".deepface" / "weights"
EMOTION_WEIGHTS: Final = WEIGHTS / "facial_expression_model_weights.h5"


def photos() -> dict[str, bytes]:
    """By size; one face in each."""
    small = pictures.encode(pictures.astronaut().resize((256, 256)), "JPEG", quality=90)
    return {"256x256": small, "640x480": photo(640, 480), "4000x3000": photo(4000, 3000)}


def install(peers: list[str]) -> None:
    """Once per environment and set of peers."""
    python, done = ENVIRONMENT / "bin" / "python", ENVIRONMENT / ("-".join(peers) + ".installed")
    if done.exists():
        return
    print(
        f"installing {', '.join(peers)} into {ENVIRONMENT.relative_to(ROOT)}: 8 GB, some minutes", flush=True
    )
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    wanted = [*COMMON, *(PACKAGES[name] for name in peers)]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", *wanted], check=True)
    done.touch()


@contextmanager
def peer(name: str) -> Iterator[Callable[[Path, bool], dict[str, Any]]]:
    """Asks the peer for one photo (path, faces_only); it runs beside us, idle while we work."""
    command = [str(ENVIRONMENT / "bin" / "python"), str(Path(__file__).with_name("peer_worker.py")), name]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        words, answers = process.stdin, process.stdout

        def answer() -> dict[str, Any]:
            line = answers.readline()
            if not line:
                log.seek(0)
                raise SystemExit(f"{name} ended:\n{log.read().decode(errors='replace')[-2000:]}")
            told: dict[str, Any] = json.loads(line)
            return told

        def ask(path: Path, faces_only: bool) -> dict[str, Any]:
            print(json.dumps({"photo": str(path), "faces_only": faces_only}), file=words, flush=True)
            return answer()

        started = time.perf_counter()
        answer()
        print(f"{name} was ready after {time.perf_counter() - started:.1f} s", flush=True)
        yield ask
        words.close()


def detector(ask: Callable[[Path, bool], dict[str, Any]], folder: Path) -> Detect:
    """A peer's face finder, for the detection table; its own clock, decoding included."""
    path = folder / "scene.png"

    def detect(grey: Grey) -> tuple[Boxes, float]:
        cv2.imwrite(str(path), grey)
        answer = ask(path, True)
        return [(float(x), float(y), float(w)) for x, y, w, _ in answer["boxes"]], answer["ms"]

    return detect


def timed(job: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    result = job()
    return result, 1000 * (time.perf_counter() - started)


def side_by_side(
    asks: dict[str, Callable[[Path, bool], dict[str, Any]]], address: str, folder: Path, rounds: int
) -> dict[str, Any]:
    """Median milliseconds from encoded photo to probabilities, everyone in turn within each round."""
    pipeline = Pipeline(load_model(MODEL_FILE), Limits(50_000_000, 64))
    results: dict[str, Any] = {}
    with httpx.Client(base_url=address, timeout=60) as http:
        for size, data in photos().items():
            path = folder / f"{size}.jpg"
            path.write_bytes(data)
            taken: dict[str, list[float]] = {}
            emotions: dict[str, str | None] = {}
            for _ in range(rounds + 1):
                for name, ask in asks.items():
                    answer = ask(path, False)
                    taken.setdefault(name, []).append(answer["ms"])
                    emotions[name] = answer["emotion"]
                prediction, ms = timed(lambda: pipeline.predict(data))  # noqa: B023 # called at once
                taken.setdefault("ours", []).append(ms)
                response, ms = timed(lambda: http.post("/predict", content=data))  # noqa: B023 # called at once
                taken.setdefault("ours, HTTP", []).append(ms)
                emotions |= {"ours": prediction.emotion, "ours, HTTP": response.json()["emotion"]}
            # The first round warms everyone up.
            results[size] = {
                "ms": {name: round(statistics.median(times[1:]), 2) for name, times in taken.items()},
                "emotion": emotions,
            }
    return results


def ratios(results: dict[str, Any], peers: list[str]) -> str:
    lines = ["| photo | " + " | ".join(f"{p} ms" for p in peers) + " | ours ms | ours, HTTP ms | ratios |"]
    lines.append("|---" * (4 + len(peers)) + "|")
    for size, one in results.items():
        ms = one["ms"]
        cells = [f"{ms[name]:.1f}" for name in (*peers, "ours", "ours, HTTP")]
        one["ratios"] = {
            f"{p} / {mine}": round(ms[p] / ms[mine], 1) for p in peers for mine in ("ours", "ours, HTTP")
        }
        said = ", ".join(f"{name} {ratio}×" for name, ratio in one["ratios"].items())
        lines.append(f"| {size} | " + " | ".join(cells) + f" | {said} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    peers = ["fer"]
    if EMOTION_WEIGHTS.exists():
        peers.append("deepface")
    else:
        print(f"deepface is left out: its weights, {EMOTION_WEIGHTS}, are not on disk")
    install(peers)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asks = {name: stack.enter_context(peer(name)) for name in peers}
        address = stack.enter_context(serve("inference", folder / "log"))
        speed = side_by_side(asks, address, folder, args.rounds)
        print(ratios(speed, peers), flush=True)
        found = {name: rates(detector(ask, folder)) for name, ask in asks.items()}
        detection = {**found, "plain": rates(plain()), "ours": rates(ours())}
        print(table(detection))
    if args.json:
        args.json.write_text(json.dumps({"speed": speed, "detection": detection}, indent=1) + "\n")


if __name__ == "__main__":
    main()
