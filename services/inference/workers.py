"""A bounded pool of threads, each with a pipeline of its own, so that the event loop is never blocked."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from services.common.problems import BusyError
from services.inference.pipeline import Pipeline

T = TypeVar("T")
FULL: Final = "all workers are busy and the queue is full; try again in a second"


class Workers:
    """`threads` jobs run, `queue` wait, one more is refused with BusyError; so is one that takes too long."""

    def __init__(self, make: Callable[[], Pipeline], threads: int, queue: int, patience_s: float) -> None:
        self._own = threading.local()
        self._threads = threads
        self._places = threads + queue
        self._taken = 0
        self._patience_s = patience_s

        def equip() -> None:
            self._own.pipeline = make()

        self._pool = ThreadPoolExecutor(threads, "worker", initializer=equip)

    @property
    def taken(self) -> int:
        """Jobs that run or wait."""
        return self._taken

    @property
    def is_full(self) -> bool:
        return self._taken >= self._places

    async def run(self, job: Callable[[Pipeline], T]) -> T:
        """`job`'s result, computed with the pipeline of whichever thread is free."""
        try:
            async with asyncio.timeout(self._patience_s):  # a job that still waits then never runs
                return await self._submit(job)
        except TimeoutError as error:
            raise BusyError("the photo could not be read in time; try again in a moment") from error

    async def _submit(self, job: Callable[[Pipeline], T]) -> T:
        if self.is_full:
            raise BusyError(FULL)
        self._taken += 1
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        work = self._pool.submit(lambda: job(self._own.pipeline))
        work.add_done_callback(lambda _: loop.call_soon_threadsafe(self._hand_over, work, answer))
        try:
            return await answer
        except asyncio.CancelledError:
            work.cancel()  # where it has not begun
            raise

    def _hand_over(self, work: Future[T], answer: asyncio.Future[T]) -> None:
        """Frees the place when the job ends, not when the client leaves; gives the result to who still waits.

        asyncio.wrap_future would wake the event loop once more.
        """
        self._taken -= 1
        if answer.done():
            return
        if work.cancelled():
            answer.cancel()
        elif error := work.exception():
            answer.set_exception(error)
        else:
            answer.set_result(work.result())

    async def warm(self) -> None:
        """Starts every thread, and builds and uses its pipeline once; raises what fails."""
        together = threading.Barrier(self._threads)

        def use(pipeline: Pipeline) -> None:
            together.wait(10)  # one job per thread: none takes two
            pipeline.warm()

        await asyncio.gather(*(self._submit(use) for _ in range(self._threads)))

    def close(self) -> None:
        """Waits for the jobs that run; those that wait are cancelled."""
        self._pool.shutdown(wait=True, cancel_futures=True)
