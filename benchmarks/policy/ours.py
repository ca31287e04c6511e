"""The bridge's own policy: `bridge/schedule.py` and `bridge/estimate.py` play, and nothing stands in for them."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.policy.protocol import CHARGING, CREDIT, DISCONNECTED, NEVER, PRICES, Level, Reply, Request
from benchmarks.policy.world import DAY
from bridge import estimate, schedule
from bridge.errors import VehicleUnavailable
from bridge.estimate import Battery, Reading
from bridge.model import Connectivity
from bridge.pace import Pace
from bridge.schedule import Activity, VehicleHistory

READING = 0.9 * CREDIT
"""US dollars a month; the rest is kept for commands."""


def pressure(spent: float, gone: float) -> float:
    """How much less to read than one would like, 0 to 1. `gone`: the share of the month that is over."""
    even, left = READING * (1 - gone), READING - spent
    return 0.0 if left >= even else 1 - (max(left, 0.0) / even) ** 4


class Ours:
    """Turns replies into the schedule's events, and asks it for the next call."""

    is_pushed = False

    def __init__(self, pace: Pace, *, has_estimates: bool = True) -> None:
        self._pace = pace
        self._has_estimates = has_estimates
        self.history = VehicleHistory()
        self.battery = Battery()
        self._next_list = 0.0
        self._spent = 0.0

    def next(self, last: Reply | None, now: float) -> Request:
        if last:
            self._saw(last, now)
        due = schedule.next_data(self.history, self._pace, self._pressure(now))
        if due is None or due >= self._next_list:
            at, self._next_list = self._next_list, self._next_list + self._pace.state
            return Request(max(at, now), "state")
        return Request(max(due, now), "data")

    def _pressure(self, now: float) -> float:
        """As the budget tells it, when all that is spent is spent on reading one car."""
        return pressure(self._spent, now % (30 * DAY) / (30 * DAY))

    def _saw(self, reply: Reply, now: float) -> None:
        if reply.kind == "state":
            state = Connectivity.ONLINE if reply.is_online else Connectivity.ASLEEP
            self.history = schedule.saw_state(self.history, state, now)
            return
        self._spent += PRICES["data"]
        if reply.status == 200:
            end = estimate.next_event(self.battery)
            self.history = schedule.saw_data(
                self.history, doing(reply), now, now, end, is_plugged=reply.charging != DISCONNECTED
            )
        else:
            self.history = schedule.put_off(self.history, VehicleUnavailable("408"), now, self._pace)
            self.history = schedule.saw_state(self.history, Connectivity.ASLEEP, now)

    def levels(self, reply: Reply) -> Iterator[Level]:
        """What the poller publishes until the next reading; it learns from this one first."""
        is_charging = reply.charging == CHARGING
        self.battery = estimate.saw(
            self.battery,
            Reading(
                reply.at,
                reply.battery,
                reply.battery_range,
                doing(reply),
                reply.charge_limit if is_charging else None,
                reply.charge_end,
                reply.rate if is_charging else None,
            ),
        )
        yield Level(reply.at, reply.battery)
        outlook = estimate.outlook(self.battery) if self._has_estimates else None
        if outlook is None:
            return
        at = reply.at
        while (at := outlook.next_change(at)) < min(outlook.until, NEVER):
            if (level := outlook.level(at)) is not None:
                yield Level(at, level)
        yield Level(outlook.until, reply.battery)


def doing(reply: Reply) -> Activity:
    if reply.is_driving:
        return Activity.DRIVING
    if reply.charging == CHARGING:
        return Activity.CHARGING
    return Activity.OCCUPIED if reply.is_occupied else Activity.PARKED
