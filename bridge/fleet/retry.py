"""What is tried again, how often and how soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from bridge.clock import Clock
from bridge.errors import NotSent, RateLimited, ServerFailed

TRIES = 3
FIRST_WAIT = 0.5
"""Seconds before the second try, doubled before the third, and up to doubled again by chance."""

SHORT = 5.0
"""Seconds; a 429 that asks for more is the caller's to know."""

# A write is repeated only if provably nothing has left: a lost answer may mean that it was done (C1).
_AGAIN: Mapping[bool, tuple[type[Exception], ...]] = {
    True: (NotSent,),
    False: (NotSent, ServerFailed, RateLimited),
}


def retrying(*, write: bool, until: float, clock: Clock, random: Random) -> AsyncRetrying:
    """Calls a coroutine function up to three times, as long as the next try begins before `until` (loop time)."""
    return AsyncRetrying(
        sleep=clock.sleep,
        stop=_stop(until),
        wait=_wait(random),
        retry=retry_if_exception(lambda error: isinstance(error, _AGAIN[write]) and _is_short(error)),
        reraise=True,
    )


def _is_short(error: BaseException) -> bool:
    return not isinstance(error, RateLimited) or error.wait <= SHORT


def _stop(until: float) -> Callable[[RetryCallState], bool]:
    def stop(state: RetryCallState) -> bool:
        next_try = asyncio.get_running_loop().time() + state.upcoming_sleep
        return state.attempt_number >= TRIES or next_try >= until

    return stop


def _wait(random: Random) -> Callable[[RetryCallState], float]:
    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimited):
            return error.wait
        # With a floor: full jitter has been seen to collapse to no wait at all (reliability.md B3).
        return random.uniform(1, 2) * FIRST_WAIT * 2.0 ** (state.attempt_number - 1)

    return wait
