"""Asks what stands in `extras`, each row at its own time; nothing that fails here holds up anything else."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from bridge import schedule
from bridge.clock import Clock, pause
from bridge.errors import AnswerInvalid, BridgeError, RateLimited, TryLater
from bridge.model import DeviceId
from bridge.pace import Pace
from bridge.schedule import CallHistory
from bridge.sources.asking import DAY, Asking, Extra

log = structlog.get_logger()

FIRST = (60.0, 900.0)
"""Seconds after the start between which the regular ones are asked first, spread out by device and name.

By then the lists and a site's time zone are known. What is asked often is asked first within a tenth of its time more.
"""

AFTER_ALL = (60.0, 300.0)
"""Seconds by which these come later, spread as above, when Tesla is back from an outage: the devices go first."""

PAID = 30.0
"""Seconds between two calls of one row that cost money, however often they are wished for."""

Key = tuple[DeviceId, str]


class Asker:
    """Of one account. `learn` takes what is heard of a device, `sleeps` tells whether a car is not to be asked."""

    def __init__(
        self,
        extras: Iterable[Extra],
        *,
        clock: Clock,
        pace: Pace,
        listening: asyncio.Event,
        asking: Callable[[DeviceId], Asking],
        sleeps: Callable[[DeviceId], bool],
        learn: Callable[[DeviceId, Mapping[str, Any], float], object],
    ) -> None:
        self._extras = tuple(extras)
        self._clock = clock
        self._pace = pace
        self._listening = listening
        self._asking = asking
        self._sleeps = sleeps
        self._learn = learn
        self._calls: dict[Key, CallHistory] = {}
        self._nudges: defaultdict[Key, asyncio.Event] = defaultdict(asyncio.Event)
        self._troubles: dict[Key, str] = {}

    def want(self, at: DeviceId, name: str, after: float) -> bool:
        """Asks for one so many seconds from now; False: there is no such."""
        if (at, name) not in self._calls:
            return False
        self._change((at, name), wanted_at=self._clock.monotonic() + after)
        return True

    def look_again(self, at: DeviceId) -> None:
        """What was refused is asked once more: somebody has signed in."""
        for extra in self._of(at):
            if extra.is_regular and (at, extra.name) in self._troubles:
                self._change((at, extra.name), not_before=0.0, wanted_at=self._clock.monotonic())

    def start(self, at: DeviceId, group: asyncio.TaskGroup) -> None:
        for extra in self._of(at):
            group.create_task(self._repeat(at, extra))

    def _of(self, at: DeviceId) -> list[Extra]:
        return [extra for extra in self._extras if extra.kind is at.kind]

    def _change(self, key: Key, **what: Any) -> None:
        self._calls[key] = replace(self._calls[key], **what)
        self._nudges[key].set()

    async def _repeat(self, at: DeviceId, extra: Extra) -> None:
        key, now = (at, extra.name), self._clock.monotonic()
        earliest, latest = FIRST
        first = now + schedule.spread(f"{at} {extra.name}", earliest, min(latest, earliest + extra.every / 10))
        pace = self._pace if extra.cost == "free" else replace(self._pace, soonest=PAID)
        self._calls[key] = CallHistory(done_at=first - extra.every if extra.is_regular else now - pace.soonest)
        while True:
            wait = schedule.next_call(self._calls[key], extra.every, pace) - self._clock.monotonic()
            if wait > 0:
                await pause(self._clock, min(wait, DAY), self._nudges[key])
                continue
            await self._listening.wait()
            await self._once(at, extra)

    async def _once(self, at: DeviceId, extra: Extra) -> None:
        """A refusal stands until the next time. What was only asked on request is not repeated: it may be billed."""
        key, asked = (at, extra.name), self._clock.monotonic()
        error = await self._failure(at, extra, asked)
        now = self._clock.monotonic()
        if isinstance(error, TryLater) and extra.is_regular:
            is_held = error.wait is not None and not isinstance(error, RateLimited)
            later = schedule.spread(f"{at} {extra.name}", *AFTER_ALL) if is_held else 0.0
            self._calls[key] = schedule.put_off(self._calls[key], error, now + later, self._pace)
        else:
            self._calls[key] = schedule.answered(self._calls[key], asked, now)
        self._tell(key, error)

    async def _failure(self, at: DeviceId, extra: Extra, asked: float) -> BridgeError | None:
        if extra.reaches_car and self._sleeps(at):
            log.info("not asked: the car sleeps, and is not woken for it", device=str(at), call=extra.name)
            return None
        asking = self._asking(at)
        if extra.place and extra.place not in asking.places:
            log.info("not asked: it tells where the car is, which is not let out", device=str(at), call=extra.name)
            return None
        try:
            answers = await extra.ask(asking)
            for device, answer in answers.items():
                self._learn(device, answer, asked)
        except BridgeError as error:
            return error
        except Exception as bug:  # noqa: BLE001 - `_tell` shows where
            return AnswerInvalid.of_bug("an answer was not understood", bug)
        return None

    def _tell(self, key: Key, error: BridgeError | None) -> None:
        """Each trouble once, however many calls meet it: a missing scope stops several. And once that it is over."""
        facts = {"device": str(key[0]), "call": key[1]}
        before = self._troubles.pop(key, None)
        others = self._troubles.values()
        if error:
            # What heals by itself may say in how many seconds.
            trouble = error.reason if isinstance(error, TryLater) else f"{error.reason}: {error}"
            if trouble != before and trouble not in others:
                log.warning("was not told", **facts, reason=error.reason, error=str(error), exc_info=error.bug)
            self._troubles[key] = trouble
        elif before and before not in others:
            log.info("is told again", **facts)
