import keras
import numpy as np

from training.network.normalisation import BatchNormalization


def test_fused() -> None:
    """In training it gives what Keras' layer gives: answers, averages and gradients."""
    images = np.random.default_rng(1).normal(3, 2, (16, 9, 7, 4)).astype(np.float32)
    wanted = np.random.default_rng(2).normal(size=images.shape).astype(np.float32)
    trained = {}
    for kind in (keras.layers.BatchNormalization, BatchNormalization):
        model = keras.Sequential([keras.Input((9, 7, 4)), kind(momentum=0.9)])
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
        losses = [model.train_on_batch(images, wanted) for _ in range(5)]
        trained[kind] = [*model.get_weights(), np.array(losses), model.predict(images, verbose=0)]
    plain, fused = trained.values()
    for one, other in zip(plain, fused, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-4)
