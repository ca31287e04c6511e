"""What a month's budget allows: how much less to read, which calls stop first, what the month will cost.

Pure. Money is in US dollars before Tesla's credit; a month is Tesla's, from the first, in UTC (fleet-api.md 6.2).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SHARE: Mapping[str, float] = {"data": 0.9, "energy": 0.9, "wake": 0.95, "command": 1.0}
"""How much of the budget each class may use up: reading stops before wakes do, and commands last."""

WARNINGS = (0.5, 0.8, 1.0)
"""Shares of the budget at which its owner is told."""

SLOWED = 0.1
"""From this pressure on the reading is called slowed."""

RECENT = timedelta(days=7)
"""What a forecast is made of."""


class Mode(StrEnum):
    """How far the bridge goes to keep to the budget; each does what those before it do."""

    OFF = "off"
    WARN = "warn"
    SLOW_DOWN = "slow_down"
    HARD_STOP = "hard_stop"


class State(StrEnum):
    """How the budget stands, from well to worst."""

    OK = "ok"
    WARNED = "warned"
    SLOWED = "slowed"
    DATA_STOPPED = "data_stopped"
    COMMANDS_ONLY = "commands_only"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Budget:
    """What calls may cost in a month, and what is done about it."""

    dollars: float
    mode: Mode = Mode.HARD_STOP

    def allows(self, cost: str, price: float, spent: float) -> bool:
        """May a call of this class and price be made, when so much is spent?"""
        if self.mode is not Mode.HARD_STOP or not price:
            return True
        return round(spent + price, 6) <= round(self.dollars * SHARE.get(cost, 1.0), 6)

    def pressure(self, spent: float, gone: float) -> float:
        """How much less to read than one would like: 0 nothing less, 1 not at all.

        `gone`: the share of the month that is over. Whoever reads 1 - pressure of what they would like keeps within
        the budget's share for reading. The fourth power makes the pace settle within days: a life that wants twice the
        budget reads at four fifths of an even pace all month long, and is not starved in its last week.
        """
        if self.mode in {Mode.OFF, Mode.WARN}:
            return 0.0
        even = self.dollars * SHARE["data"] * (1 - gone)
        left = self.dollars * SHARE["data"] - spent
        if left <= 0:
            return 1.0
        return 0.0 if left >= even else 1 - (left / even) ** 4

    def state(self, prices: Mapping[str, float], spent: float, gone: float) -> State:
        """The worst that is true now."""
        if self.mode is Mode.OFF:
            return State.OK
        for cost, state in (
            ("command", State.STOPPED),
            ("wake", State.COMMANDS_ONLY),
            ("data", State.DATA_STOPPED),
        ):
            if not self.allows(cost, prices[cost], spent):
                return state
        if self.pressure(spent, gone) >= SLOWED:
            return State.SLOWED
        return State.WARNED if spent >= WARNINGS[0] * self.dollars else State.OK

    def crossed(self, before: float, after: float) -> float | None:
        """The highest share of WARNINGS that the spending has just reached; None: none, or nobody wants to know."""
        if self.mode is Mode.OFF:
            return None
        shares = [share for share in WARNINGS if before < share * self.dollars <= after]
        return max(shares, default=None)


def month_gone(now: datetime) -> float:
    """The share of the month that is over: 0 on the first at midnight, never 1."""
    return 1 - time_left(now) / timedelta(days=_days(now))


def time_left(now: datetime) -> timedelta:
    """Until the month ends."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first + timedelta(days=_days(now)) - now


def forecast(spent: float, recent: float, since: timedelta, now: datetime) -> float:
    """What the whole month will cost: what is `spent`, and the rest at the pace of `recent` dollars in `since`."""
    pace = recent / max(since, timedelta(days=1)).total_seconds()
    return round(spent + pace * time_left(now).total_seconds(), 2)


def _days(now: datetime) -> int:
    return monthrange(now.year, now.month)[1]
