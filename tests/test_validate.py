"""What somebody sends -> a value or a clear no (fault case F27, reliability.md C3). Nothing else is ever sent on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bridge.catalog import CATALOGUE
from bridge.catalog.offer import limits
from bridge.catalog.rows import Command, Entity, Limits, Parameter
from bridge.catalog.validate import ValueInvalid, complete, entity_value, parameters
from bridge.catalog.writes import sets
from bridge.model import Kind, Value

VEHICLE, SITE = CATALOGUE[Kind.VEHICLE], CATALOGUE[Kind.ENERGY_SITE]
NO = "refused"
"""In the tables: no value comes of it."""


def _entity(key: str) -> Entity:
    return VEHICLE.entities.get(key) or SITE.entities[key]


def _command(name: str) -> Command:
    return VEHICLE.commands.get(name) or SITE.commands[name]


def _set(row: Entity, given_: Any, state: Mapping[str, Value] | None = None) -> Value:
    try:
        return entity_value(row, given_, limits(row, state or {}))
    except ValueInvalid:
        return NO


def _call(row: Command, given_: Any, state: Mapping[str, Value] | None = None) -> Any:
    try:
        return parameters(row, given_, state or {})
    except ValueInvalid:
        return NO


def _same(one: Value, other: Value) -> bool:
    return repr(one) == repr(other)


# --- the value table --------------------------------------------------------------------------------------
#
# As JSON: {"value": ...}. In brackets what the three kinds of row make of it: a number of 0 to 100 in whole steps
# (backup_reserve), a switch (sentry_mode), a select (operation_mode).

VALUES: list[tuple[Any, Value, Value, Value]] = [
    (0, 0, False, NO),
    (5, 5, NO, NO),
    (80, 80, NO, NO),
    (81, 81, NO, NO),
    (99, 99, NO, NO),
    (100, 100, NO, NO),
    (101, NO, NO, NO),
    (-1, NO, NO, NO),
    (20.0, 20, NO, NO),
    (20.5, NO, NO, NO),
    (28.999999999999996, 29, NO, NO),  # what a sender makes of 0.29 * 100
    ("20", 20, NO, NO),
    (" 20 ", 20, NO, NO),
    ("+20", 20, NO, NO),
    ("20.0", 20, NO, NO),
    ("20 %", NO, NO, NO),
    ("20,5", NO, NO, NO),
    ("0x14", NO, NO, NO),
    ("2e1", NO, NO, NO),
    ("1_0", NO, NO, NO),
    ("\u0662\u0660", NO, NO, NO),  # 20 in Arabic digits
    ("", NO, NO, NO),
    ("NaN", NO, NO, NO),
    (math.nan, NO, NO, NO),
    (math.inf, NO, NO, NO),
    (-math.inf, NO, NO, NO),
    (1e9, NO, NO, NO),
    (10**400, NO, NO, NO),
    (-(10**400), NO, NO, NO),
    (1, 1, True, NO),
    (True, NO, True, NO),
    (False, NO, False, NO),
    ("true", NO, True, NO),
    ("ON", NO, True, NO),
    ("yes", NO, True, NO),
    ("off", NO, False, NO),
    ("0", 0, False, NO),
    ("maybe", NO, NO, NO),
    (None, NO, NO, NO),
    ([], NO, NO, NO),
    ([20], NO, NO, NO),
    ({}, NO, NO, NO),
    ({"value": 20}, NO, NO, NO),
    ("autonomous", NO, NO, "autonomous"),
    (" Autonomous", NO, NO, "autonomous"),
    ("backup_only", NO, NO, NO),
]


@pytest.mark.case("F27")
@pytest.mark.parametrize(("raw", "number", "switch", "select"), VALUES, ids=lambda value: repr(value)[:24])
def test_what_a_row_makes_of_a_value(raw: Any, number: Value, switch: Value, select: Value) -> None:
    assert _same(_set(_entity("backup_reserve"), {"value": raw}), number)
    assert _same(_set(_entity("sentry_mode"), {"value": raw}), switch)
    assert _same(_set(_entity("operation_mode"), {"value": raw}), select)


@pytest.mark.parametrize(("raw", "number", "switch", "select"), VALUES, ids=lambda value: repr(value)[:24])
def test_a_commands_parameters_are_judged_like_the_rows(raw: Any, number: Value, switch: Value, select: Value) -> None:
    for name, parameter, value in (
        ("backup", "backup_reserve_percent", NO if raw == 28.999999999999996 else number),
        ("set_sentry_mode", "on", switch),
        ("operation", "default_real_mode", select),
    ):
        assert _same(_call(_command(name), {parameter: raw}), NO if value == NO else {parameter: value})


@pytest.mark.parametrize(("raw", "number", "switch", "select"), VALUES, ids=lambda value: repr(value)[:24])
def test_a_bare_text_is_judged_like_the_same_text_in_json(
    raw: Any, number: Value, switch: Value, select: Value
) -> None:
    text = raw if isinstance(raw, str) else json.dumps(raw)
    if isinstance(raw, list | dict):
        return  # never bare: it is the JSON object itself
    for key in ("backup_reserve", "sentry_mode", "operation_mode"):
        assert _same(_set(_entity(key), text), _set(_entity(key), {"value": text}))


@pytest.mark.parametrize("given_", [{}, {"percent": 80}, {"Value": 80}])
def test_an_object_for_a_row_holds_its_value(given_: Mapping[str, Any]) -> None:
    assert _set(_entity("charge_limit"), given_) == NO


# --- numbers and their limits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "raw", "value"),
    [
        ({}, 50, 50),
        ({}, 49, NO),
        ({"charge_limit_minimum": 60}, 59, NO),
        ({"charge_limit_minimum": 60}, 60, 60),
        ({"charge_limit_maximum": 90}, 91, NO),
        ({"charge_limit_minimum": None, "charge_limit_maximum": None}, 100, 100),
    ],
)
def test_the_cars_own_limits_count(state: Mapping[str, Value], raw: int, value: Value) -> None:
    assert _set(_entity("charge_limit"), {"value": raw}, state) == value


@pytest.mark.parametrize(
    ("raw", "value"), [(15, 15.0), (20.5, 20.5), ("21.5", 21.5), (20.4, NO), (14.5, NO), (28.5, NO)]
)
def test_half_degrees(raw: Any, value: Value) -> None:
    assert _same(_set(_entity("target_temperature"), {"value": raw}), value)


def test_steps_are_counted_from_the_rows_minimum() -> None:
    row = Entity(key="x", name="x", source="x.x", limits=Limits(minimum=30, maximum=40, step=5), write=sets("x", "x"))
    assert [_set(row, str(number)) for number in (30, 32, 35, 40)] == [30, NO, 35, 40]


LIMITED = [
    (kind, row) for kind in (Kind.VEHICLE, Kind.ENERGY_SITE) for row in CATALOGUE[kind].entities.values() if row.limits
]


@pytest.mark.case("F27")
@pytest.mark.parametrize(("kind", "row"), LIMITED, ids=lambda value: getattr(value, "key", ""))
def test_every_number_takes_its_two_ends_and_nothing_beyond(kind: Kind, row: Entity) -> None:
    assert row.limits
    low, high, step = row.limits.minimum, row.limits.maximum, row.limits.step
    assert _set(row, {"value": low}) == low
    assert _set(row, {"value": high}) == high
    assert _set(row, {"value": low - step}) == _set(row, {"value": high + step}) == NO


# --- times of day -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("07:30", "07:30:00"),
        ("07:30:00", "07:30:00"),
        (" 7:30 ", "07:30:00"),
        ("00:00", "00:00:00"),
        ("23:59:00", "23:59:00"),
        ("24:00", NO),
        ("07:60", NO),
        ("07:3", NO),
        ("07:30:15", NO),
        ("07:30 pm", NO),
        ("0730", NO),
        ("7", NO),
        ("\u0660\u0667:\u0663\u0660", NO),
        ("", NO),
        (450, NO),
        (None, NO),
        (True, NO),
    ],
)
def test_a_time_is_a_full_minute_of_the_day(raw: Any, value: Value) -> None:
    row, command = _entity("scheduled_charging_time_of_day"), _command("set_managed_scheduled_charging_time")
    assert _set(row, {"value": raw}) == value
    if isinstance(raw, str):
        assert _set(row, raw) == value
    if isinstance(raw, str) and ":" in raw:
        assert (_call(command, raw) == NO) == (value == NO)


@pytest.mark.parametrize(
    ("raw", "minutes"), [("07:30", 450), (450, 450), ("450", 450), (0, 0), (1439, 1439), (1440, NO), (7.5, NO)]
)
def test_as_a_parameter_a_time_may_be_minutes_too(raw: Any, minutes: Value) -> None:
    command = _command("set_managed_scheduled_charging_time")
    assert _call(command, {"time": raw}) == (NO if minutes == NO else {"time": minutes})


def test_a_time_that_is_not_given_is_the_cars_own_in_minutes() -> None:
    state = {"scheduled_charging_time_of_day": "02:30:00"}
    assert _call(_command("set_scheduled_charging"), {"enable": True}, state) == {"enable": True, "time": 150}


# --- a command and its parameters -------------------------------------------------------------------------

LIMIT, TEMPERATURES, AMPS = _command("set_charge_limit"), _command("set_temps"), _command("set_charging_amps")


@pytest.mark.parametrize("given_", ["80", " 80 ", {"percent": 80}, {"percent": "80"}])
def test_one_parameter_may_be_bare(given_: Any) -> None:
    assert _call(LIMIT, given_) == {"percent": 80}


@pytest.mark.parametrize("given_", [{}, {"value": 80}, {"percent": 80, "more": 1}, {"percent": None}, "PRESS", "true"])
def test_what_is_missing_unknown_or_null_is_refused(given_: Any) -> None:
    assert _call(LIMIT, given_) == NO


def test_zero_is_a_value() -> None:
    assert _call(AMPS, "0") == _call(AMPS, {"charging_amps": 0}) == {"charging_amps": 0}


@pytest.mark.parametrize("given_", ["PRESS", "press", "true", "on", "1", {}])
def test_a_command_without_parameters_is_pressed(given_: Any) -> None:
    assert _call(_command("flash_lights"), given_) == {}


@pytest.mark.parametrize("given_", ["", "0", "off", "false", "80", {"value": 1}, {"on": True}])
def test_a_command_without_parameters_takes_none(given_: Any) -> None:
    assert _call(_command("flash_lights"), given_) == NO


@pytest.mark.parametrize("given_", ["PRESS", {}])
def test_a_button_is_pressed_whether_it_has_parameters_or_not(given_: Any) -> None:
    """Home Assistant's buttons send PRESS."""
    place = {"latitude": 52.5, "longitude": 13.4}
    assert _call(_command("remote_boombox"), given_) == {"sound": 0}
    assert _call(_command("remote_boombox"), "2000") == {"sound": 2000}
    assert _call(_command("trigger_homelink"), given_, place) == {"lat": 52.5, "lon": 13.4}


