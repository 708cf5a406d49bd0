"""A reader that dies, for the test of the picture fuzzer; a module, because the child process imports it."""

import os
import signal
from typing import Any

from bench.harden.fuzz_images import Outcome


def at_the_second(_seed: int, numbers: range, *rest: Any) -> None:
    """Like fuzz_images.read_many, but is killed at number 1."""
    *_, progress, out = rest
    for number in numbers:
        progress.value = number
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    out.send(Outcome(len(numbers)))
