"""Figures on hand-made answers whose results can be worked out on paper."""

from typing import Any

import numpy as np
import pytest

from training.measure import metrics


def answers(*tops: int, sure: float = 0.9) -> Any:
    """A row per answer: `sure` on it, the rest spread evenly."""
    rows = np.full((len(tops), 6), (1 - sure) / 5, np.float32)
    rows[np.arange(len(tops)), tops] = sure
    return rows


def test_describe() -> None:
    """Accuracy, figures by class and confusion of four answers."""
    labels = np.array([0, 0, 1, 2], np.int8)
    result = metrics.describe(answers(0, 1, 1, 2), labels)
    assert result["accuracy"] == 0.75
    assert result["per_class"]["angry"] == {"precision": 1.0, "recall": 0.5, "n": 2}
    assert result["per_class"]["fear"] == {"precision": 0.5, "recall": 1.0, "n": 1}
    assert result["confusion"][0][:2] == [1, 1]
    assert result["n"] == 4


def test_wilson() -> None:
    """The interval is that of Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662."""
    assert metrics.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_rank_of_truth() -> None:
    """Shares are cumulative over the first, second and third answer."""
    rows = np.array([[0.5, 0.3, 0.2, 0, 0, 0]] * 3, np.float32)
    ranks = metrics.rank_of_truth(rows, np.array([0, 1, 2], np.int8))
    assert ranks[:3] == pytest.approx([1 / 3, 2 / 3, 1], abs=1e-4)
    assert ranks[5] == 1


def test_ece() -> None:
    """The calibration error is the gap between confidence and accuracy."""
    always = answers(*[0] * 10, sure=0.8)
    assert metrics.ece(always, np.zeros(10, np.int8)) == pytest.approx(0.2, abs=1e-6)
    eight = np.array([0] * 8 + [1] * 2, np.int8)
    assert metrics.ece(always, eight) == pytest.approx(0, abs=1e-6)


def test_ece_excess() -> None:
    """Labels drawn from the answers themselves show no error beyond chance; surer answers than right do."""
    rng = np.random.default_rng(3)
    rows = rng.dirichlet(np.full(6, 0.4), 3000).astype(np.float32)
    drawn = (rng.random((3000, 1)) < rows.cumsum(axis=1)).argmax(axis=1).astype(np.int8)
    assert metrics.ece(rows, drawn) > 0.01
    assert metrics.ece_excess(rows, drawn) == pytest.approx(0, abs=0.008)
    surer = rows**2 / (rows**2).sum(axis=1, keepdims=True)
    assert metrics.ece_excess(surer, drawn) > 0.05


def test_majority() -> None:
    """A majority needs five votes and more than half of them."""
    votes = np.array(
        [[3, 0, 2, 0, 0, 0], [4, 0, 0, 0, 0, 0], [3, 3, 0, 0, 0, 0], [0, 0, 0, 0, 0, 10]], np.float32
    )
    clear, labels = metrics.majority(votes)
    assert clear.tolist() == [True, False, False, True]
    assert labels[clear].tolist() == [0, 5]


def test_kl() -> None:
    """The divergence is zero for the vote shares themselves, and known for an even answer."""
    shares = np.array([[0.5, 0.5, 0, 0, 0, 0]], np.float32)
    assert metrics.kl_to_votes(shares, shares) == pytest.approx(0, abs=1e-6)
    even = np.full((1, 6), 1 / 6, np.float32)
    assert metrics.kl_to_votes(even, shares) == pytest.approx(np.log(3), abs=1e-5)


def test_risk_coverage() -> None:
    """The surest answers are kept first."""
    rows = np.concatenate([answers(0, sure=0.9), answers(1, sure=0.5), answers(2, sure=0.7)])
    thresholds, coverage, accuracy = metrics.risk_coverage(rows, np.array([0, 5, 2], np.int8))
    assert thresholds.tolist() == pytest.approx([0.9, 0.7, 0.5])
    assert coverage.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert accuracy.tolist() == pytest.approx([1, 1, 2 / 3])


def test_twins() -> None:
    """Twins are pixel-identical images only."""
    training = np.arange(2 * 48 * 48, dtype=np.int64).astype(np.uint8).reshape(2, 48, 48)
    near = training[1].copy()
    near[0, 0] += 1
    assert metrics.twins(np.stack([training[1], near]), training).tolist() == [True, False]