@pytest.mark.parametrize("kind", [Kind.VEHICLE, Kind.ENERGY_SITE])
def test_every_button_can_be_pressed(kind: Kind) -> None:
    state = {"latitude": 52.5, "longitude": 13.4}
    buttons = [row for row in CATALOGUE[kind].commands.values() if row.button]
    assert [row.name for row in buttons if _call(row, "PRESS", state) == NO] == []


def test_a_text_that_is_a_parameter_is_taken_as_it_is() -> None:
    for name in ("Press", "On", " Blitz ", "null", "1"):
        assert _call(_command("set_vehicle_name"), name) == {"vehicle_name": name}


@pytest.mark.parametrize("raw", ["", "x" * 2001, 5, None, True, ["x"], {"x": 1}])
def test_a_text_is_a_text_of_reasonable_length(raw: Any) -> None:
    assert _call(_command("set_vehicle_name"), {"vehicle_name": raw}) == NO


def test_more_than_one_parameter_needs_an_object() -> None:
    with pytest.raises(ValueInvalid, match="set_temps takes a JSON object with driver_temp, passenger_temp"):
        parameters(TEMPERATURES, "20", {})


@pytest.mark.parametrize(("raw", "level"), [(0, 0), (1, 1), (3, 3), (2, NO), ("3", 3), (3.0, 3), (1.5, NO), (4, NO)])
def test_only_some_numbers_may_be_chosen(raw: Any, level: Value) -> None:
    expected = NO if level == NO else {"level": level}
    assert _same(_call(_command("remote_steering_wheel_heat_level_request"), {"level": raw}), expected)


