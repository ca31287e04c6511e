"""Tells the battery's level between two readings, as `estimate` reckons it: one task for each car."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog

from bridge import estimate
from bridge.clock import Clock, pause
from bridge.estimate import Battery, Reading
from bridge.model import DeviceId, Update
from bridge.schedule import Activity

IDLE = 3600.0
"""Seconds between looks while there is nothing to tell; a reading ends the waiting."""

log = structlog.get_logger()


class Estimates:
    """`saw` what was read; `follow` tells what follows from it, as updates of the source `estimate`.

    An answer that cannot be reckoned with fails neither: the reading is paid for, and is not to be repeated.
    """

    def __init__(self, clock: Clock, hear: Callable[[Update], None]) -> None:
        self._clock = clock
        self._hear = hear
        self._batteries: defaultdict[DeviceId, Battery] = defaultdict(Battery)
        self._nudges: defaultdict[DeviceId, asyncio.Event] = defaultdict(asyncio.Event)
        self._failing: set[DeviceId] = set()

    def saw(self, at: DeviceId, charge: Any, doing: Activity, asked: float) -> float | None:
        """A `charge_state` that was asked for then. Gives when the next reading tells most, if that is known."""
        return self._attempt(at, partial(self._learn, at, charge, doing, asked))

    def forget(self, at: DeviceId) -> None:
        self._batteries.pop(at, None)

    async def follow(self, at: DeviceId) -> None:
        """Never ends."""
        while True:
            await pause(self._clock, self._attempt(at, partial(self._tell, at)) or IDLE, self._nudges[at])

    def _attempt(self, at: DeviceId, reckon: Callable[[], float | None]) -> float | None:
        """A bug of ours is told once, until there is an estimate again; what led to it is forgotten."""
        try:
            return reckon()
        except Exception:
            if at not in self._failing:
                log.warning("the battery's level is not estimated", device=str(at), exc_info=True)
            self._failing.add(at)
            self.forget(at)
            return None

    def _learn(self, at: DeviceId, charge: Any, doing: Activity, asked: float) -> float | None:
        found = reading(charge, doing, asked)
        if found is None:
            return None
        self._batteries[at] = estimate.saw(self._batteries[at], found)
        self._nudges[at].set()
        return estimate.next_event(self._batteries[at])

    def _tell(self, at: DeviceId) -> float | None:
        """Tells what the level is now. Gives how long that stands, in seconds; None: until the next reading."""
        now = self._clock.monotonic()
        battery = self._batteries[at]
        coming = estimate.outlook(battery)
        if coming is None:
            return None
        read, level = battery.session[-1], coming.level(now)
        is_estimate = level is not None and level != read.level
        values = {"battery_level": level if is_estimate else read.level, "battery_level_estimated": is_estimate}
        # As of the reading that it is made from: the next one is newer, however long its answer takes.
        self._hear(Update(at, values, read.at, "estimate"))
        self._failing.discard(at)
        return None if level is None else coming.next_change(now) - now


def reading(charge: Any, doing: Activity, asked: float) -> Reading | None:
    """What a `charge_state` tells of the battery (fleet-api.md 2.2); None: not even its level."""
    level = _number(charge, "battery_level")
    if level is None:
        return None
    minutes, miles = _number(charge, "minutes_to_full_charge"), _number(charge, "battery_range")
    is_cold = _number(charge, "usable_battery_level") not in {None, level}
    limit, is_charging = _number(charge, "charge_limit_soc"), doing is Activity.CHARGING
    return Reading(
        asked,
        int(level),
        None if is_cold else miles,
        doing,
        limit=int(limit) if limit and is_charging else None,
        full_at=asked + 60 * minutes if minutes and is_charging else None,
        rate=_rate(level, miles, _number(charge, "charge_rate")) if is_charging else None,
    )


def _rate(level: float, miles: float | None, miles_an_hour: float | None) -> float | None:
    """Percent a second, of the miles of range that a charging car gains in an hour."""
    return miles_an_hour / 3600 * level / miles if miles and miles_an_hour else None


def _number(answer: Any, name: str) -> float | None:
    """What is missing, null or a word is unknown (fleet-api.md 2.2)."""
    value = answer.get(name) if isinstance(answer, Mapping) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
