"""A circuit breaker: stops calling a service that keeps failing, and tests it with one request at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, Literal, get_args

State = Literal["closed", "half-opened", "opened"]
STATES: Final[tuple[State, ...]] = get_args(State)


class OpenError(Exception):
    """The service is not called now; it may be in `after_s` seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__("the circuit is open")
        self.after_s = after_s


class Breaker:
    """Opens for `pause_s` after `threshold` failures in a row.

    An exception is a failure unless it is one of `answers`, which a healthy service gives too. A cancelled
    request is neither a failure nor a success.
    """

    def __init__(self, threshold: int, pause_s: float, answers: tuple[type[Exception], ...]) -> None:
        self._threshold, self._pause_s, self._answers = threshold, pause_s, answers
        self._failures = 0
        self._retry_at: float | None = None  # None while closed
        self._trial_running = False

    @property
    def state(self) -> State:
        if self._retry_at is None:
            return "closed"
        return "half-opened" if self._trial_running else "opened"

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[bool]:
        """Wrap one request; True for the trial after a pause. Raises OpenError while the circuit is open."""
        if trial := self._retry_at is not None:
            wait_s = self._pause_s if self._trial_running else self._retry_at - monotonic()
            if wait_s > 0:
                raise OpenError(wait_s)
            self._trial_running = True
        try:
            yield trial
        except Exception as error:
            self._record(trial=trial, failed=not isinstance(error, self._answers))
            raise
        else:
            self._record(trial=trial, failed=False)
        finally:
            self._trial_running = self._trial_running and not trial

    def _record(self, *, trial: bool, failed: bool) -> None:
        if self._retry_at is not None and not trial:
            return  # it began before the circuit opened; only the trial decides now
        self._failures = self._failures + 1 if failed else 0
        if not failed:
            self._retry_at = None
        elif trial or self._failures >= self._threshold:
            self._retry_at = monotonic() + self._pause_s
