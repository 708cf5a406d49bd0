"""Training batches: shuffled, augmented, mixed; each depends on seed, epoch and position alone.

So a run that is killed and resumed gets the same batches as one that is not.
"""

from dataclasses import dataclass, field
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from training.dataset import SIDE, Images
from training.network.augment import GENTLE, Augmentation, augment
from training.network.targets import Target

PerHead = dict[str, NDArray[np.float32]]
SMALL_SIDE: Final = 36


@dataclass(frozen=True)
class Recipe:
    """What is made of each face for training; the fields are options of the command."""

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
    """Of a teacher's probabilities against labels and votes, where there is a teacher."""
    small_epochs: int = 0
    """First epochs on faces of SMALL_SIDE pixels: nearly twice as fast, for networks that take any size."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    gentle_from: float = 1.0
    """Fraction of the epochs after which the augmentation is GENTLE."""


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras ships no type information
    """Batch i of the current epoch: ((b, 48, 48, 1) float32 0–255, shares per head, weights per head)."""

    def __init__(
        self, images: Images, targets: dict[str, Target], recipe: Recipe, seed: int, epochs: int
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.images, self.targets, self.recipe, self.seed, self.epochs = images, targets, recipe, seed, epochs
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.images) // self.recipe.batch

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32], PerHead, PerHead]:
        recipe = self.recipe
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.images))
        rows = order[i * recipe.batch : (i + 1) * recipe.batch]
        rng = np.random.default_rng([self.seed, self.epoch, i])
        side = SMALL_SIDE if self.epoch < recipe.small_epochs else SIDE
        augmentation = GENTLE if self.epoch >= recipe.gentle_from * self.epochs else recipe.augmentation
        images = augment(self.images[rows], rng, augmentation, side)[..., None]
        shares = {name: target.shares[rows] for name, target in self.targets.items()}
        weights = {name: target.weight[rows] for name, target in self.targets.items()}
        if recipe.mixup > 0 and self.epoch < recipe.mixup_until * self.epochs:
            images, shares, weights = _mixup(images, shares, weights, rng, recipe.mixup)
        return images, shares, weights


def _mixup(
    images: NDArray[np.float32], shares: PerHead, weights: PerHead, rng: np.random.Generator, alpha: float
) -> tuple[NDArray[np.float32], PerHead, PerHead]:
    """Each face blended with another of the batch; a pair has the lesser of its two weights."""
    lam = rng.beta(alpha, alpha, len(images)).astype(np.float32)
    other = rng.permutation(len(images))

    def blend(values: NDArray[np.float32]) -> NDArray[np.float32]:
        s = lam.reshape(-1, *[1] * (values.ndim - 1))
        return s * values + (1 - s) * values[other]

    return (
        blend(images),
        {name: blend(values) for name, values in shares.items()},
        {name: np.minimum(values, values[other]) for name, values in weights.items()},
    )
