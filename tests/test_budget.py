"""What a month's budget allows (bridge/budget.py)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.budget import SHARE, Budget, Mode, State, forecast, month_gone, time_left
from bridge.prices import PRICES

MONTH = datetime(2026, 11, 1, tzinfo=UTC)
BUDGET = Budget(10.0)


def test_the_month_runs_from_0_to_almost_1() -> None:
    assert [month_gone(MONTH + timedelta(days=days)) for days in (0, 15, 30)] == [0, 0.5, 0]
    assert month_gone(datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) < 1
    assert time_left(datetime(2028, 2, 29, 23, tzinfo=UTC)) == timedelta(hours=1)


# --- how much less to read --------------------------------------------------------------------------------


def test_whoever_is_within_the_pace_is_not_pressed() -> None:
    assert [BUDGET.pressure(gone * 9, gone) for gone in (0, 0.25, 0.5, 0.75)] == [0, 0, 0, 0]


def test_whoever_has_used_up_what_reading_may_cost_reads_no_more() -> None:
    assert [BUDGET.pressure(spent, 0.5) for spent in (9, 9.5, 12)] == [1, 1, 1]
    assert Budget(0).pressure(0, 0) == 1


def test_the_more_is_spent_the_higher_it_is() -> None:
    steps = [BUDGET.pressure(spent / 10, 0.3) for spent in range(100)]
    assert steps == sorted(steps)
    assert all(0 <= step <= 1 for step in steps)


@pytest.mark.parametrize("appetite", [0.5, 1.0, 1.5, 2.0, 4.0])
def test_no_appetite_overdraws_a_month_and_none_is_starved_at_its_end(appetite: float) -> None:
    """`appetite`: what would be spent, in budgets. No day is below a third of an even one, nor of what is wanted."""
    spent = [0.0]
    for hour in range(30 * 24):
        wanted = appetite * 10 / 30 / 24
        spent.append(spent[-1] + wanted * (1 - BUDGET.pressure(spent[-1], month_gone(MONTH + timedelta(hours=hour)))))
    days = [spent[day + 24] - spent[day] for day in range(0, 29 * 24, 24)]
    assert spent[-1] < 9.001
    assert min(days) > min(appetite * 10, 9.0) / 30 / 3


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.WARN])
def test_who_only_wants_to_be_warned_is_not_slowed_down_nor_stopped(mode: Mode) -> None:
    budget = Budget(10.0, mode)
    assert budget.pressure(20, 0.1) == 0
    assert budget.allows("data", 0.002, 20)


def test_who_only_wants_to_slow_down_is_not_stopped() -> None:
    assert Budget(10.0, Mode.SLOW_DOWN).pressure(20, 0.1) == 1
    assert Budget(10.0, Mode.SLOW_DOWN).allows("data", 0.002, 20)


# --- what stops, and when ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("cost", "share"), SHARE.items())
def test_a_class_stops_before_its_share_is_overdrawn(cost: str, share: float) -> None:
    assert BUDGET.allows(cost, 0.02, 10 * share - 0.02)
    assert not BUDGET.allows(cost, 0.02, 10 * share - 0.019)


@pytest.mark.parametrize(
    ("spent", "gone", "state"),
    [
        (0, 0.0, State.OK),
        (4.9, 0.9, State.OK),
        (5.0, 0.9, State.WARNED),
        (5.0, 0.3, State.SLOWED),
        (1.0, 0.01, State.SLOWED),
        (8.999, 0.99, State.DATA_STOPPED),
        (9.49, 0.99, State.COMMANDS_ONLY),
        (9.9995, 0.99, State.STOPPED),
    ],
)
def test_how_the_budget_stands(spent: float, gone: float, state: State) -> None:
    assert BUDGET.state(PRICES, spent, gone) is state


def test_a_budget_that_is_off_is_always_well() -> None:
    off = Budget(1.0, Mode.OFF)
    assert off.state(PRICES, 50, 0.1) is State.OK
    assert off.crossed(0, 50) is None


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [(0, 4.99, None), (4.99, 5.0, 0.5), (5.0, 5.002, None), (7.98, 8.0, 0.8), (9.99, 10.01, 1.0), (1, 11, 1.0)],
)
def test_its_owner_is_told_when_a_share_is_reached(before: float, after: float, share: float | None) -> None:
    assert BUDGET.crossed(before, after) == share


# --- what the month will cost -----------------------------------------------------------------------------


def test_a_forecast_goes_on_at_the_pace_of_the_last_days() -> None:
    assert forecast(3.0, 1.4, timedelta(days=7), MONTH + timedelta(days=20)) == 5.0


def test_a_first_hour_is_not_taken_for_a_whole_month() -> None:
    """Setting up reads a lot: less than a day counts as a day."""
    assert forecast(0.1, 0.1, timedelta(hours=1), MONTH) == 3.1
