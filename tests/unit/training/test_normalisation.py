import keras
import numpy as np
import pytest

from training.network.normalisation import use_fused


def test_fused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In training it gives what Keras' layer gives: answers, averages and gradients."""
    monkeypatch.setattr(keras.layers.BatchNormalization, "call", keras.layers.BatchNormalization.call)
    images = np.random.default_rng(1).normal(3, 2, (16, 9, 7, 4)).astype(np.float32)
    wanted = np.random.default_rng(2).normal(size=images.shape).astype(np.float32)
    trained = []
    for fused in (False, True):
        if fused:
            use_fused()
        model = keras.Sequential([keras.Input((9, 7, 4)), keras.layers.BatchNormalization(momentum=0.9)])
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
        losses = [model.train_on_batch(images, wanted) for _ in range(5)]
        trained.append([*model.get_weights(), np.array(losses), model.predict(images, verbose=0)])
    for one, other in zip(*trained, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-4)