@pytest.mark.parametrize("raw", [10**15 + 1, 2**63, 10**400, math.inf])
def test_an_id_that_a_float_cannot_hold_is_refused_not_rounded(raw: Any) -> None:
    assert _call(_command("remove_charge_schedule"), {"id": raw}) == NO
    assert _call(_command("remove_charge_schedule"), {"id": 10**15 - 1}) == {"id": 10**15 - 1}


# --- what is not given ------------------------------------------------------------------------------------


def test_what_is_not_given_is_taken_from_the_device() -> None:
    state = {"target_temperature": 21.5, "passenger_target_temperature": 19}
    assert _call(TEMPERATURES, {"driver_temp": 20}, state) == {"driver_temp": 20.0, "passenger_temp": 19}
    assert _call(TEMPERATURES, "PRESS", state) == {"driver_temp": 21.5, "passenger_temp": 19}


@pytest.mark.parametrize("value", [0, False])
def test_nothing_and_no_are_values_to_fill_in(value: Value) -> None:
    """0 is not "not given" (reliability.md C3)."""
    row = Command(name="x", title="x", endpoint="x", parameters=(Parameter(name="a", type=int, fill="b", default=7),))
    assert complete(row, {}, {"b": value}) == {"a": value}
    assert complete(row, {}, {"b": None}) == complete(row, {}, {}) == {"a": 7}
    assert complete(row, {"a": value}, {"b": 5}) == {"a": value}


def test_what_is_needed_and_unknown_is_asked_for() -> None:
    with pytest.raises(ValueInvalid, match="set_temps needs passenger_temp, a number from 15 to 28"):
        parameters(TEMPERATURES, {"driver_temp": 20}, {"passenger_target_temperature": None})


