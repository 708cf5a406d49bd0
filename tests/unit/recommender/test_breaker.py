"""The circuit breaker by itself."""

import asyncio
from typing import Any

import pytest

from services.recommender.breaker import Breaker, OpenError

PAUSE_S = 0.05


class Answer(Exception):  # noqa: N818 # what a healthy service answers, no error of its own
    pass


@pytest.fixture
def breaker() -> Any:
    return Breaker(2, PAUSE_S, (Answer,))


async def call(breaker: Any, outcome: Any = None) -> Any:
    async with breaker.guard() as trial:
        if outcome is not None:
            raise outcome
    return trial


async def fail(breaker: Any, times: Any) -> None:
    for _ in range(times):
        with pytest.raises(ValueError, match="broken"):
            await call(breaker, ValueError("broken"))


def test_opens_after_failures_in_a_row(breaker: Any) -> None:
    """Only failures in a row open the circuit, and it then lets nothing through."""

    async def run() -> None:
        await fail(breaker, 1)
        assert await call(breaker) is False
        await fail(breaker, 1)
        assert breaker.state == "closed"
        await fail(breaker, 1)
        assert breaker.state == "opened"
        with pytest.raises(OpenError) as error:
            await call(breaker)
        assert 0 < error.value.after_s <= PAUSE_S

    asyncio.run(run())


def test_answers_are_no_failures(breaker: Any) -> None:
    """An exception that is an answer counts as a success."""

    async def run() -> None:
        for _ in range(3):
            await fail(breaker, 1)
            with pytest.raises(Answer):
                await call(breaker, Answer())
        assert breaker.state == "closed"

    asyncio.run(run())


def test_one_trial_after_the_pause(breaker: Any) -> None:
    """After the pause one request at a time is let through; its success closes the circuit."""

    async def run() -> None:
        await fail(breaker, 2)
        await asyncio.sleep(PAUSE_S)
        async with breaker.guard() as trial:
            assert trial is True
            assert breaker.state == "half-opened"
            with pytest.raises(OpenError):
                await call(breaker)
        assert breaker.state == "closed"

    asyncio.run(run())


def test_failed_and_cancelled_trials(breaker: Any) -> None:
    """A failed trial opens the circuit again; a cancelled one lets the next request try."""

    async def run() -> None:
        await fail(breaker, 2)
        await asyncio.sleep(PAUSE_S)
        with pytest.raises(asyncio.CancelledError):
            await call(breaker, asyncio.CancelledError())
        assert breaker.state == "opened"
        await fail(breaker, 1)
        with pytest.raises(OpenError):
            await call(breaker)

    asyncio.run(run())


def test_late_results_change_nothing(breaker: Any) -> None:
    """Requests that began before the circuit opened neither close it nor lengthen the pause."""

    async def run() -> None:
        early = breaker.guard()
        await early.__aenter__()
        await fail(breaker, 2)
        await early.__aexit__(None, None, None)
        assert breaker.state == "opened"

    asyncio.run(run())
