"""What calls cost and what the month still allows (bridge/ledger.py; fleet-api.md 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import NOON, FakeClock

from bridge.budget import Budget, Mode, State
from bridge.database import Database
from bridge.errors import AccountLimited, BridgeError, BudgetSpent, RateLimited, WakesSpent
from bridge.ledger import Ledger
from bridge.prices import LIST, PRICES

VIN, OTHER_VIN = "5YJ3E1EA7KF000316", "LRW3E7FS2PC000001"
UNHURRIED = LIST.altered({}, {"data": 10**6, "command": 10**6, "wake": 10**6})
"""As if Tesla allowed any number of calls a minute."""

Books = Callable[[], Ledger]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as database:
        yield database


@pytest.fixture
def opened(clock: FakeClock, database: Database) -> Books:
    """Opens the books, anew at each call, as a restart does."""
    return lambda: Ledger(store=database, clock=clock, budget=10.0, prices=UNHURRIED)


@pytest.fixture
def ledger(opened: Books) -> Ledger:
    return opened()


def _make(ledger: Ledger, cost: str, times: int, device: str = VIN, status: int | None = 200) -> None:
    for _ in range(times):
        ledger.end(ledger.begin(cost, device, "home"), status)


def _may(ledger: Ledger, cost: str, device: str = VIN, account: str = "home") -> type[BridgeError] | None:
    """Makes a call that is answered well; what it was refused with, if it was."""
    try:
        ledger.end(ledger.begin(cost, device, account), 200)
    except BridgeError as error:
        return type(error)
    return None


# --- what is counted --------------------------------------------------------------------------------------


def test_a_month_adds_up(ledger: Ledger) -> None:
    for cost, times in (("data", 100), ("command", 20), ("wake", 3), ("free", 500)):
        _make(ledger, cost, times)
    month = ledger.month()
    assert (month.name, month.dollars) == ("2026-07", 0.28)
    assert month.calls == {"data": 100, "command": 20, "wake": 3, "free": 500}
    assert (month.credit_left, month.budget_left, month.unanswered) == (9.72, 9.72, 0)


@pytest.mark.parametrize(
    ("status", "is_billed"),
    [(200, True), (400, True), (403, True), (408, True), (429, True), (0, True), (500, False), (None, False)],
)
def test_every_answer_below_500_is_billed(ledger: Ledger, status: int | None, *, is_billed: bool) -> None:
    """A 408 of a sleeping car too; what left without an answer may have been (0); what never left was not (None)."""
    _make(ledger, "data", 1, status=status)
    assert ledger.month().dollars == (PRICES["data"] if is_billed else 0)
    assert ledger.month().unanswered == (status == 0)


def test_a_call_is_entered_before_it_leaves(ledger: Ledger, opened: Books) -> None:
    """Killed now, the next life knows of it."""
    ledger.begin("wake", VIN)
    assert opened().month().dollars == PRICES["wake"]


@pytest.mark.parametrize("status", [503, None])
def test_the_counts_that_are_told_never_run_backwards(ledger: Ledger, status: int | None) -> None:
    """Home Assistant takes a counter that falls for one that began anew. Money counts what is under way."""
    _make(ledger, "data", 1)
    line = ledger.begin("data", VIN)
    meanwhile, share = ledger.month(), ledger.share(VIN)
    ledger.end(line, status)
    assert (meanwhile.calls, meanwhile.last_day, share.today) == ({"data": 1}, {"data": 1}, {"data": 1})
    assert meanwhile.dollars == 2 * PRICES["data"]
    assert (ledger.month().calls, ledger.share(VIN).today) == ({"data": 1}, {"data": 1})


def test_a_restart_forgets_nothing(ledger: Ledger, opened: Books) -> None:
    _make(ledger, "data", 100)
    _make(ledger, "data", 100, OTHER_VIN, status=0)
    again = opened()
    assert again.month() == ledger.month()
    assert (again.month().dollars, again.month().unanswered) == (0.4, 100)


def test_each_device_has_its_share(ledger: Ledger, clock: FakeClock) -> None:
    _make(ledger, "data", 7)
    clock.advance(24 * 3600)
    _make(ledger, "command", 2)
    _make(ledger, "wake", 1, OTHER_VIN)
    share = ledger.share(VIN)
    assert (share.today, share.dollars, share.last_paid) == ({"command": 2}, 0.016, clock.now())
    assert ledger.share(OTHER_VIN).today == {"wake": 1}


def test_a_day_ago_is_told_by_the_hour(ledger: Ledger, opened: Books, clock: FakeClock) -> None:
    _make(ledger, "data", 5)
    clock.advance(23 * 3600)
    _make(ledger, "data", 3)
    assert opened().month().last_day == {"data": 8}
    clock.advance(3 * 3600)
    assert opened().month().last_day == {"data": 3}


def test_what_is_old_is_kept_by_the_day(ledger: Ledger, opened: Books, database: Database, clock: FakeClock) -> None:
    for _ in range(48):
        _make(ledger, "data", 1)
        _make(ledger, "data", 1, status=0)
        clock.advance(3600)
    clock.advance(3 * 24 * 3600)
    assert opened().month().calls == {"data": 96}
    assert opened().month().unanswered == 48
    assert [row[:4] for row in database.calls("2026")] == [
        ("2026-07-01", VIN, "data", 24),
        ("2026-07-02", VIN, "data", 48),
        ("2026-07-03", VIN, "data", 24),
    ]


def test_a_full_disk_costs_no_count(ledger: Ledger, opened: Books, database: Database) -> None:
    """Fault case F4: the next one that can be written takes with it what could not."""
    assert database._sqlite
    _make(ledger, "data", 1)
    database._sqlite.execute("PRAGMA query_only = 1")
    _make(ledger, "command", 5)
    assert ledger.month().calls == {"data": 1, "command": 5}
    database._sqlite.execute("PRAGMA query_only = 0")
    _make(ledger, "data", 1)
    assert opened().month().calls == {"data": 2, "command": 5}


def test_a_full_disk_at_midnight_costs_no_count(ledger: Ledger, database: Database, clock: FakeClock) -> None:
    assert database._sqlite
    _make(ledger, "data", 3)
    database._sqlite.execute("PRAGMA query_only = 1")
    clock.advance(24 * 3600)
    _make(ledger, "data", 1)
    assert ledger.month().calls == {"data": 4}


def test_a_full_disk_at_the_start_hides_nothing_that_was_spent(
    opened: Books, ledger: Ledger, database: Database
) -> None:
    """Else a bridge that starts again has a whole budget once more."""
    assert database._sqlite
    _make(ledger, "data", 4500)
    database._sqlite.execute("PRAGMA query_only = 1")
    again = opened()
    assert again.month().calls == {"data": 4500}
    assert _may(again, "data") is BudgetSpent


# --- the budget -------------------------------------------------------------------------------------------


def test_reading_stops_at_nine_dollars_wakes_after_it_commands_last(ledger: Ledger) -> None:
    _make(ledger, "data", 4500)
    with pytest.raises(BudgetSpent, match="FLEET2MQTT_TESLA_BUDGET"):
        ledger.begin("data", VIN)
    assert ledger.month().state is State.DATA_STOPPED
    _make(ledger, "wake", 25)
    assert _may(ledger, "wake") is BudgetSpent
    assert ledger.month().state is State.COMMANDS_ONLY
    _make(ledger, "command", 500)
    assert _may(ledger, "command") is BudgetSpent
    assert (ledger.month().dollars, ledger.month().state) == (10.0, State.STOPPED)
    assert _may(ledger, "free") is None


def test_calls_at_the_same_time_do_not_overdraw_it(clock: FakeClock, database: Database) -> None:
    """The second one is refused before the first is answered."""
    ledger = Ledger(store=database, clock=clock, budget=0.03)
    ledger.begin("wake", VIN)
    assert _may(ledger, "wake", OTHER_VIN) is BudgetSpent


def test_a_car_that_may_always_be_woken_is_woken_until_the_budget_ends(ledger: Ledger) -> None:
    """And not for nothing: there is money left for what it is woken for."""
    ledger.wakes_always = lambda device: device == VIN
    _make(ledger, "command", 9500)
    assert _may(ledger, "wake", OTHER_VIN) is BudgetSpent
    _make(ledger, "wake", 24)
    assert _may(ledger, "wake") is BudgetSpent
    assert _may(ledger, "command") is None


def test_the_budget_is_for_all_devices_together(ledger: Ledger) -> None:
    _make(ledger, "data", 2250)
    _make(ledger, "data", 2250, OTHER_VIN)
    assert _may(ledger, "data", "another") is BudgetSpent


def test_without_a_budget_only_what_is_free_is_called(database: Database, clock: FakeClock) -> None:
    ledger = Ledger(store=database, clock=clock, budget=0.0)
    assert [cost for cost in PRICES if _may(ledger, cost) is None] == ["energy", "free"]


def test_a_site_that_has_a_price_is_under_the_budget_too(database: Database, clock: FakeClock) -> None:
    ledger = Ledger(store=database, clock=clock, budget=1.0, prices=UNHURRIED.altered({"energy": 0.002}, {}))
    _make(ledger, "energy", 450, "2252")
    assert _may(ledger, "energy", "2252") is BudgetSpent
    assert _may(ledger, "command") is None


def test_the_budget_can_be_changed_while_it_runs(ledger: Ledger) -> None:
    _make(ledger, "data", 4500)
    ledger.budget = Budget(20.0)
    assert _may(ledger, "data") is None
    ledger.budget = Budget(1.0, Mode.WARN)
    assert _may(ledger, "data") is None
    ledger.budget = Budget(1.0)
    assert _may(ledger, "data") is BudgetSpent


def test_a_new_month_has_a_new_budget(ledger: Ledger, clock: FakeClock) -> None:
    """It begins on the first, as UTC."""
    _make(ledger, "data", 4500)
    clock.set_wall(datetime(2026, 7, 31, 23, 59, 59, tzinfo=UTC))
    assert _may(ledger, "data") is BudgetSpent
    clock.advance(1)
    assert (ledger.month().name, ledger.month().calls, ledger.month().dollars) == ("2026-08", {}, 0.0)
    assert _may(ledger, "data") is None


def test_a_wall_clock_that_jumps_away_and_back_loses_no_call(ledger: Ledger, clock: FakeClock) -> None:
    """Fault case F6."""
    _make(ledger, "data", 10)
    clock.set_wall(datetime(1970, 1, 1, tzinfo=UTC))
    _make(ledger, "data", 1)
    clock.set_wall(NOON)
    _make(ledger, "data", 1)
    assert ledger.month().calls == {"data": 11}


def test_the_owner_is_told_once_at_half_at_four_fifths_and_at_the_end(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.budget = Budget(0.1)
    _make(ledger, "command", 100)
    told = [line for line in capsys.readouterr().out.splitlines() if "budget" in line]
    assert [percent for percent in (50, 80, 100) for line in told if f"percent={percent}" in line] == [50, 80, 100]


def test_a_car_is_woken_so_many_times_a_day(database: Database, clock: FakeClock) -> None:
    ledger = Ledger(store=database, clock=clock, budget=10.0, prices=UNHURRIED, wakes_a_day=3)
    _make(ledger, "wake", 3)
    again = Ledger(store=database, clock=clock, budget=10.0, prices=UNHURRIED, wakes_a_day=3)
    with pytest.raises(WakesSpent, match=r"woken 3 times today.*FLEET2MQTT_COMMANDS_WAKES_A_DAY") as refused:
        again.begin("wake", VIN)
    assert refused.value.reason == "wake_cap"
    assert _may(again, "command") is None
    assert _may(again, "wake", OTHER_VIN) is None
    clock.advance(12 * 3600)
    assert _may(again, "wake") is None


# --- asked to wait ----------------------------------------------------------------------------------------


def _limit(ledger: Ledger, cost: str, wait: float) -> None:
    line = ledger.begin(cost, VIN, "home")
    ledger.end(line, 429)
    ledger.limited(line, wait)


@pytest.mark.case("F13")
def test_a_429_stops_one_kind_of_call_to_one_device(ledger: Ledger, clock: FakeClock) -> None:
    _limit(ledger, "data", 60)
    clock.advance(20)
    with pytest.raises(RateLimited) as limited:
        ledger.begin("data", VIN)
    assert limited.value.wait == 40
    assert _may(ledger, "command") is None
    assert _may(ledger, "data", OTHER_VIN) is None
    clock.advance(40)
    assert _may(ledger, "data") is None


@pytest.mark.case("F13")
@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_a_wall_clock_that_jumps_changes_no_wait(ledger: Ledger, clock: FakeClock, jump: timedelta) -> None:
    _limit(ledger, "data", 60)
    clock.set_wall(NOON + jump)
    clock.advance(59)
    assert _may(ledger, "data") is RateLimited
    clock.advance(1)
    assert _may(ledger, "data") is None


@pytest.mark.case("F13")
def test_a_restart_does_not_forget_a_429(ledger: Ledger, opened: Books, clock: FakeClock) -> None:
    """Fault case F13."""
    _limit(ledger, "data", 45983)
    clock.advance(40000)
    again = opened()
    assert _may(again, "data") is RateLimited
    assert again.month().limited_until == NOON + timedelta(seconds=45983)
    clock.advance(5984)
    assert _may(again, "data") is None
    assert again.month().limited_until is None


@pytest.mark.case("F13")
def test_no_wrong_clock_makes_a_restart_wait_longer(ledger: Ledger, opened: Books, clock: FakeClock) -> None:
    _limit(ledger, "data", 60)
    clock.set_wall(datetime(1970, 1, 1, tzinfo=UTC))
    again = opened()
    clock.advance(61)
    assert _may(again, "data") is None


@pytest.mark.parametrize(("cost", "allowed"), [("data", 60), ("command", 30), ("wake", 3)])
def test_the_bridge_keeps_to_the_limits_a_minute_by_itself(
    database: Database, clock: FakeClock, cost: str, allowed: int
) -> None:
    ledger = Ledger(store=database, clock=clock, budget=10.0)
    for _ in range(allowed):
        assert _may(ledger, cost) is None
    clock.advance(59)
    with pytest.raises(RateLimited, match=f"allows {allowed} {cost} calls a minute") as limited:
        ledger.begin(cost, VIN)
    assert limited.value.wait == 1
    assert _may(ledger, cost, OTHER_VIN) is None
    clock.advance(1)
    assert _may(ledger, cost) is None


# --- switched off -----------------------------------------------------------------------------------------


def _switch_off(ledger: Ledger) -> None:
    line = ledger.begin("data", VIN, "home")
    ledger.end(line, 403)
    ledger.switched_off(line, "the billing limit is reached")


def test_an_app_that_is_switched_off_makes_no_paid_call_across_restarts(
    ledger: Ledger, opened: Books, clock: FakeClock
) -> None:
    _switch_off(ledger)
    again = opened()
    clock.advance(899)
    for cost in ("data", "command", "wake"):
        assert _may(again, cost, OTHER_VIN) is AccountLimited
    with pytest.raises(AccountLimited, match="billing limit is reached; tried again in 0 min"):
        again.begin("command", VIN, "home")
    assert _may(again, "free") is None
    assert _may(again, "data", OTHER_VIN, account="parents") is None


def test_it_is_tried_ever_more_rarely_because_refusals_are_billed(ledger: Ledger, clock: FakeClock) -> None:
    tries = 0
    for _ in range(24 * 60):
        if _may(ledger, "free") is None and _is_allowed(ledger):
            _switch_off(ledger)
            tries += 1
        clock.advance(60)
    assert tries == 10


def _is_allowed(ledger: Ledger) -> bool:
    try:
        ledger.end(ledger.begin("data", VIN, "home"), None)
    except AccountLimited:
        return False
    return True


def test_calls_that_are_refused_together_are_one_refusal(ledger: Ledger, clock: FakeClock) -> None:
    lines = [ledger.begin("data", device, "home") for device in (VIN, OTHER_VIN)]
    for line in lines:
        ledger.end(line, 403)
        ledger.switched_off(line, "the billing limit is reached")
    clock.advance(900)
    assert _may(ledger, "data") is None


def test_one_good_answer_ends_it(ledger: Ledger, opened: Books, clock: FakeClock) -> None:
    _switch_off(ledger)
    clock.advance(900)
    assert _may(ledger, "command") is None
    _switch_off(ledger)
    assert opened().month().limited_until == clock.now() + timedelta(seconds=900)


def test_a_new_month_ends_it(ledger: Ledger, clock: FakeClock) -> None:
    clock.set_wall(datetime(2026, 7, 31, 23, 55, tzinfo=UTC))
    _switch_off(ledger)
    clock.advance(299)
    assert _may(ledger, "data") is AccountLimited
    clock.advance(1)
    assert _may(ledger, "data") is None


# --- a month that goes wrong ------------------------------------------------------------------------------


def test_a_month_that_goes_wrong_ends_at_the_budget_and_commands_go_last(database: Database, clock: FakeClock) -> None:
    """Every read is answered 408 or 429, and an automation sends a command every 10 s (B4, F33)."""
    clock.set_wall(datetime(2026, 7, 1, tzinfo=UTC))
    ledger = Ledger(store=database, clock=clock, budget=10.0, wakes_a_day=10)
    refused_since: dict[str, datetime] = {}
    for second in range(0, 6 * 24 * 3600, 10):
        for cost, every in (("command", 10), ("data", 60), ("wake", 600)):
            if second % every == 0 and not _bad_call(ledger, cost, 429 if second % 7200 == 0 else 408):
                refused_since.setdefault(cost, clock.now())
        clock.advance(10)
    assert 9.99 <= ledger.month().dollars <= 10.0
    assert ledger.month().state is State.STOPPED
    assert sorted(refused_since, key=lambda cost: refused_since[cost]) == ["data", "wake", "command"]


def _bad_call(ledger: Ledger, cost: str, status: int) -> bool:
    """Makes a call that goes wrong; False when the budget does not allow it."""
    try:
        line = ledger.begin(cost, VIN, "home")
    except BudgetSpent:
        return False
    except (RateLimited, WakesSpent):
        return True
    ledger.end(line, status)
    if status == 429:
        ledger.limited(line, 900)
    return True
