"""Trips as the bridge sees them: of what was read, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from derived_life import Life
from fakes import NOON
from hypothesis import given, strategies as st
from odd_answers import ODD

from bridge.derived.trips import TRIPS

PARKED: dict[str, Any] = {"driving": False, "speed": 0, "drive_power": 0, "connectivity": "online"}
DRIVING: dict[str, Any] = {"driving": True, "speed": 50, "drive_power": 15, "connectivity": "online"}


@pytest.fixture
def life() -> Life:
    return Life(TRIPS)


def trip_of(life: Life) -> tuple[Any, ...]:
    """km, s, km/h, kW."""
    keys = ("trip_distance", "trip_duration", "trip_maximum_speed", "trip_maximum_power")
    return tuple(life[key] for key in keys)


def test_a_trip_goes_from_parked_to_parked(life: Life) -> None:
    life.read(**PARKED, odometer=1000.0)
    life.read(**DRIVING, odometer=1000.5)
    assert life.events == ["trip_started"]
    assert life["trip_start"] == NOON + timedelta(minutes=2)
    assert trip_of(life) == (0.5, 0, 50, 15)
    life.read(**DRIVING | {"speed": 120, "drive_power": 90}, odometer=1002.0)
    life.read(**DRIVING | {"speed": 30, "drive_power": -40}, odometer=1002.5)
    life.read(**PARKED, odometer=1003.0)
    assert trip_of(life) == (3.0, 180, 120, 90)
    assert life.events == ["trip_started", "trip_finished"]
    assert life.happened[1].facts == {"distance": 3.0, "duration": 180, "energy": None}


def test_the_last_trip_stays_until_the_next(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0)
    life.read(**PARKED, odometer=1001.0)
    life.read(after=3600, **PARKED, odometer=1001.0)
    assert trip_of(life) == (1.0, 60, 50, 15)
    life.read(**DRIVING | {"speed": 20}, odometer=1001.0)
    assert trip_of(life) == (0.0, 0, 20, 15)
    assert life.events == ["trip_started", "trip_finished", "trip_started"]


def test_what_it_went_before_it_was_seen_belongs_to_it_unless_that_may_have_been_another(life: Life) -> None:
    life.read(**PARKED, odometer=1000.0)
    life.read(**DRIVING, odometer=1049.0)
    assert life["trip_distance"] == 49
    life.read(**PARKED, odometer=1060.0)
    life.read(**DRIVING, odometer=1111.0)
    assert life["trip_distance"] == 0


def test_a_trip_that_nobody_saw_is_none(life: Life) -> None:
    life.read(**PARKED, odometer=1000.0)
    life.read(**PARKED, odometer=1020.0)
    assert life.events == []
    assert life["trip_distance"] is None


def test_energy_is_the_range_that_it_took(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0, battery_range=300.0, rated_consumption=150)
    assert (life["trip_energy"], life["trip_consumption"]) == (0, None)
    life.read(**DRIVING, odometer=1010.0, battery_range=288.0)
    assert (life["trip_energy"], life["trip_consumption"]) == (1.8, 180)
    life.read(**DRIVING, odometer=1020.0, battery_range=302.0)
    assert (life["trip_energy"], life["trip_consumption"]) == (-0.3, -15), "down from a mountain"


def test_energy_is_rather_what_the_car_says(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0, battery_range=300.0, rated_consumption=150, energy_remaining=60.0)
    life.read(**DRIVING, odometer=1010.0, battery_range=288.0, energy_remaining=58.0)
    assert life["trip_energy"] == 2.0


def test_energy_is_unknown_without_what_it_stands_on(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0, battery_range=300.0)
    life.read(**DRIVING, odometer=1010.0, battery_range=288.0)
    assert (life["trip_energy"], life["trip_consumption"]) == (None, None)


def test_what_it_charges_once_it_has_parked_is_not_of_the_trip(life: Life) -> None:
    """Seen in the soak: it came home and was plugged in before it was looked at again."""
    life.read(**DRIVING, odometer=1000.0, energy_remaining=50.0)
    life.read(**DRIVING, odometer=1010.0, energy_remaining=48.0)
    life.read(after=240, **PARKED, odometer=1012.0, energy_remaining=51.0, plugged_in=True)
    assert (life["trip_energy"], life["trip_consumption"]) == (2.0, 200)
    assert life["trip_distance"] == 12


def test_it_may_gain_on_the_way_down(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0, energy_remaining=50.0)
    life.read(**PARKED, odometer=1010.0, energy_remaining=50.5, plugged_in=False)
    assert life["trip_energy"] == -0.5


def test_a_sleeping_car_has_parked(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0)
    life.read(**DRIVING, odometer=1002.0)
    life.see(connectivity="offline")
    assert life.events == ["trip_started"], "a tunnel"
    life.see(connectivity="asleep")
    assert life.events == ["trip_started", "trip_finished"]
    assert trip_of(life)[:2] == (2.0, 60)
    life.see(connectivity="online")
    assert life.events == ["trip_started", "trip_finished"], "that it drove was known before it slept"


def test_when_it_parked_in_a_gap_is_not_made_up(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0)
    life.read(**DRIVING, odometer=1002.0)
    life.read(after=1200, **PARKED, odometer=1005.0)
    assert trip_of(life)[:2] == (5.0, 60)


def test_after_an_hour_unseen_it_is_another_trip(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0)
    life.read(**DRIVING, odometer=1002.0)
    life.read(after=86_400, **DRIVING, odometer=1200.0)
    assert life.events == ["trip_started", "trip_finished"]
    assert trip_of(life)[:2] == (2.0, 60)
    life.read(**DRIVING, odometer=1201.0)
    assert life.events == ["trip_started", "trip_finished", "trip_started"]
    assert life["trip_distance"] == 1.0


def test_a_gap_while_driving_is_part_of_the_trip(life: Life) -> None:
    life.read(**DRIVING, odometer=1000.0)
    life.read(after=1200, **DRIVING, odometer=1020.0)
    life.read(**PARKED, odometer=1021.0)
    assert trip_of(life)[:2] == (21.0, 1260)


def test_a_trip_goes_on_after_a_restart(life: Life) -> None:
    life.read(**PARKED, odometer=1000.0)
    life.read(**DRIVING | {"speed": 130}, odometer=1001.0)
    life.keep()
    life.restart()
    life.read(**DRIVING, odometer=1003.0)
    life.read(**PARKED, odometer=1004.0)
    assert trip_of(life) == (4.0, 120, 130, 15)
    assert life.events == ["trip_started", "trip_finished"]


def test_values_of_the_trip_before_are_not_taken_over_after_a_restart(life: Life) -> None:
    life.read(**DRIVING | {"speed": 190}, odometer=1000.0)
    life.read(after=600, **PARKED, odometer=1050.0)
    life.keep()
    life.read(**DRIVING, odometer=1050.0)
    life.restart()
    life.read(**DRIVING, odometer=1051.0)
    assert trip_of(life) == (1.0, 60, 50, 15)


def test_our_clock_may_jump(life: Life) -> None:
    """The car's own time counts."""
    life.read(**DRIVING, odometer=1000.0)
    seen = life["last_seen"]
    life.wall(NOON.replace(year=1970))
    life.see(**DRIVING, odometer=1001.0, last_seen=seen + timedelta(seconds=90))
    assert life["trip_duration"] == 90


