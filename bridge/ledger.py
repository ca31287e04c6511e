"""What every call costs, what the month has cost, and what it still allows (fleet-api.md 6).

Every answer below 500 is billed, a 408 of a sleeping car too. The list of vehicles, energy sites and sign-in are
free today; they are counted all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.clock import Clock
from bridge.errors import BudgetSpent, RateLimited

PRICES: Mapping[str, float] = {"data": 0.002, "command": 0.001, "wake": 0.02, "free": 0.0}
"""US dollars a call (fleet-api.md 6.2)."""

CREDIT = 10.0
"""US dollars a month that Tesla does not charge (fleet-api.md 6.2)."""

SHARE: Mapping[str, float] = {"data": 0.9, "wake": 0.95, "command": 1.0}
"""How much of the budget each class may use up: reading stops before commands do."""


class CallStore(Protocol):
    """Where counts are kept across restarts."""

    def count_call(self, month: str, device: str, cost: str) -> None: ...
    def calls(self, month: str) -> Mapping[tuple[str, str], int]: ...


@dataclass(frozen=True, slots=True)
class Month:
    """A month so far: calls by price class, and US dollars before the credit."""

    name: str
    calls: Mapping[str, int]
    dollars: float


class Ledger:
    """Asked before every call, told after every answer. `budget` may be changed at any time.

    `wakes_always`: may this car be woken with the money that is kept for commands?
    """

    def __init__(self, *, store: CallStore, clock: Clock, budget: float) -> None:
        self.wakes_always: Callable[[str], bool] = lambda _: False
        self._store = store
        self._clock = clock
        self.budget: float | None = budget
        self._blocked: dict[tuple[str, str], float] = {}
        self._month = ""
        self._calls: Counter[str] = Counter()

    def check(self, cost: str, device: str) -> None:
        """Raises BudgetSpent or RateLimited when this call must not be made now."""
        wait = self._blocked.get((cost, device), 0.0) - self._clock.monotonic()
        if wait > 0:
            raise RateLimited(f"Tesla asked to wait {wait:.0f} s more with {cost} calls", wait)
        self._turn_page()
        if self.budget is not None and not self._affords(cost, device, self.budget):
            raise BudgetSpent(
                f"the month's budget of ${self.budget:.2f} is spent for {cost} calls; "
                "raise FLEET2MQTT_TESLA_BUDGET or wait for the next month"
            )

    def _affords(self, cost: str, device: str, budget: float) -> bool:
        price, share = PRICES[cost], SHARE.get(cost, 1.0)
        if cost == "wake" and self.wakes_always(device):
            price, share = price + PRICES["command"], 1.0  # not for nothing: what it is woken for can be paid, too
        return not price or _dollars(self._calls) + price <= budget * share

    def record(self, cost: str, device: str, status: int) -> None:
        """An answer came; below 500 it is billed (fleet-api.md 6.2)."""
        if status < 500:
            self._turn_page()
            self._calls[cost] += 1
            self._store.count_call(self._month, device, cost)

    def limited(self, cost: str, device: str, wait: float) -> None:
        """A 429: no call of this class for this device for `wait` seconds."""
        self._blocked[cost, device] = self._clock.monotonic() + wait

    def month(self) -> Month:
        """The month so far. Tesla's month begins on the first, taken as UTC (fleet-api.md 6.2)."""
        self._turn_page()
        return Month(self._month, dict(self._calls), _dollars(self._calls))

    def _turn_page(self) -> None:
        name = _name(self._clock.now())
        if name != self._month:
            self._month, self._calls = name, Counter()
            for (_, cost), calls in self._store.calls(name).items():
                self._calls[cost] += calls


def _dollars(calls: Mapping[str, int]) -> float:
    return round(sum(PRICES[cost] * number for cost, number in calls.items()), 4)


def _name(now: datetime) -> str:
    return f"{now.year}-{now.month:02}"
