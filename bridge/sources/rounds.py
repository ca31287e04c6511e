"""Calls that are made again and again, each at its own interval."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bridge import schedule
from bridge.clock import Clock, pause
from bridge.errors import BridgeError
from bridge.model import DeviceId
from bridge.pace import Pace
from bridge.schedule import CallHistory
from bridge.sources.failure import failure


class Rounds:
    """`repeat` makes one call for ever; a failure of one never stops another (reliability.md B9)."""

    def __init__(
        self,
        *,
        clock: Clock,
        pace: Callable[[DeviceId], Pace],
        listening: asyncio.Event,
        report: Callable[[str, BridgeError | None], None],
    ) -> None:
        """Nothing is asked while nobody is `listening`."""
        self._clock = clock
        self._pace = pace
        self._listening = listening
        self._report = report
        self._calls: dict[tuple[DeviceId, str], CallHistory] = {}
        self._nudges: defaultdict[tuple[DeviceId, str], asyncio.Event] = defaultdict(asyncio.Event)

    async def repeat(
        self,
        at: DeviceId,
        name: str,
        interval: Callable[[], float],
        read: Callable[..., Awaitable[None]],
        *values: Any,
    ) -> None:
        """`interval`: seconds, asked anew for every round."""
        key = at, name
        self._calls[key] = CallHistory()
        while True:
            wait = schedule.next_call(self._calls[key], interval(), self._pace(at)) - self._clock.monotonic()
            if wait > 0:
                await pause(self._clock, wait, self._nudges[key])
                continue
            await self._listening.wait()
            asked = self._clock.monotonic()
            error = await failure(read, *values)
            if error:
                self._calls[key] = schedule.put_off(self._calls[key], error, self._clock.monotonic(), self._pace(at))
            else:
                self._calls[key] = schedule.answered(self._calls[key], asked, self._clock.monotonic())
            self._report(f"{at} {name}", error)

    def want(self, at: DeviceId, name: str, wish: float) -> bool:
        """This one call at that moment. Is there such a call?"""
        if (at, name) not in self._calls:
            return False
        self._calls[at, name] = replace(self._calls[at, name], wanted_at=wish)
        self._nudges[at, name].set()
        return True

    def change(self, at: DeviceId, **what: Any) -> None:
        """The histories of all calls of a device."""
        for key, history in self._calls.items():
            if key[0] == at:
                self._calls[key] = replace(history, **what)
        self.nudge(at)

    def nudge(self, at: DeviceId) -> None:
        """When they are due is worked out anew."""
        for (device, _), event in self._nudges.items():
            if device == at:
                event.set()
