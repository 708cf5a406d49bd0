"""What each output of a network is taught for each face: shares of the six emotions, and a weight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.data import Faces
from training.teach import Teacher

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
