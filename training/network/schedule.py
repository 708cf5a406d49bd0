"""The optimiser, and its learning rate over time: warm-up, a plateau, then a straight line down to zero."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="training")
class WarmupStableDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # untyped
    """`peak` after `warmup` steps, held until `decay_from`, 0 at `total` steps.

    The plateau makes a run easy to prolong: a checkpoint from it serves any later end.
    """

    def __init__(self, peak: float, warmup: int, decay_from: int, total: int) -> None:
        self.peak, self.warmup, self.decay_from, self.total = peak, warmup, decay_from, total

    def __call__(self, step: Any) -> Any:  # noqa: ANN401  # a tensor of whichever backend runs
        step = keras.ops.cast(step, "float32")
        rising = (step + 1) / max(1, self.warmup)
        falling = (self.total - step) / max(1, self.total - self.decay_from)
        return self.peak * keras.ops.clip(keras.ops.minimum(rising, falling), 0.0, 1.0)

    def get_config(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in ("peak", "warmup", "decay_from", "total")}


def sgd(
    peak: float, decay: float, weight_decay: float, steps: int, epochs: int
) -> keras.optimizers.Optimizer:
    """Nesterov's momentum; the rate falls over the last share `decay` of the run of `epochs` of `steps` each.

    `weight_decay` is decoupled, per unit of rate, and spares biases and normalisations.
    """
    total = steps * epochs
    schedule = WarmupStableDecay(peak, min(total // 20, 2 * steps), round(total * (1 - decay)), total)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True, weight_decay=weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
