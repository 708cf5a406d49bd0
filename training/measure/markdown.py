from collections.abc import Iterable, Sequence
from typing import Any


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([markdown_row(header), "|---" * len(header) + "|", *map(markdown_row, rows)])


def markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def accuracy_with_interval(figures: dict[str, Any]) -> str:
    """From the figures of `metrics.describe`."""
    low, high = figures["interval_95"]
    return f"{figures['accuracy']:.1%} ({low:.1%} to {high:.1%})"
