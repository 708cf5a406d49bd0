"""Stops asking a service that fails, and lets one request at a time find out whether it is back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import Context, OpenedState

State = Literal["closed", "half-opened", "opened"]
STATES: Final[tuple[State, ...]] = ("closed", "half-opened", "opened")


class OpenError(Exception):
    """The service is not asked now; in `after_s` seconds it may be."""

    def __init__(self, after_s: float) -> None:
        super().__init__("the circuit is open")
        self.after_s = after_s


class Breaker:
    """Opens after `failures` in a row, for `pause_s`; `excused` exceptions are answers of a sound service."""

    def __init__(self, failures: int, pause_s: float, excused: tuple[type[BaseException], ...]) -> None:
        # Whoever gives up a request, as at a shutdown, has learnt nothing of the service.
        self._circuits = AsyncCircuitBreakerFactory(failures, pause_s, [asyncio.CancelledError, *excused])
        self._context: Context | None = None
        self._pause_s = pause_s
        self._trying = False

    @property
    def state(self) -> State:
        return self._context.state if self._context else "closed"

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[bool]:
        """Around each request; True where it is the one that finds out. OpenError for all that must not go.

        The library lets everybody through after the pause; with a service that hangs, all of them would wait.
        """
        circuit = await self._circuits.get_breaker("service")
        self._context = circuit.context
        if self._trying:
            raise OpenError(self._pause_s)
        try:
            async with circuit:
                trial = self._trying = circuit.context.state == "half-opened"
                try:
                    yield trial
                finally:
                    self._trying = self._trying and not trial
        except OpenedState as opened:
            raise OpenError(max(0.0, opened.opened_at + self._pause_s - time.time())) from None
