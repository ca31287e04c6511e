"""Scripted days of a car: how long it slept, what kept it awake (bridge/derived/sleep.py).

A look every minute, as the bridge takes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from bridge.catalog import CATALOGUE
from bridge.derived.sleep import COUNTED, SLEEP, WINDOW, Cause, watch
from bridge.model import Kind, Value
from bridge.settings.tree import PollingSettings

MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ASLEEP, AWAKE = {"connectivity": "asleep"}, {"connectivity": "online"}


class Day:
    """A car that is looked at every minute, and what was told of it last."""

    def __init__(self, begins: datetime = MIDNIGHT) -> None:
        self.now = begins
        self.values: dict[str, Value] = {}
        self.memory: dict[str, Any] = {}
        self.told: dict[str, Value] = {}
        self.writes = 0
        self.shown: list[tuple[str, list[Any]]] = []

    def is_(self, values: dict[str, Value] | dict[str, str], minutes: int) -> Iterator[Value]:
        """So it is for so long; gives the cause that is told each minute."""
        self.values |= values
        self._look()
        for _ in range(minutes):
            self.now += MINUTE
            self._look()
            yield self.told["awake_because"]

    def goes_on(self, values: dict[str, Value] | dict[str, str], minutes: int) -> list[Value]:
        return list(self.is_(values, minutes))

    def asks(self) -> None:
        """The bridge makes a paid call."""
        self.values["last_paid_call"] = self.now

    def off(self, minutes: int) -> None:
        """The bridge is not running."""
        self.now += minutes * MINUTE

    def _look(self) -> None:
        self.told, memory = watch(self.values, self.memory, self.now)
        self.writes += memory != self.memory
        self.memory = json.loads(json.dumps(memory))
        self.values |= self.told
        self.shown.append((memory["day"], [self.told[each.key] for each in COUNTED.values()]))


# --- why it is awake --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        ({"connectivity": "asleep", "sentry_mode": True}, Cause.NOTHING),
        ({"connectivity": "offline", "user_present": True}, Cause.NOTHING),
        ({"shift_state": "d", "user_present": True}, Cause.DRIVING),
        ({"shift_state": "p", "user_present": True, "sentry_mode": True}, Cause.USER),
        ({"charging": True, "climate_on": True}, Cause.CHARGING),
        ({"update_status": "installing"}, Cause.UPDATE),
        ({"update_status": "downloading"}, Cause.SETTLING),
        ({"climate_on": True, "sentry_mode": True}, Cause.CLIMATE),
        ({"cabin_overheat_active": True}, Cause.CLIMATE),
        ({"sentry_mode": True}, Cause.SENTRY),
        ({"shift_state": "p", "sentry_mode": False}, Cause.SETTLING),
    ],
)
def test_a_car_shows_its_reason(values: dict[str, Value], cause: Cause) -> None:
    day = Day()
    assert day.goes_on({**AWAKE, **values}, 1) == [cause]


def test_a_car_that_is_left_alone_is_said_to_settle_then_to_be_kept_awake_by_somebody() -> None:
    day = Day()
    day.goes_on({**AWAKE, "user_present": True}, 5)
    told = day.goes_on({"user_present": False}, 60)
    assert told == ["settling"] * 15 + ["other_app"] * 45
    assert day.told["awake_for_others_today"] == 0.73
    assert day.told["awake_for_bridge_today"] == 0


def test_a_new_reason_begins_the_quarter_of_an_hour_anew() -> None:
    day = Day()
    day.goes_on(AWAKE, 30)
    day.goes_on({"sentry_mode": True}, 30)
    assert day.goes_on({"sentry_mode": False}, 15) == ["settling"] * 15


# --- is it the bridge? ------------------------------------------------------------------------------------


def test_two_looks_after_a_drive_add_four_minutes() -> None:
    """The schedule's own: after one minute and after four. The car sleeps a quarter of an hour after the last."""
    day = Day()
    day.goes_on({**AWAKE, "shift_state": "d"}, 40)
    day.goes_on({"shift_state": "p"}, 1)
    day.asks()
    day.goes_on({}, 3)
    day.asks()
    day.goes_on({}, 15)
    day.goes_on(ASLEEP, 60)
    assert day.told["awake_for_bridge_today"] == 3.0
    assert day.told["awake_for_others_today"] == 0
    assert not day.told["kept_awake_by_bridge"]


def test_a_bridge_that_polls_every_ten_minutes_is_found_out() -> None:
    day = Day()
    for _ in range(6):
        day.asks()
        day.goes_on(AWAKE, 10)
    assert day.told["awake_because"] == "bridge"
    assert day.told["kept_awake_by_bridge"] is True
    assert day.told["awake_for_bridge_today"] == 44.0


def test_it_is_forgiven_once_the_car_sleeps() -> None:
    day = Day()
    for _ in range(6):
        day.asks()
        day.goes_on(AWAKE, 10)
    day.goes_on(ASLEEP, 1)
    assert day.told["kept_awake_by_bridge"] is False
    assert day.told["awake_for_bridge_today"] == 44.0


