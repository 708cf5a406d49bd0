"""Training batches: shuffled, augmented, mixed; every one a function of seed, epoch and position alone.

So a run that is killed and resumed sees exactly what it would have seen.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.augment import Augmentation, augment
from training.data import SIDE, Faces

Targets = dict[str, NDArray[np.float32]]


SMALL: Final = 36


@dataclass(frozen=True)
class Recipe:
    """What the network is taught from each face."""

    batch: int = 128
    smoothing: float = 0.1
    """Share of the hard label's mass spread over all six."""
    mixup: float = 0.0
    """Beta parameter of mixup; 0 is off."""
    mixup_until: float = 0.8
    """Fraction of the epochs after which mixup is off, so that the last ones see real faces."""
    votes_weight: float = 1.0
    small_epochs: int = 0
    """First epochs on faces of SMALL pixels: nearly twice as fast, for networks that take any size."""
    augmentation: Augmentation = field(default_factory=Augmentation)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras ships no type information
    """Batch i of the current epoch: ((b, 48, 48, 1) float32 0–255, targets, sample weights)."""

    def __init__(self, faces: Faces, outputs: list[str], recipe: Recipe, seed: int, epochs: int) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.faces, self.outputs, self.recipe, self.seed, self.epochs = faces, outputs, recipe, seed, epochs
        self.epoch = 0
        self.hard = np.eye(len(EMOTIONS), dtype=np.float32)[faces.labels]
        self.hard = self.hard * (1 - recipe.smoothing) + recipe.smoothing / len(EMOTIONS)
        votes = faces.six_votes()
        total = votes.sum(axis=1, keepdims=True)
        self.soft = np.where(total > 0, votes / np.maximum(total, 1), 1 / len(EMOTIONS)).astype(np.float32)
        self.soft_weight = (total[:, 0] >= 3).astype(np.float32) * recipe.votes_weight

    @property
    def side(self) -> int:
        """Of the current epoch's faces, in pixels."""
        return SMALL if self.epoch < self.recipe.small_epochs else SIDE

    def __len__(self) -> int:
        return len(self.faces.labels) // self.recipe.batch

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32], Targets, Targets]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.faces.labels))
        rows = order[i * self.recipe.batch : (i + 1) * self.recipe.batch]
        rng = np.random.default_rng([self.seed, self.epoch, i])
        images = augment(self.faces.images[rows], rng, self.recipe.augmentation, self.side)[..., None]
        targets = {"label": self.hard[rows], "votes": self.soft[rows]}
        weights = {"label": np.ones(len(rows), np.float32), "votes": self.soft_weight[rows]}
        if self.recipe.mixup > 0 and self.epoch < self.recipe.mixup_until * self.epochs:
            images, targets, weights = _mix(images, targets, weights, rng, self.recipe.mixup)
        return images, self._of(targets), self._of(weights)

    def _of(self, values: Targets) -> Targets:
        return {name: values[name] for name in self.outputs}


def _mix(
    images: NDArray[np.float32], targets: Targets, weights: Targets, rng: np.random.Generator, alpha: float
) -> tuple[NDArray[np.float32], Targets, Targets]:
    """Each face blended with another of the batch; a pair counts as much as its lesser member's weight."""
    share = rng.beta(alpha, alpha, len(images)).astype(np.float32)
    other = rng.permutation(len(images))

    def blend(values: NDArray[np.float32]) -> NDArray[Any]:
        s = share.reshape(-1, *[1] * (values.ndim - 1))
        return s * values + (1 - s) * values[other]

    return (
        blend(images),
        {name: blend(values) for name, values in targets.items()},
        {name: np.minimum(values, values[other]) for name, values in weights.items()},
    )
