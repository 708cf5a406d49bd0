from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.network.augment import GENTLE, Augmentation, augment
from training.network.batches import Batches, Recipe
from training.network.targets import targets
from training.registered import BORDER, EXPRESSIONS, FER2013, FRAME, Registered, load


def faces(sources: Any, labels: Any) -> Any:
    n = len(sources)
    return Registered(
        np.random.default_rng(5).integers(0, 256, (n, FRAME, FRAME)).astype(np.uint8),
        np.full((n, 5, 2), np.nan, np.float32),
        np.array(labels, np.int8),
        np.zeros((n, 10), np.uint8),
        np.array(sources, np.int8),
        np.zeros(n, np.int8),
    )


FACES = faces([FER2013] * 8, np.arange(8) % 6)


def batches(some: Any = FACES, epochs: Any = 10, **recipe: Any) -> Any:
    chosen = Recipe(batch=8, **recipe)
    return Batches(some, {"label": targets(some, 0.1, 0.5)["label"]}, chosen, seed=1, epochs=epochs)


@pytest.mark.parametrize(
    ("epoch", "how"), [(0, Augmentation()), (6, Augmentation()), (7, GENTLE), (9, GENTLE)]
)
def test_gentle_epochs(epoch: Any, how: Any) -> None:
    """The augmentation is gentle from the given fraction of the epochs on."""
    run = batches(gentle_from=0.65)
    run.epoch = epoch
    order = run._rows(epoch)
    rng = np.random.default_rng([1, epoch, 0])
    _, expected = augment(FACES.images[order], FACES.points[order], rng, how, 48)
    assert np.array_equal(run[0][0][..., 0], expected)


def test_repeatable() -> None:
    """A batch depends on seed, epoch and position alone."""
    first, again, later = batches(), batches(), batches()
    later.epoch = 1
    assert np.array_equal(first[0][0], again[0][0])
    assert not np.array_equal(first[0][0], later[0][0])


def test_sources() -> None:
    """An epoch has every FER2013 face once, and as many of each emotion from outside, none too often."""
    outside = [EXPRESSIONS] * 40
    some = faces([FER2013] * 8 + outside, [0] * 8 + [2] * 30 + [5] * 9 + [4])
    rows = batches(some, expressions=60)._rows(0)
    drawn = rows[rows >= 8]
    assert sorted(rows[rows < 8]) == list(range(8))
    assert np.bincount(some.labels[drawn], minlength=6).tolist() == [0, 0, 10, 0, 4, 10]
    assert np.bincount(drawn).max() <= 4


def test_small(tmp_path: Path) -> None:
    """Lossy pictures are nearly the same, FER2013's mirrored at their edges; all else comes back exactly."""
    some = faces([FER2013, EXPRESSIONS], [0, 5])
    y, x = np.mgrid[0:FRAME, 0:FRAME]
    some.images[:] = (90 + x + 0.5 * y).astype(np.uint8)
    some.save_small(tmp_path / "small.npz")
    back = load(tmp_path / "small.npz")
    assert np.abs(back.images[1].astype(int) - some.images[1]).max() < 6
    assert np.abs(back.crops()[0].astype(int) - some.crops()[0]).max() < 6
    np.testing.assert_array_equal(back.images[0, :, BORDER - 1], back.images[0, :, BORDER + 1])
    for name in ("points", "labels", "votes", "source", "split"):
        np.testing.assert_array_equal(getattr(back, name), getattr(some, name))
