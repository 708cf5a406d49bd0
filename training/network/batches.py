"""Training batches: shuffled, augmented, mixed; every one a function of seed, epoch and position alone.

So a run that is killed and resumed sees exactly what it would have seen.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from training.data import SIDE
from training.network.augment import GENTLE, Augmentation, augment
from training.network.targets import Target

PerOutput = dict[str, NDArray[np.float32]]

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
    """Of the votes head's loss against the label head's."""
    teacher_share: float = 0.5
    """Of what a teacher says against labels and votes, where there is a teacher."""
    small_epochs: int = 0
    """First epochs on faces of SMALL pixels: nearly twice as fast, for networks that take any size."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    gentle_from: float = 1.0
    """Fraction of the epochs after which faces are changed by GENTLE instead."""


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras ships no type information
    """Batch i of the current epoch: ((b, 48, 48, 1) float32 0–255, shares per output, weights per output)."""

    def __init__(
        self, images: NDArray[np.uint8], taught: dict[str, Target], recipe: Recipe, seed: int, epochs: int
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.images, self.taught, self.recipe, self.seed, self.epochs = images, taught, recipe, seed, epochs
        self.epoch = 0

    @property
    def side(self) -> int:
        """Of the current epoch's faces, in pixels."""
        return SMALL if self.epoch < self.recipe.small_epochs else SIDE

    @property
    def augmentation(self) -> Augmentation:
        """Of the current epoch."""
        gentle = self.epoch >= self.recipe.gentle_from * self.epochs
        return GENTLE if gentle else self.recipe.augmentation

    def __len__(self) -> int:
        return len(self.images) // self.recipe.batch

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32], PerOutput, PerOutput]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.images))
        rows = order[i * self.recipe.batch : (i + 1) * self.recipe.batch]
        rng = np.random.default_rng([self.seed, self.epoch, i])
        images = augment(self.images[rows], rng, self.augmentation, self.side)[..., None]
        shares = {name: target.shares[rows] for name, target in self.taught.items()}
        weights = {name: target.weight[rows] for name, target in self.taught.items()}
        if self.recipe.mixup > 0 and self.epoch < self.recipe.mixup_until * self.epochs:
            images, shares, weights = _mix(images, shares, weights, rng, self.recipe.mixup)
        return images, shares, weights


def _mix(
    images: NDArray[np.float32], shares: PerOutput, weights: PerOutput, rng: np.random.Generator, alpha: float
) -> tuple[NDArray[np.float32], PerOutput, PerOutput]:
    """Each face blended with another of the batch; a pair counts as much as its lesser member's weight."""
    lam = rng.beta(alpha, alpha, len(images)).astype(np.float32)
    other = rng.permutation(len(images))

    def blend(values: NDArray[np.float32]) -> NDArray[Any]:
        s = lam.reshape(-1, *[1] * (values.ndim - 1))
        return s * values + (1 - s) * values[other]

    return (
        blend(images),
        {name: blend(values) for name, values in shares.items()},
        {name: np.minimum(values, values[other]) for name, values in weights.items()},
    )