def test_a_trip_writes_to_the_disk_when_it_begins_and_ends(life: Life) -> None:
    life.read(**PARKED, odometer=1000.0)
    before = life.shelf.writes
    for minute in range(60):
        life.read(**DRIVING | {"speed": minute}, odometer=1000.0 + minute)
    life.read(**PARKED, odometer=1060.0)
    for _ in range(60):
        life.read(**PARKED, odometer=1060.0)
    assert life.shelf.writes - before == 2


def test_two_trips_that_begin_in_the_same_second_are_shown_as_one() -> None:
    life = Life(TRIPS)
    life.read(after=0, driving=True, odometer=0.0)
    life.read(after=0, driving=False, odometer=None)
    life.read(after=0, driving=True)
    assert life["trip_distance"] == 0


READABLE = [value for value in ODD if value == value]  # noqa: PLR0124 - no reader of the catalogue gives a NaN
ANYTHING = st.fixed_dictionaries(
    {},
    optional={
        "driving": st.sampled_from([True, True, False, None]),
        "connectivity": st.sampled_from(["online", "online", "asleep", "offline", None]),
        "odometer": st.one_of(st.floats(0, 1e5), st.sampled_from(READABLE)),
        "speed": st.one_of(st.floats(0, 250), st.sampled_from(READABLE)),
        "drive_power": st.one_of(st.floats(-100, 400), st.sampled_from(READABLE)),
        "battery_range": st.one_of(st.floats(0, 600), st.none()),
        "rated_consumption": st.one_of(st.floats(100, 250), st.none()),
    },
)
STEP = st.tuples(st.sampled_from(["read", "read", "see", "restart", "keep", "jump"]), st.floats(-600, 4000), ANYTHING)


@given(st.lists(STEP, max_size=40))
def test_whatever_is_read_a_trip_never_shrinks_and_each_that_begins_ends_once(steps: list[tuple[Any, ...]]) -> None:
    life = Life(TRIPS)
    history = []
    for what, after, values in steps:
        match what:
            case "read":
                life.read(after=abs(after), **values)
            case "see":
                life.see(**values)
            case "keep":
                life.keep()
            case "jump":
                life.wall(life.clock.now() + timedelta(seconds=after * 1000))
            case "restart":
                life.keep()
                life.restart()
        history.append((life["trip_start"], *trip_of(life)))
    assert all(one != other for one, other in pairwise(life.events))
    assert life.events[:1] in ([], ["trip_started"])
    for before, now in pairwise(history):
        if before[0] == now[0]:
            pairs = zip(before[1:], now[1:], strict=True)
            assert all(one is None or other >= one for one, other in pairs)
        assert now[2] is None or now[2] >= 0
