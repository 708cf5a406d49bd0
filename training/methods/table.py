"""The table of `python -m training compare` in Markdown, with the report's own figures beside ours."""

import os
import platform
from pathlib import Path
from typing import Any, Final

import numpy as np

from services.emotions import EMOTIONS
from training.data import Faces
from training.measure.metrics import twins

REPORT: Final = {"vgg9": "58%"}
"""Accuracy as the report gives it, on PublicTest; of its other methods no figure is at hand here."""
COLUMNS: Final = (
    "method",
    "accuracy (95%)",
    "report",
    "new faces",
    "second",
    "third",
    "parameters",
    "training",
    "ms a face",
    "how",
)
NOTES: Final = """\
- Accuracy is by FER2013's labels, disgust merged into angry; the interval is Wilson's. "New faces" leaves
  out those that stand pixel for pixel in Training too. "Second", "third": the truth is among the first
  two, three.
- Parameters are the learned numbers that a prediction needs; a support vector machine keeps faces themselves.
- Training is processor time for a classical method, features included, and the clock's for a network.
  Milliseconds are processor time of one face read alone in one thread; networks run as TensorFlow Lite,
  float32, one head, one view of the face. The shipped file has its own row.
- The report's 58% is of the same split and classes, with its own augmentation and epochs, and like ours
  on the split that its settings were chosen on: it can be set beside ours as a level, not to the point.
  Where a dash stands, no figure of the report is known here.
- Nothing was searched for with the classical methods, so a search would lift them a little."""


def machine() -> str:
    """Processor and number of cores, as far as the system tells."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = lines[0].partition(":")[2].strip() if lines else name
    return f"{name}, {os.cpu_count()} cores"


def markdown(results: dict[str, dict[str, Any]], faces: Faces) -> str:
    done = {name: result for name, result in results.items() if "accuracy" in result}
    return "\n\n".join(
        ["# Every method on the same faces", _head(done, faces), _main(results), _classes(done), NOTES]
    )


def _head(done: dict[str, dict[str, Any]], faces: Faces) -> str:
    taught, valid = faces.only("Training"), faces.only("PublicTest")
    old = int(twins(valid.images, taught.images).sum())
    dates = sorted({result["date"] for result in done.values()})
    places = sorted({result["machine"] for result in done.values()})
    seeds = sorted({str(result["seed"]) for result in done.values()})
    loads = [result["load"] for result in done.values()]
    lines = [
        "Made by `python -m training compare`.",
        f"{len(taught.labels):,} faces of Training, {len(valid.labels):,} of PublicTest, {old} twins.",
    ]
    if done:
        lines.append(
            f"{' to '.join({dates[0]: 0, dates[-1]: 0})}, seed {', '.join(seeds)}, {'; '.join(places)}."
        )
        lines.append(f"Other work ran beside it: load average {min(loads)} to {max(loads)}.")
    return "\n".join(lines)


def _main(results: dict[str, dict[str, Any]]) -> str:
    lines = [
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for name, result in results.items():
        report = REPORT.get(name, "–")
        if "accuracy" not in result:
            lines.append(f"| {name} | – | {report} | – | – | – | – | – | – | {result['missing']} |")
            continue
        low, high = result["interval_95"]
        _, second, third = result["rank_of_truth"][:3]
        lines.append(
            f"| {name} | {result['accuracy']:.1%} ({low:.1%} to {high:.1%}) | {report} "
            f"| {result['without_twins']['accuracy']:.1%} | {second:.1%} | {third:.1%} "
            f"| {result['parameters']:,} | {_time(result['train_seconds'])} | {result['ms_per_face']:.2f} "
            f"| {result['about']} |"
        )
    return "\n".join(lines)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _classes(done: dict[str, dict[str, Any]]) -> str:
    """Recall, and precision behind it."""
    lines = [f"| recall / precision | {' | '.join(EMOTIONS)} |", "|---" * (1 + len(EMOTIONS)) + "|"]
    for name, result in done.items():
        ones = [result["per_class"][emotion] for emotion in EMOTIONS]
        cells = [f"{one['recall']:.0%} / {one['precision']:.0%}" for one in ones]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    counts = [int(np.asarray([r["per_class"][e]["n"] for r in done.values()] or [0]).max()) for e in EMOTIONS]
    return "\n".join([*lines, f"| faces | {' | '.join(map(str, counts))} |"])
