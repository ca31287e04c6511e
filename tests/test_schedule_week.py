"""A week of a car that wants to sleep, polled as `schedule` says: what it costs, how it sleeps, what is missed.

The car of performance.md 6 in the strict world: somebody gets in 90 s before each drive, two drives of 40 minutes,
4 hours of charging (even days at plug-in, odd days at 00:30), three times a day it wakes for no reason. It falls
asleep after fifteen quiet minutes, and every data call begins them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from bridge.errors import VehicleUnavailable
from bridge.model import Connectivity
from bridge.schedule import Activity, Pace, VehicleHistory, next_data, put_off, saw_data, saw_state

PACE = Pace()
ONLINE, ASLEEP = Connectivity.ONLINE, Connectivity.ASLEEP
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
QUIET = 15 * MINUTE
WEEK = 7 * DAY


def _agenda() -> Iterator[tuple[float, float, Activity]]:
    for day in range(7):
        midnight = day * DAY
        for drive in (7.75 * HOUR, 17 * HOUR + 10 * MINUTE):
            start = midnight + drive
            yield start - 90, start, Activity.OCCUPIED
            yield start, start + 40 * MINUTE, Activity.DRIVING
        plugged_in = midnight + (17 * HOUR + 50 * MINUTE if day % 2 == 0 else 30 * MINUTE)
        yield plugged_in, plugged_in + 4 * HOUR, Activity.CHARGING
        for idle in (5.1 * HOUR, 11.2 * HOUR, 14.3 * HOUR):
            yield midnight + idle, midnight + idle + 1, Activity.PARKED


AGENDA = sorted(_agenda())


@dataclass
class Week:
    """One car for one week, polled as `schedule` says. Times in seconds from Monday midnight."""

    history: VehicleHistory = field(default_factory=VehicleHistory)
    quiet_until: float = QUIET
    asleep: float = 0.0
    could_sleep: float = 0.0
    calls: list[tuple[float, Activity]] = field(default_factory=list)
    calls_to_a_sleeping_car: int = 0
    ahead: list[tuple[float, float, Activity]] = field(default_factory=lambda: AGENDA[::-1])
    could_from: float = QUIET

    def run(self) -> Week:
        next_list = 0.0
        while next_list < WEEK:
            due = next_data(self.history, PACE)
            if due is not None and due <= next_list:
                self._read(max(due, next_list - PACE.state))
            else:
                self._look(next_list)
                next_list += PACE.state
        return self

    def _look(self, now: float) -> None:
        is_awake = self._is_awake(now)
        self.asleep += 0 if is_awake else PACE.state
        self.could_sleep += PACE.state if now >= self.could_from and not self._doing(now) else 0
        self.history = saw_state(self.history, ONLINE if is_awake else ASLEEP, now)

    def _read(self, now: float) -> None:
        if not self._is_awake(now):
            self.calls_to_a_sleeping_car += 1
            self.history = put_off(self.history, VehicleUnavailable("408"), now, PACE)
            self.history = saw_state(self.history, ASLEEP, now)
            return
        self.quiet_until = max(self.quiet_until, now + QUIET)
        doing = self._doing(now) or Activity.PARKED
        self.calls.append((now, doing))
        self.history = saw_data(self.history, doing, now, now)

    def _is_awake(self, now: float) -> bool:
        """Moves on through the agenda to this moment."""
        while self.ahead and self.ahead[-1][0] <= now:
            end = self.ahead.pop()[1]
            self.could_from = max(self.could_from, end + QUIET)
            self.quiet_until = max(self.quiet_until, end + QUIET)
        return now < self.quiet_until

    def _doing(self, now: float) -> Activity | None:
        return next((doing for start, end, doing in AGENDA if start <= now < end), None)


@pytest.fixture(scope="module")
def week() -> Week:
    return Week().run()


def _delay(week: Week, wanted: Activity) -> list[float]:
    """From every beginning to the first data call that shows it."""
    starts = [start for start, _, doing in AGENDA if doing is wanted]
    seen = [next(at for at, doing in week.calls if at >= start and doing is wanted) for start in starts]
    return [at - start for at, start in zip(seen, starts, strict=True)]


def _silences(week: Week, wanted: Activity) -> Iterator[float]:
    """Seconds between data calls during every such activity, from its beginning to its end."""
    for start, end, doing in AGENDA:
        if doing is wanted:
            moments = [start, *(at for at, _ in week.calls if start < at < end), end]
            yield from (later - at for at, later in pairwise(moments))


def test_a_week_costs_less_than_the_credit(week: Week) -> None:
    """Tesla gives $10 a month, and a data call costs $0.002: 166 a day. Driving takes 80, charging 48 of them."""
    a_day = len(week.calls) / 7
    assert 130 <= a_day <= 155
    assert a_day * 30.4 * 0.002 < 10


def test_a_sleeping_car_is_never_read(week: Week) -> None:
    assert week.calls_to_a_sleeping_car == 0


def test_the_car_sleeps_nearly_whenever_it_can(week: Week) -> None:
    assert week.could_sleep / 7 > 16 * HOUR
    assert week.asleep >= 0.95 * week.could_sleep


@pytest.mark.parametrize(("doing", "silence"), [(Activity.DRIVING, PACE.driving), (Activity.CHARGING, PACE.charging)])
def test_no_silence_is_longer_than_the_settings_say(week: Week, doing: Activity, silence: float) -> None:
    assert max(_silences(week, doing)) <= silence


def test_a_drive_and_a_charge_are_found_within_a_minute(week: Week) -> None:
    assert max(_delay(week, Activity.DRIVING)) <= MINUTE
    assert max(_delay(week, Activity.CHARGING)) <= MINUTE
