from typing import Any

import keras
import numpy as np
import pytest

from services.inference.align import TEMPLATE
from training.network import augment, on_device
from training.network.augment import Augmentation
from training.network.batches import Recipe
from training.network.on_device import OnDevice, Random
from training.registered import BORDER, EXPRESSIONS, FER2013, FRAME, PHOTOS, UNLABELLED, Registered

STILL = Augmentation(
    flip=0,
    rotation_degrees=0,
    scale=0,
    shift=0,
    registered=1,
    landmarks=0,
    brightness=0,
    contrast=0,
    coarse=0,
    blur=0,
    noise=0,
    erase=0,
)


def faces() -> Registered:
    """Smooth pictures; the first has the landmarks of a turned face, the third those of a small one."""
    rng = np.random.default_rng(4)
    coarse = rng.uniform(0, 255, (4, 8, 8, 1))
    smooth = keras.ops.image.resize(coarse, (FRAME, FRAME), interpolation="bicubic")
    images = np.clip(keras.ops.convert_to_numpy(smooth)[..., 0], 0, 255).astype(np.uint8)
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    template = np.array(TEMPLATE) - 0.5
    points = np.full((4, 5, 2), np.nan, np.float32)
    points[0] = template @ turn.T * 44 + FRAME / 2 + 2
    points[2] = template * 40 + BORDER + 22
    labels = np.array([0, 2, 5, UNLABELLED], np.int8)
    source = np.array([FER2013, FER2013, EXPRESSIONS, PHOTOS], np.int8)
    votes = np.tile(np.array([2, 3, 0, 1, 2, 0, 2, 0, 0, 0], np.uint8), (4, 1))
    return Registered(images, points, labels, votes, source, np.zeros(4, np.int8))


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_same_crops(flip: Any) -> None:
    """Faces are cut, registered and mirrored as in training on a processor."""
    how = Augmentation(**{**vars(STILL), "flip": flip})
    some = faces()
    wanted, _ = augment.augment(some.images, some.points, np.random.default_rng(1), how, 48)
    known = (~np.isnan(some.points).any(axis=(1, 2))).astype(np.float32)
    rng = Random(4, keras.random.SeedGenerator(1))
    frames = some.images[..., None].astype(np.float32)
    clear, spoilt = on_device.augment(frames, np.nan_to_num(some.points), known, rng, how)
    difference = np.abs(keras.ops.convert_to_numpy(clear)[..., 0] - wanted)
    assert difference.mean() < 1
    assert difference.max() < 12, "OpenCV interpolates at a 32nd of a pixel"
    np.testing.assert_array_equal(spoilt, clear)


def test_spoilt() -> None:
    """The spoilt view differs from the clear one, in the range of pixels; each face in its own way."""
    some = faces()
    how = Augmentation(coarse=1, blur=1, noise=1, erase=1)
    frames = np.repeat(some.images[:1, ..., None], 4, axis=0).astype(np.float32)
    rng = Random(4, keras.random.SeedGenerator(1))
    clear, spoilt = (
        keras.ops.convert_to_numpy(view)
        for view in on_device.augment(
            frames, np.zeros((4, 5, 2), np.float32), np.zeros(4, np.float32), rng, how
        )
    )
    assert clear.min() >= 0
    assert spoilt.min() >= 0
    assert spoilt.max() <= 255
    assert (np.abs(spoilt - clear).mean(axis=(1, 2, 3)) > 1).all()
    assert len({float(face.mean()) for face in spoilt}) == 4


def network(name: str) -> keras.Model:
    face = keras.Input((48, 48, 1))
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(8)(face / 255))
    heads = {head: keras.layers.Dense(6, "softmax", name=head)(x) for head in ("label", "votes")}
    return keras.Model(face, heads, name=name)


def test_only_the_student_learns() -> None:
    """Epochs of row numbers lower the loss and change the student's weights, not the teacher's."""
    student, teacher = network("student"), network("teacher")
    taught = teacher.get_weights()
    model = OnDevice(student, [teacher], faces(), Recipe(augmentation=STILL), seed=2)
    model.compile(optimizer=keras.optimizers.SGD(0.5))
    rows = np.array([0, 1, 2, 3] * 4, np.int32)
    losses = model.fit(rows, rows, batch_size=4, epochs=6, verbose=0).history["loss"]
    assert losses[-1] < losses[0] - 0.05
    for before, after in zip(taught, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
