"""Measures face detection on labelled photos and prints a table: `python -m bench detection --photos DIR`."""

import argparse
import datetime as dt
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from bench.detection.conditions import WORSE, Change
from bench.detection.finders import Finder, ours, peers
from bench.figures import instructions, markdown, processor
from training.finder.measure import Measured, measure
from training.finder.photos import LabelledPhoto, load_photos

WARM: Final = ((480, 640), (640, 480))
"""Pictures on which each finder is used once before it is timed."""
CLASSES: Final = ("size", "pose", "blur", "occlusion")
PLAIN: Final = "as they are"
COVERED: Final = "lower half covered"
NONE: Final = "–"


@dataclass(frozen=True)
class Results:
    """Of one finder: what it found, by the condition of the photos."""

    by_condition: dict[str, Measured]

    @property
    def summary(self) -> dict[str, Any]:
        return self.by_condition[PLAIN].summary()

    def worse(self, condition: str, *, normal: bool = True) -> tuple[float, float]:
        """Recall under `condition`, and its difference from the same faces' in the photos as they are."""
        plain, changed = (
            self.by_condition[name].faces.set_index(["photo", "label"]) for name in (PLAIN, condition)
        )
        both = plain.join(changed["found"].rename("found_changed"), how="inner")
        both = both[both["normal"]] if normal else both
        recall = float(both["found_changed"].mean())
        return recall, recall - float(both["found"].mean())


def run(options: argparse.Namespace) -> None:
    """Prints the table; writes all figures to `options.json`."""
    changes = {PLAIN: _same, **(WORSE if options.worse else {})}
    photos = {False: load_photos(options.photos, options.split)}
    if options.peers:
        photos[True] = load_photos(options.photos, options.split, colour=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        finders = ours() | stack.enter_context(peers(options.peers, Path(folder)))
        results = {name: _measure(name, one, photos[one.colour], changes) for name, one in finders.items()}
    print(f"\n{heading(options.photos, options.split)}\n\n{table(results)}")
    if options.json:
        figures = {name: _figures(one) for name, one in results.items()}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _same(photo: LabelledPhoto) -> LabelledPhoto:
    return photo


def _measure(name: str, finder: Finder, photos: list[LabelledPhoto], changes: dict[str, Change]) -> Results:
    for size in WARM:
        finder.detect(np.zeros((*size, 3) if finder.colour else size, np.uint8))
    by_condition: dict[str, Measured] = {}
    for condition, change in changes.items():
        if condition == "grey" and not finder.colour:
            by_condition[condition] = by_condition[PLAIN]
            continue
        print(f"{name}: {condition}", flush=True)
        changed = (change(photo) for photo in photos)
        by_condition[condition] = measure(finder.detect, changed, clock=finder.clock)
    return Results(by_condition)


def heading(folder: Path, split: str) -> str:
    today = dt.datetime.now(dt.UTC).date()
    return f"{folder.name}, split {split}; {today}; {processor()} ({instructions()}); one thread."


def table(results: dict[str, Results]) -> str:
    """A row for each figure, a column for each finder."""
    summaries = [one.summary for one in results.values()]
    first = next(iter(results.values()))
    rows = [*_recall_rows(summaries), *_other_rows(summaries)]
    rows += [
        [f"recall, normal, {condition}", *(_worse(one, condition) for one in results.values())]
        for condition in first.by_condition
        if condition != PLAIN
    ]
    if COVERED in first.by_condition:
        told = (one.by_condition[COVERED].summary()["covered_found_so"] for one in results.values())
        rows.append([f"{COVERED}: called covered", *map(_text, told)])
    return markdown(["", *results], rows)


def _recall_rows(summaries: list[dict[str, Any]]) -> Iterator[list[str]]:
    first = summaries[0]
    yield [f"recall, normal ({first['normal']})", *(_text(s["recall_normal"]) for s in summaries)]
    yield [f"recall, all ({first['faces']})", *(_text(s["recall"]) for s in summaries)]
    for kind in CLASSES:
        for name, (_, count) in first[f"recall_by_{kind}"].items():
            cells = (_text(s[f"recall_by_{kind}"][name][0]) for s in summaries)
            yield [f"{kind} {name} ({count})", *cells]


def _other_rows(summaries: list[dict[str, Any]]) -> Iterator[list[str]]:
    first = summaries[0]
    names = {
        "false_per_100_photos": "false boxes per 100 photos",
        "false_with_faces": f"false boxes on {first['photos_with_faces']} photos with faces",
        "false_without": f"false boxes on {first['photos_without']} without",
        "ece": "calibration error",
        "brier_unsure": "Brier score of unsure boxes",
        "unsure": "unsure boxes (p 0.05 to 0.95)",
        "landmark_error": "landmarks: median error, of eye distance",
        "ms_with_faces": "ms a photo with faces",
        "ms_without": "ms a photo without",
    }
    for key, text in names.items():
        yield [text, *(_text(summary[key]) for summary in summaries)]


def _worse(results: Results, condition: str) -> str:
    recall, difference = results.worse(condition)
    return NONE if np.isnan(recall) else f"{recall:.3f} ({100 * difference:+.1f})"


def _text(value: float | None) -> str:
    return NONE if value is None or pd.isna(value) else f"{value:.3f}" if 0 < value < 1 else f"{value:g}"


def _figures(results: Results) -> dict[str, Any]:
    """The summary of each condition, with what it costs in recall."""
    figures = {}
    for condition, measured in results.by_condition.items():
        figures[condition] = measured.summary()
        for name, normal in (("normal", True), ("all", False)):
            recall, difference = results.worse(condition, normal=normal)
            figures[condition][f"recall_{name}_of_the_same_faces"] = round(recall, 4)
            figures[condition][f"difference_{name}"] = round(difference, 4)
    return figures
