"""Charging as the bridge works it out: power, all energy, cost, and what the pack holds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from derived_life import CAR, SITE, Life
from hypothesis import given, strategies as st
from odd_answers import ODD

from bridge.derived.charging import CHARGING


@pytest.fixture
def life() -> Life:
    return Life(CHARGING)


# --- power ------------------------------------------------------------------------------------------------

POWERS: list[tuple[Any, Any]] = [
    # volts, amperes, phases, kW as told -> W
    ((230, 16, 3, 11), 11040),
    ((230, 16, 2, 11), 11040),  # the trap: two is three
    ((230, 16, 1, 4), 3680),
    ((240, 48, 1, 12), 11520),
    ((230, 6, 1, 1), 1380),
    ((2, 0, None, 0), 0),
    ((0, 0, 1, 0), 0),
    ((380, 0, None, 120), None),  # direct current: no current is told
    ((400, 16, 3, 11), None),  # volts between two phases
    ((230, 16, 1, 11), None),
    ((230, 16, None, 4), None),
    ((230, 16, 7, 4), None),
    ((None, 16, 1, 4), None),
    ((230, None, 1, 4), None),
    ((230, 16, 1, None), None),
    ((230, -16, 1, 4), None),
    (("230", 16, 1, 4), None),
]


@pytest.mark.parametrize(("told", "watts"), POWERS)
def test_power_is_finer_than_told_and_unknown_where_it_does_not_fit(life: Life, told: Any, watts: Any) -> None:
    keys = ("charger_voltage", "charger_current", "charger_phases", "charger_power")
    life.see(**dict(zip(keys, told, strict=True)))
    assert life["charging_power"] == watts


# --- all energy -------------------------------------------------------------------------------------------


def charged(life: Life, *readings: float | None) -> Any:
    for reading in readings:
        life.see(charge_energy_added=reading)
    return life["charge_energy_total"]


def test_what_was_charged_before_the_bridge_came_is_not_counted(life: Life) -> None:
    assert charged(life, 12.5) == 0
    assert charged(life, 13.0) == 0.5


def test_sessions_are_added_up(life: Life) -> None:
    assert charged(life, 0, 5, 10, 0, 3, 8) == 18


def test_a_session_that_was_first_seen_later_counts_from_its_beginning(life: Life) -> None:
    assert charged(life, 0, 20, 6) == 26


def test_a_small_fall_is_noise(life: Life) -> None:
    assert charged(life, 0, 10, 9.5, 9.0, 10, 10.2) == 10.2


def test_unknown_says_nothing_and_loses_nothing(life: Life) -> None:
    assert charged(life, 0, 10, None, 11) == 11
    assert charged(life, -1, 1e9, 11.5) == 11.5


def test_a_short_session_is_another_one_once_the_cable_was_out(life: Life) -> None:
    """On solar power a car may charge half a kWh at a time."""
    charged(life, 0, 0.8)
    life.see(charging_state="disconnected")
    assert charged(life, 0, 0.5) == 1.3
    assert charged(life, 0.1, 0.5) == 1.3, "without, a small fall is noise"


def test_the_total_is_there_again_after_a_restart_and_nothing_is_counted_twice(life: Life) -> None:
    charged(life, 0, 10)
    life.keep()
    charged(life, 14)
    life.restart()
    assert life["charge_energy_total"] == 14, "values are saved each minute, memory at once"
    assert charged(life, 14) == 14
    assert charged(life, 15) == 15


def test_nothing_is_written_while_nothing_is_charged(life: Life) -> None:
    charged(life, 0, 10)
    writes = life.shelf.writes
    charged(life, 9.9, 10, 9.8, None, 10)
    life.see(battery_level=80)
    assert life.shelf.writes == writes


SESSION = st.lists(st.floats(0, 60).map(lambda x: round(x, 2)), min_size=1, max_size=8).map(sorted)
NOISE = st.floats(0, 0.9).map(lambda x: round(x, 2))
BETWEEN = st.sampled_from(["nothing", "again", "unknown", "restart", "saved", "back in time", "unplugged"])


@given(st.lists(SESSION.filter(lambda readings: readings[-1] > 3), max_size=5), st.data())
def test_whatever_happens_between_the_readings_the_total_is_the_sum_of_the_sessions(
    sessions: list[list[float]], data: st.DataObject
) -> None:
    """Each begins with its first reading below the last one of the session before, by more than noise."""
    life, expected = Life(CHARGING), 0.0
    charged(life, 0)
    life.keep()
    for number, drawn in enumerate(sessions, 1):
        # No two sessions have a reading in common: what a restart recalled would hide it, for as long as it stands.
        readings = [round(reading + number / 1000, 3) for reading in drawn]
        charged(life, number / 1000)
        for reading in readings:
            charged(life, reading)
            match data.draw(BETWEEN):
                case "again":
                    charged(life, reading)
                case "unknown":
                    charged(life, None)
                case "restart":
                    life.restart()
                case "saved":
                    life.keep()
                case "back in time":
                    life.clock.set_wall(life.clock.now().replace(year=1999))
                case "unplugged" if reading == readings[-1]:
                    life.see(charging_state="disconnected")
                    life.see(charging_state="starting")
            if reading == readings[-1]:
                charged(life, round(reading - data.draw(NOISE), 3))
        expected += readings[-1]
    assert life["charge_energy_total"] == pytest.approx(expected)
    totals = life.all_told("charge_energy_total")
    assert all(one <= other for one, other in pairwise(totals))


@given(st.lists(st.one_of(st.floats(), st.sampled_from([*ODD, "restart", "keep"])), max_size=30))
def test_the_total_never_runs_backwards_whatever_is_read(readings: list[Any]) -> None:
    life, highest = Life(CHARGING), 0.0
    for reading in readings:
        if reading == "restart":
            life.restart()
        elif reading == "keep":
            life.keep()
        else:
            life.see(charge_energy_added=reading)
        told = life["charge_energy_total"]
        assert told is None or told >= highest
        highest = told or highest


# --- cost -------------------------------------------------------------------------------------------------


def priced(life: Life, price: Any) -> None:
    life.see(SITE, buy_price=price)


def test_each_kwh_costs_what_it_costs_when_it_is_charged(life: Life) -> None:
    priced(life, 0.30)
    charged(life, 0, 10)
    assert life["charge_cost"] == 3.0
    priced(life, 0.10)
    charged(life, 15)
    assert life["charge_cost"] == 3.5
    charged(life, 0)
    assert life["charge_cost"] == 0


def test_a_cost_of_which_a_part_is_unknown_is_unknown_until_the_next_session(life: Life) -> None:
    priced(life, 0.30)
    charged(life, 5, 6)
    costs = [life["charge_cost"]]  # what was charged before is not known
    charged(life, 0, 1)
    costs.append(life["charge_cost"])
    priced(life, None)
    charged(life, 2)
    priced(life, 0.30)
    charged(life, 3)
    assert [*costs, life["charge_cost"]] == [None, 0.3, None]


def test_without_exactly_one_price_there_is_no_cost(life: Life) -> None:
    charged(life, 0, 5)
    assert life["charge_cost"] is None
    priced(life, 0.3)
    life.see(type(SITE)(SITE.kind, "2"), buy_price=0.4)
    charged(life, 0, 5)
    assert life["charge_cost"] is None


@pytest.mark.parametrize("elsewhere", [{"fast_charger_present": True}, {"at_home": False}])
def test_the_price_at_home_is_not_that_elsewhere(life: Life, elsewhere: dict[str, Any]) -> None:
    priced(life, 0.3)
    life.see(CAR, **elsewhere)
    charged(life, 0, 5)
    assert life["charge_cost"] is None


def test_the_cost_outlives_a_restart(life: Life) -> None:
    priced(life, 0.3)
    charged(life, 0, 10)
    life.keep()
    life.restart()
    priced(life, 0.3)
    charged(life, 11)
    assert life["charge_cost"] == 3.3


# --- the pack ---------------------------------------------------------------------------------------------


def test_a_long_charge_tells_the_rated_consumption(life: Life) -> None:
    life.see(charge_energy_added=3.0, range_added=40.0)
    assert life["rated_consumption"] is None, "too short: range is told in halves of a mile"
    life.see(charge_energy_added=15.0, range_added=100.0)
    assert life["rated_consumption"] == 150


def test_an_estimate_moves_only_when_it_is_off_by_three_percent(life: Life) -> None:
    life.see(charge_energy_added=15.0, range_added=100.0)
    life.see(charge_energy_added=15.4, range_added=100.0)
    assert life["rated_consumption"] == 150
    life.see(charge_energy_added=16.0, range_added=100.0)
    assert life["rated_consumption"] == 160


def test_the_pack_is_what_the_rest_of_the_range_takes(life: Life) -> None:
    life.see(charge_energy_added=15.0, range_added=100.0, battery_range=400.0, battery_level=80)
    assert life["pack_energy"] == 75


def test_the_pack_is_rather_what_the_car_says(life: Life) -> None:
    life.see(rated_consumption=150, battery_range=400.0, battery_level=80, energy_remaining=56.0)
    assert life["pack_energy"] == 70


@pytest.mark.parametrize("level", [None, 0, 20, 101])
def test_of_a_low_level_nothing_is_said_about_the_pack(life: Life, level: int | None) -> None:
    life.see(rated_consumption=150, battery_range=100.0, battery_level=level)
    assert life["pack_energy"] is None
