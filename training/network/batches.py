"""Training batches: drawn from several sources, augmented, mixed.

Each depends on seed, epoch and position alone, so a run that is killed and resumed gets the
same batches as one that is not.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import keras
import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.dataset import SIDE
from training.network.augment import GENTLE, Augmentation, augment
from training.network.targets import Target, mix
from training.registered import EXPRESSIONS, FER2013, PHOTOS, Registered

if TYPE_CHECKING:
    from training.network.teacher import LiveTeacher

PerHead = dict[str, NDArray[np.float32]]
SMALL_SIDE: Final = 36
REPEATED: Final = 4
"""A face from outside is drawn at most so many times an epoch."""


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
    expressions: int = 4000
    """Labelled faces from outside in each epoch, where there are any: as many of each emotion."""
    expressions_weight: float = 0.5
    """Of such a face in the loss, against one of FER2013."""
    photos: int = 1500
    """Unlabelled faces in each epoch, learnt from the teacher alone, where there are both."""
    small_epochs: int = 0
    """First epochs on faces of SMALL_SIDE pixels: nearly twice as fast, for networks that take any size."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    gentle_from: float = 1.0
    """Fraction of the epochs after which the augmentation is GENTLE."""


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras ships no type information
    """Batch i of the current epoch: ((b, 48, 48, 1) float32 0–255, shares per head, weights per head)."""

    def __init__(
        self,
        faces: Registered,
        targets: dict[str, Target],
        recipe: Recipe,
        seed: int,
        epochs: int,
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.faces, self.targets, self.recipe, self.seed, self.epochs = faces, targets, recipe, seed, epochs
        self.teacher: LiveTeacher | None = None
        self.epoch = 0
        self._order = (-1, np.empty(0, np.intp))

    def __len__(self) -> int:
        return len(self._rows(0)) // self.recipe.batch

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32], PerHead, PerHead]:
        recipe = self.recipe
        rows = self._rows(self.epoch)[i * recipe.batch : (i + 1) * recipe.batch]
        rng = np.random.default_rng([self.seed, self.epoch, i])
        side = SMALL_SIDE if self.epoch < recipe.small_epochs else SIDE
        augmentation = GENTLE if self.epoch >= recipe.gentle_from * self.epochs else recipe.augmentation
        clear, images = augment(self.faces.images[rows], self.faces.points[rows], rng, augmentation, side)
        images = images[..., None]
        targets = {name: target.rows(rows) for name, target in self.targets.items()}
        if self.teacher:
            unlabelled = recipe.expressions_weight
            targets = mix(targets, self.teacher.answer(clear), recipe.teacher_share, unlabelled)
        shares = {name: target.shares for name, target in targets.items()}
        weights = {name: target.weight for name, target in targets.items()}
        if recipe.mixup > 0 and self.epoch < recipe.mixup_until * self.epochs:
            images, shares, weights = _mixup(images, shares, weights, rng, recipe.mixup)
        return images, shares, weights

    def _rows(self, epoch: int) -> NDArray[np.intp]:
        if self._order[0] != epoch:
            rng = np.random.default_rng([self.seed, epoch])
            drawn = draw(self.faces, self.recipe, rng, unlabelled=self.teacher is not None)
            self._order = (epoch, drawn)
        return self._order[1]


def draw(
    faces: Registered, recipe: Recipe, rng: np.random.Generator, *, unlabelled: bool
) -> NDArray[np.intp]:
    """The rows of an epoch in random order: all of FER2013's, and a draw of the others."""
    own = np.flatnonzero(faces.source == FER2013)
    outside = _balanced(faces, rng, recipe.expressions)
    photos = np.flatnonzero(faces.source == PHOTOS)
    some = rng.choice(photos, min(recipe.photos, len(photos)) if unlabelled else 0, replace=False)
    return rng.permutation(np.concatenate([own, outside, some]))


def _balanced(faces: Registered, rng: np.random.Generator, wanted: int) -> NDArray[np.intp]:
    """`wanted` rows of EXPRESSIONS, as many of each emotion; fewer where a face would repeat too often."""
    drawn = []
    for label in range(len(EMOTIONS)):
        rows = np.flatnonzero((faces.source == EXPRESSIONS) & (faces.labels == label))
        count = min(wanted // len(EMOTIONS), REPEATED * len(rows))
        whole, rest = divmod(count, max(1, len(rows)))
        drawn += [rows] * whole + [rng.choice(rows, rest, replace=False)]
    return np.concatenate(drawn)


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
