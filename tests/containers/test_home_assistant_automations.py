"""The shipped automations and the dashboard, as they are, in Home Assistant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from home_assistant import EXAMPLES, HomeAssistant
from household import AT_REST, Household
from whole_house import CAR, SITE

pytest_plugins = ["assistant_fixtures"]
pytestmark = [pytest.mark.containers, pytest.mark.homeassistant, pytest.mark.mosquitto]

ENTITY = re.compile(r"\b(?:sensor|binary_sensor|switch|number|select|lock|cover|climate|device_tracker)\.[a-z0-9_]+")
ELSEWHERE = {"binary_sensor.meteoalarm", "switch.turn_on", "switch.turn_off", "number.set_value"}
"""Somebody else's entity, and actions."""


@pytest.mark.parametrize("example", ["automations.yaml", "dashboard.yaml"])
def test_every_entity_that_an_example_names_is_there(assistant: HomeAssistant, example: str) -> None:
    named = set(ENTITY.findall((EXAMPLES / example).read_text())) - ELSEWHERE
    assert len(named) > 4
    assert named - assistant.states.keys() == set()


def test_all_automations_are_loaded_and_on(assistant: HomeAssistant) -> None:
    automations = {name: one["state"] for name, one in assistant.states.items() if name.startswith("automation.")}
    assert automations == {
        "automation.charge_in_the_cheap_hours": "on",
        "automation.reserve_up_before_a_storm": "on",
        "automation.reserve_back_after_the_storm": "on",
        "automation.stop_at_80_and_tell_me": "on",
    }


def test_the_car_charges_in_the_cheap_hours(assistant: HomeAssistant, house: Household) -> None:
    house.put(CAR, **AT_REST, battery_level=50)
    assistant.comes_to("sensor.simulated_3_battery_level", "50")
    assistant.comes_to("switch.simulated_3_charge", "off")
    house.tesla.forget()
    _comes(assistant, "input_datetime.cheap_hours_begin")
    assistant.comes_to("switch.simulated_3_charge", "on")
    _comes(assistant, "input_datetime.cheap_hours_end")
    assistant.comes_to("switch.simulated_3_charge", "off")
    assert [name for name, _ in house.tesla.done(CAR)] == ["charge_start", "charge_stop"]


def _comes(assistant: HomeAssistant, hour: str) -> None:
    """The hour is set to a moment from now: Home Assistant's own clock brings it."""
    soon = datetime.now(UTC) + timedelta(seconds=2)  # noqa: TID251 - Home Assistant lives in real time
    assistant.press("input_datetime.set_datetime", hour, time=f"{soon:%H:%M:%S}")


def test_a_car_that_is_not_plugged_in_is_left_alone(assistant: HomeAssistant, house: Household) -> None:
    house.put(CAR, plugged=False)
    assistant.comes_to("binary_sensor.simulated_3_plugged_in", "off")
    house.tesla.forget()
    assistant.press("automation.trigger", "automation.charge_in_the_cheap_hours", skip_condition=False)
    house.put(CAR, plugged=True, charging=False)
    assistant.comes_to("binary_sensor.simulated_3_plugged_in", "on")
    assert house.tesla.done(CAR) == []


def test_the_reserve_goes_up_before_a_storm_and_back_after_it(assistant: HomeAssistant, house: Household) -> None:
    reserve = "number.simulated_home_backup_reserve"
    before = assistant.state(reserve)
    house.tesla.forget()
    assistant.pretend("binary_sensor.meteoalarm", "on")
    assistant.comes_to(reserve, "80")
    assistant.pretend("binary_sensor.meteoalarm", "off")
    assistant.comes_to(reserve, before)
    told = [parameters["backup_reserve_percent"] for _, parameters in house.tesla.done(SITE)]
    assert told == [80, float(before)]


def test_the_charge_stops_at_80_percent_and_its_owner_is_told(assistant: HomeAssistant, house: Household) -> None:
    assistant.press("number.set_value", "number.simulated_3_charge_limit", value=90)
    assistant.comes_to("number.simulated_3_charge_limit", "90")
    house.put(CAR, battery_level=78, charging=True)
    assistant.comes_to("switch.simulated_3_charge", "on")
    house.tesla.forget()
    house.put(CAR, battery_level=80.5)
    assistant.comes_to("switch.simulated_3_charge", "off")
    assert [name for name, _ in house.tesla.done(CAR)] == ["charge_stop"]
    assistant.until(lambda: assistant.notifications, "a notification")
    assert assistant.notifications == [
        f"Charging has stopped at {assistant.state('sensor.simulated_3_battery_level')} %."
    ]