def test_what_is_optional_and_unknown_is_left_out() -> None:
    assert _call(_command("window_control"), {"command": "vent"}) == {"command": "vent"}


def test_only_what_was_asked_for_is_sent_to_a_site() -> None:
    """A change of mode leaves the reserve as it is."""
    state = {"backup_reserve": 25, "operation_mode": "backup"}
    assert _call(_command("operation"), {"default_real_mode": "autonomous"}, state) == {
        "default_real_mode": "autonomous"
    }


# --- what is said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "given_", "text"),
    [
        (LIMIT, "101", "set_charge_limit: percent must be 50 to 100, not '101'"),
        (LIMIT, {"percent": [1]}, "set_charge_limit: percent must be a number, not a list"),
        (LIMIT, {"percent": {"a": 1}}, "set_charge_limit: percent must be a number, not an object"),
        (LIMIT, {"percent": 80.5}, "set_charge_limit: percent must be a whole number, not 80.5"),
        (LIMIT, {}, "set_charge_limit needs percent, a whole number from 50 to 100"),
        (LIMIT, {"prozent": 80}, "set_charge_limit has no parameter 'prozent'; it takes percent"),
        (_command("set_sentry_mode"), "maybe", "set_sentry_mode: on must be true or false, not 'maybe'"),
        (
            _command("set_scheduled_charging"),
            {"enable": True, "time": "7 pm"},
            "set_scheduled_charging: time must be a time of day in full minutes, like 07:30, not '7 pm'",
        ),
        (
            _command("set_scheduled_charging"),
            {"enable": True, "time": "25:00"},
            "set_scheduled_charging: time must be a time of day in full minutes, like 07:30, not '25:00'",
        ),
        (
            _command("set_scheduled_charging"),
            {"enable": True},
            "set_scheduled_charging needs time, a time of day in full minutes, like 07:30",
        ),
        (_command("flash_lights"), "5", "flash_lights takes no value; send PRESS or {}"),
        (
            _command("actuate_trunk"),
            {"which_trunk": "left\x1b[31m\n" + "x" * 60},
            f"actuate_trunk: which_trunk must be one of front, rear, not 'left[31m{'x' * 32}…'",
        ),
    ],
)
def test_a_refusal_says_what_is_wanted_and_shows_what_was_sent_short_and_printable(
    row: Command, given_: Any, text: str
) -> None:
    with pytest.raises(ValueInvalid) as refused:
        parameters(row, given_, {})
    assert str(refused.value) == text


PRIVATE = [
    (row, each)
    for kind in (Kind.VEHICLE, Kind.ENERGY_SITE)
    for row in CATALOGUE[kind].commands.values()
    for each in row.parameters
    if each.secret or each.is_place
]


@pytest.mark.parametrize(("row", "each"), PRIVATE, ids=lambda it: it.name)
@pytest.mark.parametrize("canary", ["52.5200081N", "525.200081", 525.200081, -525200081.5, "52520008152520008152"])
def test_what_tells_a_place_or_a_pin_is_never_said_back(row: Command, each: Parameter, canary: Any) -> None:
    """S17: results, events and `last_error` hold the text, whatever FLEET2MQTT_LOCATION is."""
    said = _complaint(lambda: parameters(row, {each.name: canary}, {}))
    assert "525" not in said
    assert "52.5" not in said


def test_a_refusal_that_may_not_show_what_was_sent_says_what_is_wanted() -> None:
    with pytest.raises(ValueInvalid, match=r"^add_charge_schedule: lat must be a number from -90 to 90$"):
        parameters(_command("add_charge_schedule"), {"lat": "52.5200081N"}, {})
    with pytest.raises(ValueInvalid, match=r"^navigation_sc_request: id must be a whole number from 0$"):
        parameters(_command("navigation_sc_request"), {"id": "-52"}, {})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(raw=anything)
def test_nothing_that_is_sent_raises_anything_else(raw: Any) -> None:
    """Every writable row and every parameter gives a value of its type or a short, printable refusal."""
    for kind in (Kind.VEHICLE, Kind.ENERGY_SITE):
        catalogue = CATALOGUE[kind]
        for row in (each for each in catalogue.entities.values() if each.write):
            _complaint(lambda row=row: entity_value(row, {"value": raw}, limits(row, {})))
        for command in catalogue.commands.values():
            _complaint(lambda command=command: parameters(command, raw if isinstance(raw, dict) else str(raw), {}))
            for each in command.parameters:
                _complaint(lambda command=command, each=each: parameters(command, {each.name: raw}, {}))


def _complaint(judge: Any) -> str:
    text = ""
    try:
        judge()
    except ValueInvalid as refused:
        text = str(refused)
    assert len(text) < 400
    assert text.isprintable()
    return text
