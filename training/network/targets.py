"""What each head of a network is trained towards for each face: shares of the six emotions, and a weight."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.dataset import VOTES_TO_SIX
from training.measure.metrics import one_hot
from training.registered import EXPRESSIONS, UNLABELLED, Registered

MIN_VOTES: Final = 3
"""Faces with fewer votes for the six have weight 0 in the votes head, unless there is a teacher."""
HAPPY, NEUTRAL = EMOTIONS.index("happy"), EMOTIONS.index("neutral")
SMILE: Final = 0.4
"""A "neutral" face from outside that the teacher calls happy with more than this is left out."""
Shares = NDArray[np.float32]
"""(n, 6), rows sum to 1."""


@dataclass(frozen=True)
class Target:
    shares: Shares
    weight: NDArray[np.float32]
    """(n,) of each face in the loss."""
    outside: NDArray[np.bool_]
    """(n,): labelled by others than FER2013's people."""

    def rows(self, which: NDArray[np.intp]) -> "Target":
        return Target(self.shares[which], self.weight[which], self.outside[which])


def mix(
    targets: dict[str, Target], teacher: dict[str, Shares], share: float, unlabelled: float
) -> dict[str, Target]:
    """Targets mixed with the teacher's word; its word alone, at weight `unlabelled`, where none is known.

    A label from outside stays as it is: what FER2013 taught the teacher misjudges such faces, and its label
    head calls half of their neutral ones angry or sad. Its votes head does not, so for faces without any
    label the mean of both teaches the label head. Neutral faces that the teacher sees smile are left out.
    """
    label = targets["label"]
    neutral = label.shares.argmax(axis=1) == NEUTRAL
    smiles = label.outside & neutral & (teacher["label"][:, HAPPY] > SMILE)
    alone = teacher | {"label": (teacher["label"] + teacher["votes"]) / 2}
    mixed = {}
    for name, target in targets.items():
        known = target.weight > 0
        taught = np.where(target.outside, np.float32(0), np.float32(share))[:, None]
        both = (1 - taught) * target.shares + taught * teacher[name]
        shares = np.where(known[:, None], both, alone[name])
        weight = np.where(known, target.weight, np.float32(unlabelled))
        mixed[name] = Target(shares, np.where(smiles, np.float32(0), weight), target.outside)
    return mixed


def targets(faces: Registered, smoothing: float, outside_weight: float) -> dict[str, Target]:
    """`label` from the hard labels, spread by `smoothing`; `votes` from FER+."""
    known = faces.labels != UNLABELLED
    outside = faces.source == EXPRESSIONS
    labels = one_hot(np.where(known, faces.labels, 0)) * (1 - smoothing) + smoothing / len(EMOTIONS)
    weight = np.where(outside, np.float32(outside_weight), known.astype(np.float32))
    votes = np.asarray(faces.votes @ VOTES_TO_SIX, np.float32)
    total = votes.sum(axis=1, keepdims=True)
    vote_shares = np.where(total > 0, votes / np.maximum(total, 1), 1 / len(EMOTIONS)).astype(np.float32)
    return {
        "label": Target(labels.astype(np.float32), weight, outside),
        "votes": Target(vote_shares, (total[:, 0] >= MIN_VOTES).astype(np.float32), outside),
    }
