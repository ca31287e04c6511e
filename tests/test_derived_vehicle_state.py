"""What a car does, since when, and whether it was left open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from derived_life import Life
from fakes import NOON
from hypothesis import given, strategies as st

from bridge.catalog import CATALOGUE
from bridge.derived.vehicle_state import VEHICLE_STATE
from bridge.model import Kind

RESTING: dict[str, Any] = {
    "connectivity": "online",
    "driving": False,
    "battery_charging": False,
    "update_status": "none",
}


@pytest.fixture
def life() -> Life:
    return Life(VEHICLE_STATE)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "online"),
        ({"battery_charging": True}, "charging"),
        ({"driving": True}, "driving"),
        ({"driving": True, "battery_charging": True}, "driving"),
        ({"update_status": "installing", "battery_charging": True}, "updating"),
        ({"update_status": "downloading"}, "online"),
        ({"driving": None, "battery_charging": None, "update_status": None}, "online"),
        ({"connectivity": "asleep", "driving": True, "battery_charging": True}, "asleep"),
        ({"connectivity": "offline", "update_status": "installing"}, "offline"),
        ({"connectivity": None, "driving": True}, None),
    ],
)
def test_one_word_says_what_the_car_does(life: Life, values: dict[str, Any], word: str | None) -> None:
    life.see(**RESTING | values)
    assert life["vehicle_state"] == word
    assert life["asleep"] is (None if word is None else word == "asleep")


def test_since_when_is_when_it_became_so(life: Life) -> None:
    life.see(**RESTING)
    life.clock.advance(600)
    life.see(battery_charging=True, battery_level=50)
    life.clock.advance(600)
    life.see(battery_level=51, update_status="available")
    assert life["state_since"] == NOON + timedelta(minutes=10)


def test_since_when_outlives_a_restart_and_what_is_unknown_meanwhile(life: Life) -> None:
    life.see(**RESTING)
    life.clock.advance(600)
    life.restart()
    life.see(**RESTING)
    assert life["state_since"] == NOON
    life.see(connectivity=None)
    assert life["state_since"] is None
    life.see(connectivity="online")
    assert life["state_since"] == NOON


def test_a_clock_that_jumps_changes_no_state(life: Life) -> None:
    life.see(**RESTING)
    life.wall(NOON.replace(year=1970))
    life.see(update_status="available")
    assert life["state_since"] == NOON


WORDS = st.fixed_dictionaries(
    {
        "connectivity": st.sampled_from(["online", "asleep", "offline", None]),
        "driving": st.sampled_from([True, False, None]),
        "battery_charging": st.sampled_from([True, False, None]),
        "update_status": st.sampled_from(["none", "installing", None]),
    }
)


@given(st.lists(st.tuples(WORDS, st.booleans()), max_size=20))
def test_state_and_time_go_together_and_are_written_once_for_each_state(steps: list[tuple[Any, bool]]) -> None:
    life = Life(VEHICLE_STATE)
    states: list[str] = []
    for values, restarts in steps:
        life.clock.advance(60)
        if restarts:
            life.keep()
            life.restart()
        life.see(**values)
        assert (life["state_since"] is None) == (life["vehicle_state"] is None)
        assert life["vehicle_state"] in {*CATALOGUE[Kind.VEHICLE].entities["vehicle_state"].options, None}
        if life["vehicle_state"] and life["vehicle_state"] != next(reversed(states), None):
            states.append(life["vehicle_state"])
            assert life["state_since"] == life.clock.now()
    assert life.shelf.writes == len(states)


# --- left open --------------------------------------------------------------------------------------------

CLOSED: dict[str, Any] = {
    "unlocked": False,
    "any_door_open": False,
    "any_window_open": False,
    "frunk": False,
    "trunk": False,
    "sunroof": None,
    "tonneau": None,
    "parked": True,
    "user_present": False,
}


@pytest.mark.parametrize(
    ("values", "is_left_open"),
    [
        ({}, False),
        ({"unlocked": True}, True),
        ({"trunk": True}, True),
        ({"sunroof": True}, True),
        ({"any_window_open": True, "frunk": None}, True),
        ({"frunk": None}, None),
        ({"sunroof": False, "tonneau": False}, False),
        ({"unlocked": True, "user_present": True}, False),
        ({"unlocked": True, "parked": False}, False),
        ({"unlocked": True, "user_present": None}, None),
        ({"unlocked": True, "parked": None}, None),
        ({"user_present": None, "parked": None}, False),
        ({"unlocked": None, "user_present": True}, False),
    ],
)
def test_a_car_is_left_open_when_nobody_is_there(life: Life, values: dict[str, Any], is_left_open: Any) -> None:
    life.see(**CLOSED | values)
    assert life["left_open"] is is_left_open
