"""A reader of pictures that dies: the picture fuzzer's own test. A new process must be able to import it."""

import os
import signal
from typing import Any

from bench.harden.fuzz_images import Outcome


def at_the_second(_seed: int, numbers: range, *rest: Any) -> None:
    """As fuzz_images.read_many, but killed at number 1."""
    *_, progress, out = rest
    for number in numbers:
        progress.value = number
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    out.send(Outcome(len(numbers)))
