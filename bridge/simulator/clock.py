"""Simulated time: the only place of the simulator that asks the system for time."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta


def system_time() -> datetime:
    """The real time, aware UTC: where a simulation starts unless told otherwise."""
    return datetime.now(UTC)


async def real_sleep(seconds: float) -> None:
    """Sleep real seconds, whatever the simulated speed: for faults that test a client's own timeouts."""
    await asyncio.sleep(seconds)


class SimulatedTime:
    """Aware UTC time that starts at `start`, runs `speed` times as fast as ours and can be moved forward.

    With speed 0 it stands still and only `jump` moves it.
    """

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self._start = start
        self._speed = speed
        self._zero = time.monotonic()
        self._jumped = 0.0
        self._jump = asyncio.Event()

    def now(self) -> datetime:
        elapsed = (time.monotonic() - self._zero) * self._speed
        return self._start + timedelta(seconds=elapsed + self._jumped)

    async def sleep(self, seconds: float) -> None:
        """Sleep simulated seconds; a jump shortens it."""
        end = self.now() + timedelta(seconds=seconds)
        while (left := (end - self.now()).total_seconds()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._real(left)):
                    await self._jump.wait()

    def jump(self, seconds: float) -> None:
        """Move time forward by simulated seconds."""
        self._jumped += seconds
        self._jump.set()
        self._jump = asyncio.Event()

    def simulated(self, seconds: float) -> float:
        """What so many real seconds are in simulated ones."""
        return seconds * self._speed

    def _real(self, seconds: float) -> float | None:
        return seconds / self._speed if self._speed else None
