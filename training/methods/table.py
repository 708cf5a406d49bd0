"""The tables of `python -m training compare` in Markdown, with the report's accuracy beside ours."""

import os
import platform
import re
from pathlib import Path
from typing import Any, Final

from services.emotions import EMOTIONS
from training.dataset import Faces
from training.measure.markdown import accuracy_with_interval, markdown_table
from training.measure.metrics import twins

REPORT_ACCURACY: Final = {"vgg9": "58%"}
"""On PublicTest; the report's accuracy of the other methods is not known here."""
COLUMNS: Final = (
    "method | accuracy (95%) | report | new faces | second | third | parameters | training | ms a face | how"
)
NOTES: Final = """\
- Accuracy is by FER2013's labels, disgust merged into angry; the interval is Wilson's. "New faces" leaves out
  those that are pixel for pixel in Training too. "Second", "third": the truth is among the first two, three.
- Parameters are the learned numbers that a prediction needs; a support vector machine keeps faces themselves.
- Training is processor time for a classical method, features included, and wall-clock time for a network.
  Milliseconds are processor time of one face classified alone in one thread; networks run as TensorFlow Lite,
  float32, one head, one view of the face. The shipped file has its own row.
- The report's 58% is for the same split and classes, with its own augmentation and epochs, and like ours on
  the split that its settings were chosen on: compare the two only roughly. A dash: not known here.
- The settings of the classical methods were not searched; a search would improve them a little."""


def machine() -> str:
    """Processor and number of cores."""
    info = Path("/proc/cpuinfo")
    named = re.search(r"(?m)^model name\s*: (.+)$", info.read_text()) if info.exists() else None
    return f"{named[1] if named else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def format_comparison(results: dict[str, dict[str, Any]], faces: Faces) -> str:
    done = {name: result for name, result in results.items() if "accuracy" in result}
    methods = markdown_table(COLUMNS.split(" | "), [_row(name, result) for name, result in results.items()])
    return "\n\n".join(
        ["# Every method on the same faces", _conditions(done, faces), methods, _classes(done), NOTES]
    )


def _conditions(done: dict[str, dict[str, Any]], faces: Faces) -> str:
    training, valid = faces.only("Training"), faces.only("PublicTest")
    copies = int(twins(valid.images, training.images).sum())
    lines = [
        "Made by `python -m training compare`.",
        f"{len(training.labels):,} faces of Training, {len(valid.labels):,} of PublicTest, {copies} twins.",
    ]
    if done:
        dates, machines, seeds = (
            sorted({str(result[key]) for result in done.values()}) for key in ("date", "machine", "seed")
        )
        loads = [result["load"] for result in done.values()]
        period = " to ".join(sorted({dates[0], dates[-1]}))
        lines.append(f"{period}, seed {', '.join(seeds)}, {'; '.join(machines)}.")
        lines.append(f"Other work ran beside it: load average {min(loads)} to {max(loads)}.")
    return "\n".join(lines)


def _row(name: str, result: dict[str, Any]) -> list[str]:
    report = REPORT_ACCURACY.get(name, "–")
    if "accuracy" not in result:
        return [name, "–", report, *["–"] * 6, result["missing"]]
    _, second, third = result["rank_of_truth"][:3]
    seconds = result["train_seconds"]
    return [
        name,
        accuracy_with_interval(result),
        report,
        f"{result['without_twins']['accuracy']:.1%}",
        f"{second:.1%}",
        f"{third:.1%}",
        f"{result['parameters']:,}",
        f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min",
        f"{result['ms_per_face']:.2f}",
        result["about"],
    ]


def _classes(done: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, result in done.items():
        figures = [result["per_class"][emotion] for emotion in EMOTIONS]
        rows.append([name, *(f"{one['recall']:.0%} / {one['precision']:.0%}" for one in figures)])
    counts = [max((r["per_class"][emotion]["n"] for r in done.values()), default=0) for emotion in EMOTIONS]
    return markdown_table(["recall / precision", *EMOTIONS], [*rows, ["faces", *map(str, counts)]])
