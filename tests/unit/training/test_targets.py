from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.dataset import Faces
from training.network.targets import Teacher, targets

LABELS = np.array([0, 2, 5], np.int8)
VOTES = np.array(
    # neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF
    [[0, 0, 0, 0, 6, 2, 2, 0, 0, 0], [0, 2, 0, 0, 0, 0, 0, 4, 4, 0], [5, 5, 0, 0, 0, 0, 0, 0, 0, 0]]
)
FACES = Faces(np.zeros((3, 48, 48), np.uint8), LABELS, np.zeros(3, np.int8), VOTES.astype(np.int8))
TEACHER = Teacher({name: np.full((3, 6), 1 / 6, np.float32) for name in ("label", "votes")})


def test_no_teacher() -> None:
    """Without a teacher, labels are smoothed and votes become shares."""
    by_head = targets(FACES, smoothing=0.12, teacher=None, share=0.5)
    np.testing.assert_allclose(by_head["label"].shares[1], [0.02, 0.02, 0.9, 0.02, 0.02, 0.02], rtol=1e-5)
    np.testing.assert_allclose(by_head["votes"].shares[0], [0.8, 0.2, 0, 0, 0, 0], rtol=1e-5)
    assert by_head["votes"].weight.tolist() == [1, 0, 1], "two votes are too few to teach"


def test_teacher() -> None:
    """A teacher is blended in, and replaces missing votes."""
    by_head = targets(FACES, smoothing=0, teacher=TEACHER, share=0.3)
    np.testing.assert_allclose(by_head["label"].shares[0, 0], 0.7 + 0.3 / 6, rtol=1e-5)
    np.testing.assert_allclose(by_head["votes"].shares[1], 1 / 6, rtol=1e-5)
    assert by_head["votes"].weight.tolist() == [1, 1, 1]
    for target in by_head.values():
        np.testing.assert_allclose(target.shares.sum(axis=1), 1, rtol=1e-5)


def test_other_data(tmp_path: Path) -> None:
    """A teacher made for other data is refused."""
    heads: dict[str, Any] = {**TEACHER.heads}
    np.savez(tmp_path / "t.npz", **heads)
    with pytest.raises(ValueError, match="other data"):
        Teacher.load(tmp_path / "t.npz", rows=4)
