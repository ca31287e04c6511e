"""What many tests stand on instead of the world: a clock that moves only when told."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class FakeClock:
    """Stands still until `advance` or `run`. With `hurries`, a sleep moves it by itself and returns at once."""

    def __init__(self, now: datetime = NOON, *, hurries: bool = False) -> None:
        self._now = now
        self._elapsed = 1000.0
        self._hurries = hurries
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self._hurries or seconds <= 0:
            self.advance(max(0.0, seconds))
            await _everyone_runs()
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._count), waiter))
        await waiter

    def advance(self, seconds: float) -> None:
        """Moves both times at once and wakes whoever has slept long enough."""
        self._elapsed += seconds
        self._now += timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            waiter = heapq.heappop(self._sleepers)[2]
            if not waiter.done():
                waiter.set_result(None)

    def set_wall(self, now: datetime) -> None:
        """The wall clock jumps, as when the network sets it; elapsed time does not."""
        self._now = now

    async def run(self, seconds: float) -> None:
        """Lets time pass from one sleeper to the next; everyone does their work in between."""
        end = self._elapsed + seconds
        await _everyone_runs()
        while self._sleepers and self._sleepers[0][0] <= end:
            self.advance(self._sleepers[0][0] - self._elapsed)
            await _everyone_runs()
        self.advance(end - self._elapsed)
        await _everyone_runs()


async def _everyone_runs() -> None:
    for _ in range(20):
        await asyncio.sleep(0)  # noqa: TID251 - gives way to other tasks; no time passes
