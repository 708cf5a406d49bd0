"""A reader that is killed, to test the picture fuzzer. The fuzzer's child process imports this module."""

import os
import signal
from typing import Any

from bench.harden.fuzz_images import Outcome


def die_at_one(_seed: int, numbers: range, *rest: Any) -> None:
    """Replaces fuzz_images.read_many, and kills its own process at number 1."""
    *_, progress, out = rest
    for number in numbers:
        progress.value = number
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    out.send(Outcome(len(numbers)))
