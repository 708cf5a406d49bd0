"""Reads damaged pictures with the whole pipeline, and watches for exceptions, crashes, time and memory.

    python -m bench.harden.fuzz_images [--inputs 100000] [--seed 1] [--save runs/harden] [--json OUT]

Child processes with a memory limit read the pictures: a crash of native code costs one child, and its picture
is kept in `--save`. A picture with a new kind of answer joins the corpus that is mutated: the decoders have
no coverage instrumentation, so answers guide instead. Input n of a seed is always the same.
"""

import hashlib
import math
import multiprocessing
import os
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from bench.figures import parser, publish
from bench.harden.mutate import mutate, seeds
from services.common.problems import ServiceError
from services.inference.answers import to_prediction
from services.inference.classify import load_model
from services.inference.pipeline import Limits, Pipeline
from services.inference.runtime import Model
from services.inference.settings import Settings
from tests.helpers.process import forget_peak, memory_mb

PER_CHILD: Final = 2_000
MEMORY_LIMIT_MB: Final = 2_000
"""Address space that a child may take beyond what it starts with."""
SLOW_S: Final = 10.0
"""Processor time of one input that counts as a failure."""
GREEDY_MB: Final = 200.0
"""Growth of memory by one input that counts as a failure: what decoding may take."""
HANGS_S: Final = 90.0
"""After this long on one input a child is killed."""


@dataclass
class Outcome:
    inputs: int = 0
    failures: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    """Processor time of one input."""
    growth_mb: float = 0.0
    """The largest growth of memory by one input."""
    found: list[int] = field(default_factory=list)
    """Inputs whose answer was new."""

    def add(self, other: "Outcome") -> None:
        self.inputs += other.inputs
        self.failures += other.failures
        self.answers += other.answers
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.growth_mb = max(self.growth_mb, other.growth_mb)
        self.found += other.found


def nth(seed: int, number: int, corpus: list[bytes]) -> bytes:
    return mutate(random.Random(f"{seed}:{number}"), corpus)  # noqa: S311 # made data, no secret


def _read_one(pipeline: Pipeline, model: Model, data: bytes) -> str:
    """The kind of answer; AssertionError for a prediction that is out of range."""
    try:
        answer = to_prediction(pipeline.predict(data), model)
    except ServiceError as error:
        return f"{error.status} {error.code} {''.join(c for c in str(error)[:60] if not c.isdigit())}"
    for face in answer.faces:
        assert all(math.isfinite(share) for share in face.probabilities.values()), "a share is not finite"
        assert abs(sum(face.probabilities.values()) - 1) < 0.01, "the shares do not sum to 1"
        box = face.box
        assert 0 <= box.x < box.x + box.width <= answer.image.width, "the box leaves the picture"
        assert 0 <= box.y < box.y + box.height <= answer.image.height, "the box leaves the picture"
    size = (answer.image.width * answer.image.height).bit_length() // 3 * 3
    return f"200 with {min(len(answer.faces), 2)} faces in about 2^{size} pixels"


def _watch(pipeline: Pipeline, model: Model, data: bytes, outcome: Outcome, save: Path) -> None:
    forget_peak()
    before, started = memory_mb("self", "VmRSS"), time.thread_time()
    try:
        answer = _read_one(pipeline, model, data)
    except Exception:  # noqa: BLE001 # every kind of exception is a finding
        answer = "exception"
        outcome.failures.append(_keep(data, save, traceback.format_exc(limit=-3)))
    took, grown = time.thread_time() - started, memory_mb("self", "VmHWM") - before
    if took > SLOW_S:
        outcome.failures.append(_keep(data, save, f"took {took:.1f} s"))
    if grown > GREEDY_MB:
        outcome.failures.append(_keep(data, save, f"took {grown:.0f} MB"))
    outcome.inputs += 1
    outcome.answers[answer] += 1
    outcome.slowest_s = max(outcome.slowest_s, took)
    outcome.growth_mb = max(outcome.growth_mb, grown)


def _keep(data: bytes, save: Path, why: str) -> str:
    save.mkdir(parents=True, exist_ok=True)
    name = f"crash-{hashlib.sha256(data).hexdigest()[:12]}"
    (save / name).write_bytes(data)
    return f"{name}: {why}"


def read_many(  # noqa: PLR0917 # the arguments of a process
    seed: int,
    numbers: range,
    corpus: list[bytes],
    known: set[str],
    save: Path,
    progress: Any,
    out: Connection,
) -> None:
    """Reads each input through one pipeline, after writing its number to `progress`; sends the Outcome."""
    settings = Settings()
    model = load_model(settings.model_file)
    pipeline = Pipeline(model, Limits(settings.max_pixels, settings.max_faces))
    pipeline.warm()
    limit = int((memory_mb("self", "VmSize") + MEMORY_LIMIT_MB) * 2**20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders write about each damage there
    outcome = Outcome()
    for number in numbers:
        progress.value = number
        _watch(pipeline, model, nth(seed, number, corpus), outcome, save)
        new = outcome.answers.keys() - known
        if new:
            known |= new
            outcome.found.append(number)
    out.send(outcome)


def in_a_child(
    seed: int,
    numbers: range,
    corpus: list[bytes],
    known: set[str],
    save: Path,
    *,
    read: Callable[..., None] = read_many,
) -> Outcome:
    """Runs `read` in a process. If that dies or hangs, keeps the input and reads the rest in another one."""
    context = multiprocessing.get_context("spawn")
    progress = context.Value("q", numbers.start)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=read, args=(seed, numbers, corpus, set(known), save, progress, theirs), daemon=True
    )
    process.start()
    theirs.close()
    seen, since = progress.value, time.monotonic()
    while not ours.poll(0.5):
        if progress.value != seen:
            seen, since = progress.value, time.monotonic()
        elif time.monotonic() - since > HANGS_S:
            process.kill()
    try:
        outcome: Outcome = ours.recv()
        process.join()
    except EOFError:  # the child died
        process.join()
        at = int(progress.value)
        why = f"the process ended with {process.exitcode}"
        outcome = Outcome(at + 1 - numbers.start, [_keep(nth(seed, at, corpus), save, why)])
        if at + 1 < numbers.stop:
            outcome.add(in_a_child(seed, range(at + 1, numbers.stop), corpus, known, save, read=read))
    return outcome


def fuzz(inputs: int, seed: int, save: Path) -> dict[str, Any]:
    """The figures of a whole run."""
    corpus, total, started = seeds(), Outcome(), time.monotonic()
    for start in range(0, inputs, PER_CHILD):
        numbers = range(start, min(inputs, start + PER_CHILD))
        outcome = in_a_child(seed, numbers, corpus, set(total.answers), save)
        corpus += [nth(seed, number, corpus) for number in outcome.found]
        total.add(outcome)
        print(f"{total.inputs} inputs, {len(total.failures)} failures, corpus {len(corpus)}", flush=True)
    return {
        "inputs": total.inputs,
        "seed": seed,
        "failures": total.failures,
        "answers": dict(total.answers.most_common()),
        "slowest_cpu_ms": round(total.slowest_s * 1000),
        "largest_growth_mb": round(total.growth_mb, 1),
        "corpus": len(corpus),
        "seconds": round(time.monotonic() - started),
    }


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--inputs", type=int, default=100_000)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--save", type=Path, default=Path("runs/harden"))
    options = command.parse_args()
    return publish(fuzz(options.inputs, options.seed, options.save), options.json)


if __name__ == "__main__":
    sys.exit(main())
