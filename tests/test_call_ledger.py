"""What calls cost and what the month still allows (bridge/ledger.py; fleet-api.md 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from fakes import NOON, FakeClock

from bridge.errors import BudgetSpent, RateLimited
from bridge.ledger import PRICES, Ledger, Month

VIN, OTHER_VIN = "5YJ3E1EA7KF000316", "LRW3E7FS2PC000001"


class Counts:
    """What is kept across restarts, in memory."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, str, str]] = Counter()

    def count_call(self, month: str, device: str, cost: str) -> None:
        self.counted[month, device, cost] += 1

    def calls(self, month: str) -> Mapping[tuple[str, str], int]:
        return {(device, cost): calls for (name, device, cost), calls in self.counted.items() if name == month}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def ledger(clock: FakeClock, counts: Counts) -> Ledger:
    return Ledger(store=counts, clock=clock, budget=10.0)


def _make(ledger: Ledger, cost: str, times: int, device: str = VIN) -> None:
    for _ in range(times):
        ledger.check(cost, device)
        ledger.record(cost, device, 200)


# --- what is counted --------------------------------------------------------------------------------------


def test_a_month_adds_up(ledger: Ledger, counts: Counts) -> None:
    for cost, times in (("data", 100), ("command", 20), ("wake", 3), ("free", 500)):
        _make(ledger, cost, times)
    assert ledger.month() == Month("2026-07", {"data": 100, "command": 20, "wake": 3, "free": 500}, 0.28)
    assert counts.counted["2026-07", VIN, "data"] == 100


@pytest.mark.parametrize(
    ("status", "is_billed"),
    [(200, True), (400, True), (403, True), (408, True), (429, True), (0, True), (500, False), (503, False)],
)
def test_every_answer_below_500_is_billed(ledger: Ledger, status: int, *, is_billed: bool) -> None:
    """A 408 of a sleeping car too; and what left without an answer may have been (status 0)."""
    ledger.record("data", VIN, status)
    assert ledger.month().dollars == (PRICES["data"] if is_billed else 0)


def test_a_restart_forgets_nothing(ledger: Ledger, counts: Counts, clock: FakeClock) -> None:
    _make(ledger, "data", 100)
    _make(ledger, "data", 100, OTHER_VIN)
    again = Ledger(store=counts, clock=clock, budget=10.0)
    assert again.month() == ledger.month()
    assert again.month().dollars == 0.4


# --- the budget -------------------------------------------------------------------------------------------


def test_reading_stops_at_nine_dollars_wakes_after_it_commands_last(ledger: Ledger) -> None:
    _make(ledger, "data", 4500)
    with pytest.raises(BudgetSpent, match="FLEET2MQTT_TESLA_BUDGET"):
        ledger.check("data", VIN)
    _make(ledger, "wake", 25)
    with pytest.raises(BudgetSpent):
        ledger.check("wake", VIN)
    _make(ledger, "command", 500)
    with pytest.raises(BudgetSpent):
        ledger.check("command", VIN)
    assert ledger.month().dollars == 10.0
    ledger.check("free", VIN)


def test_a_car_that_may_always_be_woken_is_woken_until_the_budget_ends(ledger: Ledger) -> None:
    """And not for nothing: there is money left for what it is woken for."""
    ledger.wakes_always = lambda device: device == VIN
    _make(ledger, "command", 9500)
    with pytest.raises(BudgetSpent):
        ledger.check("wake", OTHER_VIN)
    _make(ledger, "wake", 24)
    with pytest.raises(BudgetSpent):
        ledger.check("wake", VIN)
    ledger.check("command", VIN)


def test_a_budget_that_is_raised_or_taken_away_counts_at_once(ledger: Ledger) -> None:
    _make(ledger, "data", 4500)
    for ledger.budget in (20.0, None):
        ledger.check("data", VIN)
    ledger.budget = 5.0
    with pytest.raises(BudgetSpent):
        ledger.check("command", VIN)


def test_the_budget_is_for_all_devices_together(ledger: Ledger) -> None:
    _make(ledger, "data", 2250)
    _make(ledger, "data", 2250, OTHER_VIN)
    with pytest.raises(BudgetSpent):
        ledger.check("data", "another")


def test_without_a_budget_only_what_is_free_is_called(counts: Counts, clock: FakeClock) -> None:
    ledger = Ledger(store=counts, clock=clock, budget=0.0)
    ledger.check("free", VIN)
    for cost in ("data", "command", "wake"):
        with pytest.raises(BudgetSpent):
            ledger.check(cost, VIN)


def test_a_new_month_has_a_new_budget(ledger: Ledger, clock: FakeClock) -> None:
    """It begins on the first, as UTC."""
    _make(ledger, "data", 4500)
    clock.set_wall(datetime(2026, 7, 31, 23, 59, 59, tzinfo=UTC))
    with pytest.raises(BudgetSpent):
        ledger.check("data", VIN)
    clock.advance(1)
    ledger.check("data", VIN)
    assert ledger.month() == Month("2026-08", {}, 0.0)


def test_a_wall_clock_that_jumps_away_and_back_loses_no_call(ledger: Ledger, clock: FakeClock) -> None:
    """Fault case F6."""
    _make(ledger, "data", 10)
    clock.set_wall(datetime(1970, 1, 1, tzinfo=UTC))
    _make(ledger, "data", 1)
    clock.set_wall(NOON)
    _make(ledger, "data", 1)
    assert ledger.month().calls == {"data": 11}


# --- asked to wait ----------------------------------------------------------------------------------------


def test_a_429_stops_one_kind_of_call_to_one_device(ledger: Ledger, clock: FakeClock) -> None:
    ledger.limited("data", VIN, 60)
    clock.advance(20)
    with pytest.raises(RateLimited) as limited:
        ledger.check("data", VIN)
    assert limited.value.wait == 40
    ledger.check("command", VIN)
    ledger.check("data", OTHER_VIN)
    clock.advance(40)
    ledger.check("data", VIN)


@pytest.mark.parametrize("jump", [timedelta(days=-20_000), timedelta(days=730)])
def test_a_jump_of_the_wall_clock_makes_no_wait_longer_or_shorter(
    ledger: Ledger, clock: FakeClock, jump: timedelta
) -> None:
    ledger.limited("data", VIN, 60)
    clock.set_wall(NOON + jump)
    clock.advance(59)
    with pytest.raises(RateLimited):
        ledger.check("data", VIN)
    clock.advance(1)
    ledger.check("data", VIN)
