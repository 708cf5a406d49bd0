"""What each output of a network is taught for each face: shares of the six emotions, and a weight."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.data import Faces

HEADS = ("label", "votes")
FEWEST_VOTES = 3
"""Faces with fewer votes for one of the six teach the votes head nothing, unless a teacher speaks."""


@dataclass(frozen=True)
class Target:
    shares: NDArray[np.float32]
    """(n, 6), rows sum to 1."""
    weight: NDArray[np.float32]
    """(n,) of each face in the loss."""

    def blend(self, said: NDArray[np.float32], share: float) -> "Target":
        """Mixed with what a teacher said, which stands alone where this target weighs nothing."""
        mixed = (1 - share) * self.shares + share * said
        return Target(np.where(self.weight[:, None] > 0, mixed, said), np.ones_like(self.weight))


@dataclass(frozen=True)
class Teacher:
    """Per head, (n, 6) float32 probabilities of the n Training faces, in the order of the data file."""

    heads: dict[str, NDArray[np.float32]]

    @classmethod
    def load(cls, path: Path, rows: int) -> "Teacher":
        """Raises ValueError where the file is not about `rows` faces."""
        with np.load(path) as arrays:
            heads = {name: arrays[name] for name in HEADS}
        if any(shares.shape[0] != rows for shares in heads.values()):
            raise ValueError(f"{path} was made for other data: it does not have {rows} rows")
        return cls(heads)


def targets(faces: Faces, smoothing: float, teacher: Teacher | None, share: float) -> dict[str, Target]:
    """`label` from FER2013, spread by `smoothing`; `votes` from FER+; `share` of both is the teacher's."""
    sure = np.eye(len(EMOTIONS), dtype=np.float32)[faces.labels]
    sure = sure * (1 - smoothing) + smoothing / len(EMOTIONS)
    votes = faces.six_votes()
    total = votes.sum(axis=1, keepdims=True)
    crowd = np.where(total > 0, votes / np.maximum(total, 1), 1 / len(EMOTIONS)).astype(np.float32)
    taught = {
        "label": Target(sure, np.ones(len(sure), np.float32)),
        "votes": Target(crowd, (total[:, 0] >= FEWEST_VOTES).astype(np.float32)),
    }
    if teacher is None:
        return taught
    return {name: target.blend(teacher.heads[name], share) for name, target in taught.items()}
