"""Recall and precision of face detection on the made scenes, per condition.

    python -m bench.detection [--json OUT]

Ours beside OpenCV's plain call, `detectMultiScale(grey, 1.1, 5)` on the picture as it is.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from bench.scenes import CONDITIONS, Box, Grey, scenes
from services.inference.detect import Detector

Boxes = list[Box]
Detect = Callable[[Grey], tuple[Boxes, float]]
"""A picture → boxes and the milliseconds that they took."""
HIT = 0.4
"""Least intersection over union of a found box with a face's."""


def on_the_processor(search: Callable[[Grey], Boxes]) -> Detect:
    """Timed in processor time, which other load on the machine changes least."""

    def detect(grey: Grey) -> tuple[Boxes, float]:
        started = time.process_time()
        found = search(grey)
        return found, 1000 * (time.process_time() - started)

    return detect


def plain() -> Detect:
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    return on_the_processor(
        lambda grey: [(float(x), float(y), float(w)) for x, y, w, _ in cascade.detectMultiScale(grey, 1.1, 5)]
    )


def ours() -> Detect:
    detector = Detector()
    return on_the_processor(lambda grey: [(face.x, face.y, face.side) for face in detector.detect(grey)])


def overlap(a: Box, b: Box) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[2], b[1] + b[2]) - max(a[1], b[1])
    both = max(0.0, width) * max(0.0, height)
    return both / (a[2] ** 2 + b[2] ** 2 - both)


def measure(detect: Detect, condition: str) -> dict[str, float]:
    """Faces, hits, false boxes and milliseconds per picture."""
    faces = hits = false = pictures = 0
    total = 0.0
    for scene in scenes(condition):
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


def rates(detect: Detect) -> dict[str, dict[str, float]]:
    """`measure` of every condition."""
    return {condition: measure(detect, condition) for condition in CONDITIONS}


def table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    lines = ["| condition | " + " | ".join(f"{name}: recall | false | ms" for name in results) + " |"]
    lines.append("|---" * (1 + 3 * len(results)) + "|")
    totals = {name: {"faces": 0.0, "hits": 0.0, "false": 0.0} for name in results}
    for condition in CONDITIONS:
        cells = []
        for name, by_condition in results.items():
            one = by_condition[condition]
            for key in totals[name]:
                totals[name][key] += one[key]
            found = f"{one['hits']:.0f}/{one['faces']:.0f}" if one["faces"] else "–"
            cells.append(f"{found} | {one['false']:.0f} | {one['ms']}")
        lines.append(f"| {condition} | " + " | ".join(cells) + " |")
    cells = []
    for total in totals.values():
        recall, all_found = total["hits"] / total["faces"], total["hits"] + total["false"]
        cells.append(f"{recall:.1%} | precision {total['hits'] / all_found:.1%} | ")
    lines.append("| **all** | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    detectors = {"plain": plain(), "ours": ours()}
    results = {name: rates(detect) for name, detect in detectors.items()}
    print(table(results))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
