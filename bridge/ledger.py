"""What every call costs, what the month has cost, and what it still allows (fleet-api.md 6).

Every answer below 500 is billed, a 408 of a sleeping car too; and what left without an answer may have been. So a call
is entered before it leaves, and struck out only when it is certain that Tesla does not bill it: whatever happens, also
a SIGKILL, the ledger is never below the bill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

import structlog

from bridge.blocks import Blocks, BlockStore, Minutes
from bridge.budget import RECENT, Budget, State, forecast, month_gone
from bridge.clock import Clock
from bridge.errors import BudgetSpent, WakesSpent
from bridge.prices import LIST, PriceList
from bridge.trying import Trying

log = structlog.get_logger()

Key = tuple[str, str, str]
"""The hour in UTC (`2026-11-22T18`) or, once it is older, the day; the device or account; the price class."""


class CallStore(BlockStore, Protocol):
    """Where counts and blocks are kept across restarts."""

    def keep_calls(self, counts: Iterable[tuple[str, str, str, int, int]]) -> None: ...
    def fold_calls(self, before: str) -> None: ...
    def calls(self, since: str) -> Iterable[tuple[str, str, str, int, int]]: ...


class Line(NamedTuple):
    """One call that has been entered."""

    key: Key
    account: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month so far: calls by price class, US dollars before the credit, and how the budget stands."""

    name: str
    calls: Mapping[str, int]
    dollars: float
    forecast: float
    credit_left: float
    budget: float
    budget_left: float
    state: State
    pressure: float
    """0..1: how much less to read than one would like (budget.py)."""
    unanswered: int
    """Calls that are counted and got no answer: Tesla may not bill them."""
    limited_until: datetime | None
    last_day: Mapping[str, int]
    """Calls of the last 24 hours by price class."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one device has had: calls today (UTC) by price class, and US dollars this month."""

    today: Mapping[str, int]
    dollars: float
    last_paid: datetime | None
    """When the last call that has a price was made; None: not since the start."""


