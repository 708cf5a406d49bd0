import numpy as np

from services.inference.align import crop
from services.inference.face import Face
from training.network.augment import Augmentation, augment

STILL = Augmentation(
    flip=0, rotation_degrees=0, scale=0, shift=0, brightness=0, contrast=0, blur=0, noise=0, erase=0
)
FACES = np.random.default_rng(5).integers(0, 256, (8, 48, 48)).astype(np.uint8)


def test_no_change() -> None:
    """An augmentation with every range 0 leaves faces as they are."""
    same = augment(FACES, np.random.default_rng(1), STILL, 48)
    assert np.array_equal(same, FACES.astype(np.float32))


def test_flip() -> None:
    """A flip mirrors the face."""
    flipped = augment(FACES, np.random.default_rng(1), Augmentation(**{**vars(STILL), "flip": 1.0}), 48)
    assert np.array_equal(flipped, FACES[:, :, ::-1].astype(np.float32))


def test_seed() -> None:
    """The same seed gives the same faces, another seed other ones."""
    one, again, other = (augment(FACES, np.random.default_rng(s), Augmentation(), 48) for s in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_range() -> None:
    """Values stay between 0 and 255 at another size."""
    small = augment(FACES, np.random.default_rng(3), Augmentation(), 36)
    assert small.shape == (8, 36, 36)
    assert small.dtype == np.float32
    assert small.min() >= 0
    assert small.max() <= 255


def test_serving_crop() -> None:
    """The serving crop of a whole FER2013 face is that face."""
    whole = crop(FACES[0], Face(x=0, y=0, side=48, score=1), margin=1.0)
    assert np.array_equal(whole, FACES[0])
