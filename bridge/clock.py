"""The only place that asks the system for the time or for a pause."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time, elapsed time and pauses. Everything that waits or expires takes one."""

    def now(self) -> datetime:
        """Wall time, UTC. May jump; never use it to measure."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever run forward."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause; returns at once for zero or less."""
        ...


def elapsed() -> float:
    """Seconds that only ever run forward, of the machine itself, whatever clock is passed in."""
    # Counts a suspended machine's sleep on Linux, so a command cannot outlive its time in a closed laptop;
    # CLOCK_MONOTONIC would stand still.
    return time.clock_gettime(_ELAPSED)


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return elapsed()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


_ELAPSED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class ScaledClock:
    """A clock that runs `speed` times as fast from `start` on: for the demo's simulated days."""

    def __init__(self, start: datetime, speed: float) -> None:
        self._start = start
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._speed)


async def pause(clock: Clock, seconds: float, until: asyncio.Event) -> None:
    """Waits for the event, but no longer than so many seconds; clears the event."""
    waits = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(until.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        until.clear()