class Ledger:
    """Asked and told before every call, and told again after every answer. `budget` may be changed at any time.

    `wakes_always`: may this car be woken with the money that is kept for commands?
    """

    def __init__(
        self,
        *,
        store: CallStore,
        clock: Clock,
        budget: float | Budget,
        prices: PriceList = LIST,
        wakes_a_day: int | None = None,
    ) -> None:
        """`wakes_a_day`: so many for each car; None: as many as the budget allows."""
        self.wakes_always: Callable[[str], bool] = lambda _: False
        self.budget = budget if isinstance(budget, Budget) else Budget(budget)
        self.prices = prices
        self.wakes_a_day = wakes_a_day
        self._store = store
        self._clock = clock
        self._blocks = Blocks(store, clock)
        self._minutes = Minutes(prices.per_minute, clock)
        self._day = ""
        self._calls: Counter[Key] = Counter()
        self._unanswered: Counter[Key] = Counter()
        self._under_way: Counter[Key] = Counter()
        self._month: Counter[str] = Counter()
        self._unsaved: set[Key] = set()
        self._saving = Trying("a call could not be entered in the ledger")
        self._last_paid: dict[str, datetime] = {}

    # --- one call ---------------------------------------------------------------------------------------

    def begin(self, cost: str, about: str, account: str = "") -> Line:
        """Enters a call that is about to leave. `about`: the device, or the account.

        Raises BudgetSpent, RateLimited or AccountLimited when it must not be made now.
        """
        self._turn_page()
        price = self.prices.dollars[cost]
        self._blocks.check(cost, about, account, is_paid=price > 0)
        self._check_wakes(cost, about)
        self._check_budget(cost, price, about)
        self._minutes.check(cost, about)
        self._minutes.count(cost, about)
        line = Line((_hour(self._clock.now()), about, cost), account)
        before = self.prices.cost(self._month)
        self._under_way[line.key] += 1
        self._add(line.key, 1)
        self._warn(before, before + price)
        if price:
            self._last_paid[about] = self._clock.now()
        return line

    def end(self, line: Line, status: int | None) -> None:
        """What became of it: the status, 0 when no answer came, None when provably nothing left."""
        self._under_way -= Counter((line.key,))
        if status is None or status >= 500:
            self._add(line.key, -1)
        elif status == 0:
            self._unanswered[line.key] += 1
            self._save(line.key)
        elif status < 400 and self.prices.dollars[line.key[2]]:
            self._blocks.worked(line.account)

    def limited(self, line: Line, wait: float) -> None:
        """A 429: no call of this class about this device for `wait` seconds."""
        self._blocks.limited(line.key[2], line.key[1], wait)

    def switched_off(self, line: Line, said: str) -> None:
        """Tesla has switched the app off: 402, or 403 EXCEEDED_LIMIT."""
        self._blocks.switched_off(line.account, said)

    def _check_wakes(self, cost: str, about: str) -> None:
        if cost != "wake" or self.wakes_a_day is None:
            return
        if self._of_day(about)[cost] >= self.wakes_a_day:
            raise WakesSpent(
                f"the car was woken {self.wakes_a_day} times today, which is all that "
                "FLEET2MQTT_COMMANDS_WAKES_A_DAY allows; midnight in UTC begins a new day"
            )

    def _check_budget(self, cost: str, price: float, about: str) -> None:
        use = cost
        if cost == "wake" and self.wakes_always(about):
            use, price = "command", price + self.prices.dollars["command"]  # what it is woken for can be paid, too
        if not self.budget.allows(use, price, self.prices.cost(self._month)):
            raise BudgetSpent(
                f"the month's budget of ${self.budget.dollars:.2f} is spent for {cost} calls; "
                "raise FLEET2MQTT_TESLA_BUDGET or wait for the next month"
            )

    def _warn(self, before: float, after: float) -> None:
        if share := self.budget.crossed(before, after):
            log.warning("the month's calls have used up their budget", percent=round(share * 100), dollars=after)

    # --- the books --------------------------------------------------------------------------------------

    def month(self) -> Month:
        """The month so far. Tesla's month begins on the first, taken as UTC (fleet-api.md 6.2)."""
        self._turn_page()
        now, spent = self._clock.now(), self.prices.cost(self._month)
        return Month(
            name=_month(self._day),
            calls=self._month - self._open(_month(self._day)),
            dollars=spent,
            forecast=self._forecast(spent, now),
            credit_left=round(max(0.0, self.prices.credit - spent), 4),
            budget=self.budget.dollars,
            budget_left=round(max(0.0, self.budget.dollars - spent), 4),
            state=self.budget.state(self.prices.dollars, spent, month_gone(now)),
            pressure=round(self.pressure, 4),
            unanswered=sum(number for key, number in self._unanswered.items() if self._is_of_month(key)),
            limited_until=self._blocks.until,
            last_day=self._since(_hour(now - timedelta(days=1))) - self._open(),
        )

    def share(self, about: str) -> Share:
        """One device's part of it."""
        self._turn_page()
        calls = Counter[str]()
        for key, number in self._calls.items():
            if key[1] == about and self._is_of_month(key):
                calls[key[2]] += number
        return Share(
            self._of_day(about) - self._open(self._day, about), self.prices.cost(calls), self._last_paid.get(about)
        )

    @property
    def pressure(self) -> float:
        """0..1: how much less to read than one would like, for the budget to last (budget.py)."""
        self._turn_page()
        return self.budget.pressure(self.prices.cost(self._month), month_gone(self._clock.now()))

    def _forecast(self, spent: float, now: datetime) -> float:
        since = _hour(now - RECENT)
        first = min((key[0] for key in self._calls if key[0] >= since), default=_hour(now))
        began = datetime.fromisoformat(first + ":00" if "T" in first else first).replace(tzinfo=UTC)
        return forecast(spent, self.prices.cost(self._since(since)), now - began, now)

    def _of_day(self, about: str) -> Counter[str]:
        calls = Counter[str]()
        for (at, whose, cost), number in self._calls.items():
            if whose == about and at.startswith(self._day):
                calls[cost] += number
        return calls

    def _open(self, begun: str = "", about: str = "") -> Counter[str]:
        """What is under way is told once it cannot be struck out any more: a count that is told never falls."""
        calls = Counter[str]()
        for (at, whose, cost), number in self._under_way.items():
            if at.startswith(begun) and about in {"", whose}:
                calls[cost] += number
        return calls

    def _since(self, at: str) -> Counter[str]:
        calls = Counter[str]()
        for key, number in self._calls.items():
            if key[0] >= at:
                calls[key[2]] += number
        return +calls

    def _is_of_month(self, key: Key) -> bool:
        return key[0].startswith(_month(self._day))

    # --- keeping ----------------------------------------------------------------------------------------

    def _add(self, key: Key, number: int) -> None:
        self._calls[key] += number
        if self._is_of_month(key):
            self._month[key[2]] += number
        self._save(key)

    def _save(self, key: Key) -> None:
        """What could not be written is written with the next one: a full disk must stop no call (F4, B6)."""
        self._unsaved.add(key)
        with self._saving:  # the count in memory goes on
            self._store.keep_calls((*each, self._calls[each], self._unanswered[each]) for each in self._unsaved)
            self._unsaved.clear()

    def _turn_page(self) -> None:
        """At the start, on a new day, and when the wall clock has jumped."""
        day = self._clock.now().strftime("%Y-%m-%d")
        if day == self._day:
            return
        self._day = day
        if not self._unsaved:
            self._recall()
        self._month = Counter()
        for key, number in self._calls.items():
            if self._is_of_month(key):
                self._month[key[2]] += number

    def _recall(self) -> None:
        """The last month and more, the last two days of it by the hour."""
        now = self._clock.now()
        try:
            self._store.fold_calls(_day(now - timedelta(days=1)))
        except Exception as error:  # noqa: BLE001 - a full disk can still be read, and hours add up like days (F4)
            log.warning("the ledger could not be tidied", error=str(error))
        try:
            rows = list(self._store.calls(_day(now - timedelta(days=32))))
        except Exception as error:  # noqa: BLE001 - what is in memory goes on (F4)
            log.warning("the ledger could not be read", error=str(error))
            return
        self._calls = Counter({(at, about, cost): calls for at, about, cost, calls, _ in rows})
        self._unanswered = Counter({(at, about, cost): number for at, about, cost, _, number in rows})


def _hour(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H")


def _day(now: datetime) -> str:
    return now.strftime("%Y-%m-%d")


def _month(day: str) -> str:
    return day[:7]
