"""Figures of plain numbers: they show no face and may be shown anywhere."""

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import ConfusionMatrixDisplay

from services.emotions import EMOTIONS
from training.measure.metrics import Labels, Probabilities, reliability, risk_coverage

BLUE: Final = "#3b6ea8"
ORANGE: Final = "#d9822b"
GREY: Final = "#8a8a8a"


def new_figure(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, Any]:
    """An empty figure, in inches, and its axes as matplotlib gives them."""
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    return figure, figure.subplots(rows, columns)


def _style(axes: Any, *, percent: str = "y", grid: bool = False, frame: bool = False) -> None:  # noqa: ANN401  # matplotlib
    for axis in percent:
        getattr(axes, f"{axis}axis").set_major_formatter("{x:.0%}")
    axes.spines[["top", "right"]].set_visible(frame)
    if grid:
        axes.grid(alpha=0.3)


def class_distribution(counts: dict[str, NDArray[np.int64]]) -> Figure:
    """Share of each emotion in each split; `counts` are six numbers a split."""
    shares = {f"{split}, {six.sum():,}": six / six.sum() for split, six in counts.items()}
    return _bars(shares, [[f"{n:,}" for n in six] for six in counts.values()], [BLUE, ORANGE])


def precision_and_recall(per_class: dict[str, dict[str, float]]) -> Figure:
    shares = {name: np.array([per_class[e][name] for e in EMOTIONS]) for name in ("precision", "recall")}
    figure = _bars(shares, [[f"{share:.0%}" for share in six] for six in shares.values()], [ORANGE, BLUE])
    figure.axes[0].set_ylim(0, 1)
    return figure


def _bars(shares: dict[str, NDArray[np.float64]], texts: list[list[str]], colours: list[str]) -> Figure:
    """A group of bars for each emotion."""
    figure, axes = new_figure(7, 3.2)
    pd.DataFrame(shares, EMOTIONS).plot.bar(ax=axes, width=0.8, rot=0, color=[*colours])
    for bars, words in zip(axes.containers, texts, strict=True):
        axes.bar_label(bars, words, fontsize=7)
    axes.legend(frameon=False)
    _style(axes)
    return figure


def learning_curves(histories: dict[str, pd.DataFrame]) -> Figure:
    """Training loss and PublicTest accuracy by epoch; a history is a run's history.csv."""
    figure, (left, right) = new_figure(9, 3.4, columns=2)
    for name, history in histories.items():
        left.plot(history["epoch"], history["label_loss" if "label_loss" in history else "loss"])
        right.plot(history["epoch"], history["valid_label"], label=name)
    left.set(xlabel="epoch", ylabel="training loss, hard labels")
    right.set(xlabel="epoch", ylabel="PublicTest accuracy, averaged weights")
    right.legend(frameon=False)
    _style(left, percent="", grid=True)
    _style(right, grid=True)
    return figure


def confusion_matrix(counts: NDArray[np.int64]) -> Figure:
    """(6, 6), row the truth, column the answer: shares of the row."""
    figure, axes = new_figure(5.2, 4.6)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    display = ConfusionMatrixDisplay(shares, display_labels=EMOTIONS)
    display.plot(ax=axes, cmap="Blues", values_format=".0%", colorbar=False, im_kw={"vmin": 0, "vmax": 1})
    axes.set(xlabel="answer", ylabel="truth")
    return figure


def rank_of_truth(shares: list[float]) -> Figure:
    """How often the truth is the first, second, … answer; `shares` are cumulative."""
    figure, axes = new_figure(5.6, 3.2)
    each = np.diff([0.0, *shares])
    names = ("first", "second", "third", "fourth", "fifth", "sixth")
    bars = axes.bar(names, each, color=[BLUE, ORANGE, ORANGE, GREY, GREY, GREY])
    axes.bar_label(bars, [f"{share:.1%}" for share in each])
    axes.set(xlabel="place of the truth among the six answers", ylabel="faces")
    _style(axes)
    return figure


def reliability_diagram(probabilities: Probabilities, labels: Labels) -> Figure:
    """Share of right answers by confidence."""
    confidence, accuracy, count = np.array(reliability(probabilities, labels)).T
    figure, axes = new_figure(4.4, 4.2)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="as sure as right")
    axes.plot(confidence, accuracy, color=BLUE)
    axes.scatter(confidence, accuracy, s=8 + 400 * count / count.sum(), color=BLUE, label="faces, by area")
    axes.set(xlabel="confidence", ylabel="right", xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False, loc="upper left")
    _style(axes, percent="xy", grid=True, frame=True)
    return figure


def risk_coverage_curve(probabilities: Probabilities, labels: Labels) -> Figure:
    """Share of wrong answers if only the surest are given."""
    _, coverage, accuracy = risk_coverage(probabilities, labels)
    figure, axes = new_figure(5, 3.4)
    axes.plot(coverage, 1 - accuracy, color=BLUE)
    axes.set(xlabel="answers given, the surest first", ylabel="of these wrong", xlim=(0, 1), ylim=(0, None))
    _style(axes, percent="xy", grid=True)
    return figure
