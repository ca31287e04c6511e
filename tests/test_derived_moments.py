"""When the battery will be full, when the car arrives, when it charges next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from derived_life import Life
from fakes import NOON
from hypothesis import given, strategies as st
from odd_answers import ODD

from bridge.derived.moments import EVERY_DAY, MOMENTS

MINUTE = timedelta(minutes=1)


@pytest.fixture
def life() -> Life:
    return Life(MOMENTS)


# --- full, and there --------------------------------------------------------------------------------------


def test_the_time_at_full_charge_stands_still_while_it_comes_nearer(life: Life) -> None:
    life.read(after=0, battery_charging=True, minutes_to_full_charge=60)
    for minute in (60, 60, 55, 55, 55, 55, 55, 50, 55):
        life.read(after=60, minutes_to_full_charge=minute)
    assert life.all_told("full_charge_at") == [NOON + 60 * MINUTE]


def test_it_moves_when_it_is_off_by_more_than_five_minutes(life: Life) -> None:
    life.read(after=0, battery_charging=True, minutes_to_full_charge=60)
    life.read(after=60, minutes_to_full_charge=70)
    assert life["full_charge_at"] == NOON + 71 * MINUTE


def test_the_same_minutes_told_later_are_a_later_moment(life: Life) -> None:
    life.read(after=0, battery_charging=True, minutes_to_full_charge=60)
    life.read(after=360, minutes_to_full_charge=60)
    assert life["full_charge_at"] == NOON + 66 * MINUTE


@pytest.mark.parametrize(
    "values",
    [
        {"battery_charging": False},
        {"battery_charging": None},
        {"minutes_to_full_charge": None},
        {"minutes_to_full_charge": 0},  # not known yet
        {"minutes_to_full_charge": -5},
        {"minutes_to_full_charge": 10**40},
    ],
)
def test_without_charging_and_minutes_it_is_unknown(life: Life, values: dict[str, Any]) -> None:
    life.read(battery_charging=True, minutes_to_full_charge=60)
    life.read(**values)
    assert life["full_charge_at"] is None


def test_the_time_of_arrival_is_known_while_there_is_a_route(life: Life) -> None:
    life.read(after=0, route_minutes=12.4)
    assert life["route_arrival"] == NOON + timedelta(minutes=12.4)
    life.read(after=300, route_minutes=8.0)
    assert life["route_arrival"] == NOON + timedelta(minutes=12.4)
    life.read(after=60, route_minutes=20.0)
    assert life["route_arrival"] == NOON + 26 * MINUTE
    life.read(route_minutes=None)
    assert life["route_arrival"] is None


READ = st.tuples(st.floats(-4000, 4000), st.one_of(st.floats(0, 600), st.sampled_from(ODD)))


@given(st.lists(READ, max_size=30))
def test_whatever_is_read_and_however_the_clock_jumps_it_is_right_to_five_minutes(
    reads: list[tuple[float, Any]],
) -> None:
    life = Life(MOMENTS)
    for jump, minutes in reads:
        life.wall(life.clock.now() + timedelta(seconds=jump))
        life.read(after=1, battery_charging=True, minutes_to_full_charge=minutes)
        told = life["full_charge_at"]
        if isinstance(minutes, float) and minutes > 0:
            assert abs(told - life.clock.now() - timedelta(minutes=minutes)) <= 5 * MINUTE + timedelta(seconds=1)
    moves = [moment for moment in life.all_told("full_charge_at") if moment]
    assert all(one != other for one, other in pairwise(moves)) or None in life.all_told("full_charge_at")


# --- the next charge --------------------------------------------------------------------------------------

SUNDAY, MONDAY, WEDNESDAY, WORKDAYS = 1, 2, 8, 62
# NOON is Wednesday, 2026-07-01 12:00 UTC: 14:00 in Berlin.
BERLIN = 7200


def schedule(minutes: Any, days: Any = EVERY_DAY, **other: Any) -> dict[str, Any]:
    return {"enabled": True, "start_enabled": True, "start_time": minutes, "days_of_week": days, **other}


def july(day: int, hour: int, minute: int = 0) -> datetime:
    """In Berlin, as UTC."""
    return datetime(2026, 7, day, hour, minute, tzinfo=UTC) - timedelta(seconds=BERLIN)


@pytest.mark.parametrize(
    ("schedules", "start"),
    [
        ([schedule(23 * 60)], july(1, 23)),
        ([schedule(13 * 60 + 59)], july(2, 13, 59)),
        ([schedule(14 * 60)], july(2, 14)),
        ([schedule(30, WEDNESDAY)], july(8, 0, 30)),
        ([schedule(30, SUNDAY)], july(5, 0, 30)),
        ([schedule(30, MONDAY), schedule(45, SUNDAY | MONDAY)], july(5, 0, 45)),
        ([schedule(0, WORKDAYS)], july(2, 0)),
        ([schedule(60, 0, one_time=True)], july(2, 1)),
        ([schedule(60, SUNDAY, one_time=True)], july(5, 1)),
        ([schedule(60, 0)], None),
        ([schedule(60, enabled=False)], None),
        ([schedule(60, start_enabled=False, end_enabled=True, end_time=360)], None),
        ([schedule(None), schedule(60.5), schedule(1440), schedule(60, "all"), {}], None),
        ([], None),
        (None, None),
    ],
)
def test_the_next_charge_is_the_next_start_in_the_cars_own_zone(life: Life, schedules: Any, start: Any) -> None:
    life.see(utc_offset=BERLIN, charge_schedules=schedules)
    assert life["next_charge_start"] == start


def test_the_old_scheduled_charging_counts_too(life: Life) -> None:
    life.see(utc_offset=BERLIN, scheduled_charging_start=july(1, 20), charge_schedules=[schedule(23 * 60)])
    assert life["next_charge_start"] == july(1, 20)
    life.see(scheduled_charging_start=july(1, 9))
    assert life["next_charge_start"] == july(1, 23), "what is past is no next"


def test_without_the_cars_zone_a_time_of_day_says_nothing(life: Life) -> None:
    life.see(scheduled_charging_start=july(1, 20))
    assert life["next_charge_start"] == july(1, 20), "a moment needs no zone"
    life.see(charge_schedules=[schedule(23 * 60)])
    assert life["next_charge_start"] is None


def test_once_it_has_begun_the_next_is_another(life: Life) -> None:
    life.see(utc_offset=BERLIN, charge_schedules=[schedule(15 * 60)])
    life.clock.advance(3600)
    life.beat()
    assert life["next_charge_start"] == july(2, 15)


@given(
    st.lists(st.builds(schedule, st.integers(0, 1439), st.integers(0, 127), one_time=st.booleans()), max_size=4),
    st.integers(-12, 14).map(lambda hours: hours * 3600),
    st.integers(0, 366 * 24 * 60),
)
def test_the_next_start_is_within_eight_days_on_a_day_and_minute_of_a_schedule(
    schedules: list[dict[str, Any]], offset: int, minutes: int
) -> None:
    life = Life(MOMENTS)
    life.wall(NOON + timedelta(minutes=minutes))
    life.see(utc_offset=offset, charge_schedules=schedules)
    start = life["next_charge_start"]
    if start is None:
        assert not any(each["days_of_week"] or each["one_time"] for each in schedules)
        return
    assert timedelta(0) < start - life.clock.now() <= timedelta(days=8)
    local = start + timedelta(seconds=offset)
    bit = 1 << (local.weekday() + 1) % 7
    fits = [each for each in schedules if each["start_time"] == local.hour * 60 + local.minute]
    assert any(each["days_of_week"] & bit or (each["one_time"] and not each["days_of_week"]) for each in fits)
