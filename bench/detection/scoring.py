"""Recall and precision of face detectors on the made scenes, per condition."""

import time
from collections.abc import Callable
from typing import Final

import cv2

from bench.detection.scenes import CONDITIONS, Box, Grey
from bench.figures import markdown, timed
from services.inference.detect import Detector

Boxes = list[Box]
Detect = Callable[[Grey], tuple[Boxes, float]]
"""The boxes found in a picture, and the milliseconds it took."""
Score = dict[str, float]
HIT: Final = 0.4
"""Least intersection over union of a found box with a face's."""


def _timed(search: Callable[[Grey], Boxes]) -> Detect:
    """In processor time, which other work on the machine changes little."""
    return lambda grey: timed(lambda: search(grey), time.process_time)


def plain() -> Detect:
    """OpenCV's plain call on the picture as it is."""
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    return _timed(
        lambda grey: [(float(x), float(y), float(w)) for x, y, w, _ in cascade.detectMultiScale(grey, 1.1, 5)]
    )


def ours() -> Detect:
    detector = Detector()
    return _timed(lambda grey: [(face.x, face.y, face.side) for face in detector.detect(grey)])


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[2], b[1] + b[2]) - max(a[1], b[1])
    both = max(0.0, width) * max(0.0, height)
    return both / (a[2] ** 2 + b[2] ** 2 - both)


def _score(detect: Detect, condition: str) -> Score:
    """Faces, hits, false boxes and milliseconds per picture."""
    faces = hits = false = pictures = 0
    total = 0.0
    for scene in CONDITIONS[condition]():
        found, ms = detect(scene.picture)
        total += ms
        pictures += 1
        faces += len(scene.faces)
        for face in scene.faces:
            best = max(found, key=lambda box: overlap(box, face), default=None)
            if best and overlap(best, face) >= HIT:
                hits += 1
                found.remove(best)
        false += len(found)
    return {"faces": faces, "hits": hits, "false": false, "ms": round(total / pictures, 1)}


def rates(detect: Detect) -> dict[str, Score]:
    """The score of every condition."""
    return {condition: _score(detect, condition) for condition in CONDITIONS}


def table(results: dict[str, dict[str, Score]]) -> str:
    """Of detectors by name, their `rates`."""
    rows = []
    for condition in CONDITIONS:
        cells = [condition]
        for by_condition in results.values():
            one = by_condition[condition]
            found = f"{one['hits']:.0f}/{one['faces']:.0f}" if one["faces"] else "–"
            cells += [found, f"{one['false']:.0f}", str(one["ms"])]
        rows.append(cells)
    cells = ["**all**"]
    for by_condition in results.values():
        hits, faces, false = (
            sum(one[key] for one in by_condition.values()) for key in ("hits", "faces", "false")
        )
        cells += [f"{hits / faces:.1%}", f"precision {hits / (hits + false):.1%}", ""]
    head = [part for name in results for part in (f"{name}: recall", "false", "ms")]
    return markdown(["condition", *head], [*rows, cells])
