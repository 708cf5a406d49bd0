import numpy as np

from services.inference.align import crop
from services.inference.detect import Face
from training.network.augment import Augmentation, augment

STILL = Augmentation(
    flip=0, rotation_degrees=0, scale=0, shift=0, brightness=0, contrast=0, blur=0, noise=0, erase=0
)
FACES = np.random.default_rng(5).integers(0, 256, (8, 48, 48)).astype(np.uint8)


def test_nothing_to_change_changes_nothing():
    same = augment(FACES, np.random.default_rng(1), STILL, 48)
    assert np.array_equal(same, FACES.astype(np.float32))


def test_a_flip_mirrors():
    flipped = augment(FACES, np.random.default_rng(1), Augmentation(**{**vars(STILL), "flip": 1.0}), 48)
    assert np.array_equal(flipped, FACES[:, :, ::-1].astype(np.float32))


def test_the_same_seed_gives_the_same_faces_and_another_other_ones():
    one, again, other = (augment(FACES, np.random.default_rng(s), Augmentation(), 48) for s in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_values_stay_grey_levels_at_any_size():
    small = augment(FACES, np.random.default_rng(3), Augmentation(), 36)
    assert small.shape == (8, 36, 36)
    assert small.dtype == np.float32
    assert small.min() >= 0
    assert small.max() <= 255


def test_training_and_serving_crop_alike():
    """A FER2013 face seen as a whole picture comes through the serving crop as itself."""
    whole = crop(FACES[0], Face(x=0, y=0, side=48, score=1), margin=1.0)
    assert np.array_equal(whole, FACES[0])
