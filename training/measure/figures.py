"""Figures that show no face, each of plain numbers: these may be shown anywhere."""

from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.measure.metrics import Labels, Probabilities, reliability, risk_coverage

BLUE: Final = "#3b6ea8"
ORANGE: Final = "#d9822b"
GREY: Final = "#8a8a8a"
PERCENT: Final = "{x:.0%}"


def sheet(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, Any]:
    """An empty figure, in inches, and its axes as matplotlib gives them."""
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    return figure, figure.subplots(rows, columns)


def class_distribution(counts: dict[str, NDArray[np.int64]]) -> Figure:
    """Share of each emotion in each split; `counts` are six numbers a split."""
    figure, axes = sheet(7, 3.2)
    width = 0.8 / len(counts)
    for i, (split, six) in enumerate(counts.items()):
        places = np.arange(len(EMOTIONS)) + (i - (len(counts) - 1) / 2) * width
        bars = axes.bar(
            places, six / six.sum(), width, label=f"{split}, {six.sum():,}", color=[BLUE, ORANGE][i % 2]
        )
        axes.bar_label(bars, [f"{n:,}" for n in six], fontsize=7)
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def learning_curves(histories: dict[str, list[dict[str, float]]]) -> Figure:
    """Training loss and PublicTest accuracy by epoch; a history is the rows of a run's history.csv."""
    figure, (left, right) = sheet(9, 3.4, columns=2)
    for name, rows in histories.items():
        epochs = [row["epoch"] for row in rows]
        loss = "label_loss" if "label_loss" in rows[0] else "loss"
        left.plot(epochs, [row[loss] for row in rows], label=name)
        right.plot(epochs, [row["valid_label"] for row in rows], label=name)
    left.set(xlabel="epoch", ylabel="training loss, hard labels")
    right.set(xlabel="epoch", ylabel="PublicTest accuracy, averaged weights")
    right.yaxis.set_major_formatter(PERCENT)
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    right.legend(frameon=False)
    return figure


def confusion_matrix(counts: NDArray[np.int64]) -> Figure:
    """(6, 6), row the truth, column the answer: shares of the row."""
    figure, axes = sheet(5.2, 4.6)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS)
    axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
    axes.set(xlabel="answer", ylabel="truth")
    return figure


def rank_of_truth(shares: list[float]) -> Figure:
    """How often the truth is the first, second, … answer; `shares` are cumulative."""
    figure, axes = sheet(5.6, 3.2)
    each = np.diff([0.0, *shares])
    names = ("first", "second", "third", "fourth", "fifth", "sixth")
    bars = axes.bar(names, each, color=[BLUE, ORANGE, ORANGE, GREY, GREY, GREY])
    axes.bar_label(bars, [f"{share:.1%}" for share in each])
    axes.yaxis.set_major_formatter(PERCENT)
    axes.set(xlabel="place of the truth among the six answers", ylabel="faces")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def reliability_diagram(probabilities: Probabilities, labels: Labels) -> Figure:
    """What share of the answers given with some confidence is right."""
    confidence, accuracy, count = np.array(reliability(probabilities, labels)).T
    figure, axes = sheet(4.4, 4.2)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="as sure as right")
    axes.plot(confidence, accuracy, color=BLUE)
    axes.scatter(confidence, accuracy, s=8 + 400 * count / count.sum(), color=BLUE, label="faces, by area")
    axes.set(xlabel="confidence", ylabel="right", xlim=(0, 1), ylim=(0, 1))
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.legend(frameon=False, loc="upper left")
    axes.grid(alpha=0.3)
    return figure


def risk_coverage_curve(probabilities: Probabilities, labels: Labels) -> Figure:
    """How many of the answers are wrong if only the surest are given."""
    _, coverage, accuracy = risk_coverage(probabilities, labels)
    figure, axes = sheet(5, 3.4)
    axes.plot(coverage, 1 - accuracy, color=BLUE)
    axes.set(xlabel="answers given, the surest first", ylabel="of these wrong", xlim=(0, 1), ylim=(0, None))
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def precision_and_recall(per_class: dict[str, dict[str, float]]) -> Figure:
    figure, axes = sheet(7, 3.2)
    for i, (what, colour) in enumerate((("precision", ORANGE), ("recall", BLUE))):
        shares = [per_class[name][what] for name in EMOTIONS]
        bars = axes.bar(np.arange(len(EMOTIONS)) + (i - 0.5) * 0.4, shares, 0.4, label=what, color=colour)
        axes.bar_label(bars, [f"{share:.0%}" for share in shares], fontsize=8)
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.legend(frameon=False, ncols=2, loc="upper right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