def test_a_car_that_stayed_awake_through_our_silence_is_not_our_doing_whatever_we_ask_then() -> None:
    """A look every 22 minutes, as the schedule takes it of a parked car that another app keeps awake."""
    day = Day()
    causes: list[Value] = []
    for _ in range(10):
        day.asks()
        causes += day.goes_on(AWAKE, 22)
    assert set(causes) == {"settling", "other_app"}
    assert day.told["awake_for_bridge_today"] == 0
    assert day.told["awake_for_others_today"] == 3.4


# --- how long it slept ------------------------------------------------------------------------------------


def test_a_night_adds_up_and_a_new_day_begins_at_nothing() -> None:
    day = Day(MIDNIGHT - timedelta(hours=2))
    day.goes_on(ASLEEP, 119)
    assert day.told["asleep_today"] == 1.98
    day.goes_on({}, 7 * 60 + 1)
    assert day.told["asleep_today"] == 7.0
    day.goes_on({**AWAKE, "user_present": True}, 60)
    day.goes_on(ASLEEP, 30)
    assert day.told["asleep_today"] == 7.5


def test_out_of_reach_is_not_asleep() -> None:
    day = Day()
    day.goes_on({"connectivity": "offline"}, 120)
    assert day.told["asleep_today"] == 0


def test_of_the_time_when_the_bridge_was_off_nothing_is_said() -> None:
    day = Day()
    day.goes_on(ASLEEP, 60)
    day.off(300)
    day.goes_on(ASLEEP, 60)
    assert day.told["asleep_today"] == 2.0


def test_a_short_restart_costs_nothing() -> None:
    day = Day()
    day.goes_on(ASLEEP, 60)
    day.off(5)
    day.goes_on(ASLEEP, 55)
    assert day.told["asleep_today"] == 2.0


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    day = Day(MIDNIGHT + timedelta(hours=12))
    day.goes_on(ASLEEP, 60)
    day.off(-30)
    day.goes_on(ASLEEP, 60)
    assert day.told["asleep_today"] == 2.0


def test_the_memory_changes_when_the_car_does_and_at_midnight() -> None:
    day = Day(MIDNIGHT - timedelta(hours=2))
    day.goes_on(ASLEEP, 9 * 60)
    assert day.writes == 2
    day.goes_on(AWAKE, 120)
    assert day.writes == 4, "it settles, then somebody keeps it awake"
    assert day.told["asleep_today"] == 7.0


def test_a_day_begins_at_the_midnight_of_the_car() -> None:
    day = Day(MIDNIGHT - timedelta(hours=4))
    day.goes_on({**ASLEEP, "utc_offset": 7200}, 119)
    assert day.told["asleep_today"] == 1.98
    day.goes_on({}, 1 + 60)
    assert day.told["asleep_today"] == 1.0


def test_a_restart_in_the_middle_of_a_night_takes_nothing_away_that_was_shown() -> None:
    day = Day()
    day.goes_on(ASLEEP, 200)
    shown = day.told["asleep_today"]
    day.off(300)
    day.goes_on({}, 0)
    assert day.told["asleep_today"] == shown == 3.33


def test_a_bridge_that_was_off_over_midnight_begins_the_day_when_it_is_back() -> None:
    day = Day(MIDNIGHT - timedelta(hours=3))
    day.goes_on(ASLEEP, 120)
    day.off(180)
    day.goes_on({}, 60)
    assert day.told["asleep_today"] == 1.0


def test_a_bridge_that_keeps_a_car_awake_over_midnight_is_found_out() -> None:
    day = Day(MIDNIGHT - timedelta(minutes=30))
    for _ in range(6):
        day.asks()
        day.goes_on(AWAKE, 10)
    assert day.told["awake_for_bridge_today"] == 30.0
    assert day.told["kept_awake_by_bridge"] is True


@given(st.lists(st.tuples(st.sampled_from(["asleep", "online"]), st.integers(0, 90), st.integers(-200, 400))))
def test_what_is_shown_of_a_day_never_falls(parts: list[tuple[str, int, int]]) -> None:
    """The bridge is off in between, or the clock is set back."""
    day = Day(MIDNIGHT)
    for connectivity, minutes, off in parts:
        day.off(off)
        day.goes_on({"connectivity": connectivity}, minutes)
    for (date, before), (later, after) in pairwise(day.shown):
        assert date != later or all(one <= other for one, other in zip(before, after, strict=True))


# --- rows -------------------------------------------------------------------------------------------------


def test_everything_that_is_told_has_a_row_that_knows_it() -> None:
    rows = CATALOGUE[Kind.VEHICLE].entities
    told, _ = watch(AWAKE, {}, MIDNIGHT)
    assert {*told, "phantom_drain"} <= rows.keys()
    assert rows["awake_because"].options == tuple(Cause)


def test_every_input_is_a_value_of_a_car() -> None:
    assert {key for row in SLEEP for key in row.inputs} <= CATALOGUE[Kind.VEHICLE].entities.keys()


def test_the_schedule_leaves_a_parked_car_alone_for_longer_than_a_window() -> None:
    """Also with the shortest silence that FLEET2MQTT_POLLING_PARKED allows."""
    PollingSettings(parked=WINDOW.total_seconds())
    with pytest.raises(ValidationError):
        PollingSettings(parked=WINDOW.total_seconds() - 1)
