"""Reads the same photos with `fer` and with this project, in turn in one run, and prints the ratios.

    python -m bench.load.peers [--json OUT] [--rounds 15]

Installs `fer` (8 GB, some minutes, once) into .venv/peers; `rm -rf .venv/peers` frees it. `deepface` takes
part only where its weights are on disk, because it would download them.
"""

import json
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import httpx

from bench.detection.scenes import Grey
from bench.detection.scoring import Boxes, Detect, ours, plain, rates, table
from bench.figures import markdown, parser, timed
from bench.load.inference import photo
from bench.load.peer_process import Ask, peer
from services.inference.answers import to_prediction
from services.inference.classify import load_model
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits, Pipeline
from tests.helpers import pictures
from tests.helpers.serving import serve

WEIGHTS: Final = Path(os.environ.get("DEEPFACE_HOME", Path.home())) / ".deepface" / "weights"
EMOTION_WEIGHTS: Final = WEIGHTS / "facial_expression_model_weights.h5"
OURS: Final = ("ours", "ours, HTTP")


def _photos() -> dict[str, bytes]:
    """By size; one face in each."""
    small = pictures.encode(pictures.astronaut().resize((256, 256)), "JPEG", quality=90)
    return {"256x256": small, "640x480": photo(640, 480), "4000x3000": photo(4000, 3000)}


def _detector(ask: Ask, folder: Path) -> Detect:
    """A peer's face finder, timed by its own clock, decoding included."""
    path = folder / "scene.png"

    def detect(grey: Grey) -> tuple[Boxes, float]:
        cv2.imwrite(str(path), grey)
        answer = ask(path, True)
        return [tuple(face["box"][:3]) for face in answer["faces"]], answer["ms"]

    return detect


def _side_by_side(asks: dict[str, Ask], address: str, folder: Path, rounds: int) -> dict[str, Any]:
    """Median milliseconds from encoded photo to probabilities, each in turn within a round."""
    model = load_model(MODEL_FILE)
    pipeline = Pipeline(model, Limits(50_000_000, 64))
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
                reading, ms = timed(partial(pipeline.predict, data), time.perf_counter)
                taken["ours"].append(ms)
                response, ms = timed(partial(http.post, "/predict", content=data), time.perf_counter)
                taken["ours, HTTP"].append(ms)
                emotions |= {
                    "ours": to_prediction(reading, model).emotion,
                    "ours, HTTP": response.json()["emotion"],
                }
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
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asks = {name: stack.enter_context(peer(name)) for name in peers}
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
