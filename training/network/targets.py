"""What each head of a network is trained towards for each face: shares of the six emotions, and a weight."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.dataset import Faces
from training.measure.metrics import one_hot

HEADS: Final = ("label", "votes")
MIN_VOTES: Final = 3
"""Faces with fewer votes for the six have weight 0 in the votes head, unless there is a teacher."""


@dataclass(frozen=True)
class Target:
    shares: NDArray[np.float32]
    """(n, 6), rows sum to 1."""
    weight: NDArray[np.float32]
    """(n,) of each face in the loss."""

    def blend(self, teacher: NDArray[np.float32], share: float) -> "Target":
        """Mixed with a teacher's probabilities; these alone where this target has weight 0."""
        mixed = (1 - share) * self.shares + share * teacher
        return Target(np.where(self.weight[:, None] > 0, mixed, teacher), np.ones_like(self.weight))


@dataclass(frozen=True)
class Teacher:
    """Per head, (n, 6) float32 probabilities of the n Training faces, in the order of the data file."""

    heads: dict[str, NDArray[np.float32]]

    @classmethod
    def load(cls, path: Path, rows: int) -> "Teacher":
        """ValueError where the file is not about `rows` faces."""
        with np.load(path) as arrays:
            heads = {name: arrays[name] for name in HEADS}
        if any(len(shares) != rows for shares in heads.values()):
            raise ValueError(f"{path} was made for other data: it does not have {rows} rows")
        return cls(heads)


def targets(faces: Faces, smoothing: float, teacher: Teacher | None, share: float) -> dict[str, Target]:
    """`label` from FER2013, spread by `smoothing`; `votes` from FER+; `share` of both is the teacher's."""
    labels = one_hot(faces.labels) * (1 - smoothing) + smoothing / len(EMOTIONS)
    votes = faces.six_votes()
    total = votes.sum(axis=1, keepdims=True)
    vote_shares = np.where(total > 0, votes / np.maximum(total, 1), 1 / len(EMOTIONS)).astype(np.float32)
    by_head = {
        "label": Target(labels, np.ones(len(labels), np.float32)),
        "votes": Target(vote_shares, (total[:, 0] >= MIN_VOTES).astype(np.float32)),
    }
    if teacher is None:
        return by_head
    return {name: target.blend(teacher.heads[name], share) for name, target in by_head.items()}
