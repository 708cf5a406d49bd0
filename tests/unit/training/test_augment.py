from dataclasses import replace

import numpy as np

from services.inference.align import TEMPLATE, crop
from services.inference.face import Face
from training.network.augment import GENTLE, Augmentation, augment
from training.registered import BORDER, FRAME

STILL = Augmentation(
    flip=0,
    rotation_degrees=0,
    scale=0,
    shift=0,
    registered=0,
    landmarks=0,
    brightness=0,
    contrast=0,
    coarse=0,
    blur=0,
    noise=0,
    erase=0,
)
FRAMES = np.random.default_rng(5).integers(0, 256, (8, FRAME, FRAME)).astype(np.uint8)
FACES = FRAMES[:, BORDER:-BORDER, BORDER:-BORDER]
UNKNOWN = np.full((8, 5, 2), np.nan, np.float32)


def changed(how: Augmentation, seed: int = 1, side: int = 48) -> tuple[np.ndarray, np.ndarray]:
    return augment(FRAMES, UNKNOWN, np.random.default_rng(seed), how, side)


def test_no_change() -> None:
    """An augmentation with every range 0 gives the middle of the frames as it is, in both views."""
    clear, spoilt = changed(STILL)
    assert np.array_equal(clear, FACES.astype(np.float32))
    assert np.array_equal(spoilt, clear)


def test_flip() -> None:
    """A flip mirrors the face."""
    assert np.array_equal(changed(replace(STILL, flip=1.0))[0], FACES[:, :, ::-1].astype(np.float32))


def test_landmarks() -> None:
    """Landmarks at their places in the template give the crop as it is framed; moved ones move it along."""
    there = np.tile(np.array(TEMPLATE, np.float32) * 48 + BORDER, (8, 1, 1))
    by_landmarks = replace(STILL, registered=1.0)
    same, _ = augment(FRAMES, there, np.random.default_rng(1), by_landmarks, 48)
    assert np.abs(same - FACES).max() <= 2
    moved, _ = augment(FRAMES, there + 3, np.random.default_rng(1), by_landmarks, 48)
    assert np.abs(moved - FRAMES[:, BORDER + 3 : BORDER + 51, BORDER + 3 : BORDER + 51]).max() <= 2


def test_views() -> None:
    """The clear view has neither noise nor holes; the spoilt one does."""
    flat = np.full((64, FRAME, FRAME), 90, np.uint8)
    unknown = np.full((64, 5, 2), np.nan, np.float32)
    for how in (Augmentation(), GENTLE):
        clear, spoilt = augment(flat, unknown, np.random.default_rng(2), how, 48)
        assert np.ptp(clear, axis=(1, 2)).max() == 0
        assert np.ptp(spoilt, axis=(1, 2)).max() > 0


def test_seed() -> None:
    """The same seed gives the same faces, another seed other ones."""
    one, again, other = (changed(Augmentation(), seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_range() -> None:
    """Values stay between 0 and 255 at another size."""
    for view in changed(Augmentation(), 3, 36):
        assert view.shape == (8, 36, 36)
        assert view.dtype == np.float32
        assert view.min() >= 0
        assert view.max() <= 255


def test_serving_crop() -> None:
    """The serving crop of a whole FER2013 face is that face."""
    whole = crop(FACES[0], Face(x=0, y=0, side=48, score=1), margin=1.0)
    assert np.array_equal(whole, FACES[0])
