"""A clock that moves to the next sleeper when everybody has done what there was to do.

The bridge, the simulated account and what is between them live in one loop. While a request is under way, a socket is
about to be readable or a callback is waiting; when neither is, all wait for time to pass, and it does.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

ROUNDS = 6
"""Turns of the loop that must pass in silence: a byte takes a few from one end of a connection to the other."""


class Steps:
    """A Clock. `moved` hears by how many seconds it has moved."""

    def __init__(self, start: datetime, moved: Callable[[float], None]) -> None:
        self._now = start
        self._elapsed = 0.0
        self._moved = moved
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = count()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + max(0.0, seconds), next(self._count), waiter))
        await waiter

    async def run(self, until: datetime) -> None:
        """Lets time pass until then."""
        while self._now < until:
            await silence()
            self._step((until - self._now).total_seconds())

    def _step(self, longest: float) -> None:
        next_one = self._sleepers[0][0] if self._sleepers else self._elapsed + longest
        seconds = max(0.0, min(next_one - self._elapsed, longest))
        self._elapsed += seconds
        self._now += timedelta(seconds=seconds)
        self._moved(seconds)
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            waiter = heapq.heappop(self._sleepers)[2]
            if not waiter.done():
                waiter.set_result(None)


async def silence() -> None:
    """Returns when nothing is left to do but to wait."""
    loop = asyncio.get_running_loop()
    quiet = 0
    while quiet < ROUNDS:
        await asyncio.sleep(0)  # noqa: TID251 - gives way to others; no time passes
        # The loop's own lists, because asyncio does not tell whether it is idle.
        busy = loop._ready or loop._selector.select(0)  # type: ignore[attr-defined]  # noqa: SLF001
        quiet = 0 if busy else quiet + 1
