from typing import Any

import numpy as np
import pytest

from training.network.augment import GENTLE, Augmentation, augment
from training.network.batches import Batches, Recipe
from training.network.targets import Target

FACES = np.random.default_rng(5).integers(0, 256, (8, 48, 48)).astype(np.uint8)
TARGETS = {"label": Target(np.eye(6, dtype=np.float32)[np.arange(8) % 6], np.ones(8, np.float32))}


def batches(epochs: Any = 10, **recipe: Any) -> Any:
    return Batches(FACES, TARGETS, Recipe(batch=8, **recipe), seed=1, epochs=epochs)


@pytest.mark.parametrize(
    ("epoch", "how"), [(0, Augmentation()), (6, Augmentation()), (7, GENTLE), (9, GENTLE)]
)
def test_gentle_epochs(epoch: Any, how: Any) -> None:
    """The augmentation is gentle from the given fraction of the epochs on."""
    run = batches(gentle_from=0.65)
    run.epoch = epoch
    order = np.random.default_rng([1, epoch]).permutation(8)
    expected = augment(FACES[order], np.random.default_rng([1, epoch, 0]), how, 48)
    assert np.array_equal(run[0][0][..., 0], expected)


def test_gentle_is_flat() -> None:
    """The gentle augmentation leaves a face of one grey level flat: it adds neither noise nor holes."""
    flat = np.full((64, 48, 48), 90, np.uint8)
    assert np.ptp(augment(flat, np.random.default_rng(2), GENTLE, 48), axis=(1, 2)).max() == 0
    assert np.ptp(augment(flat, np.random.default_rng(2), Augmentation(), 48), axis=(1, 2)).max() > 0


def test_repeatable() -> None:
    """A batch depends on seed, epoch and position alone."""
    first, again, later = batches(), batches(), batches()
    later.epoch = 1
    assert np.array_equal(first[0][0], again[0][0])
    assert not np.array_equal(first[0][0], later[0][0])
