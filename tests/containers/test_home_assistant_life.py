"""Reloads, outages, sleep, new words, a long day, a car that is sold: Home Assistant shows it all without a complaint.

These tests come last: they leave less behind than they found.
"""

from __future__ import annotations

import json

import pytest
from assistants import components
from home_assistant import HomeAssistant
from household import AT_REST, Household
from whole_house import CAR, OTHER_CAR, SITE, id_of

pytest_plugins = ["assistant_fixtures"]
pytestmark = [pytest.mark.containers, pytest.mark.homeassistant, pytest.mark.mosquitto]

GONE = "fleet2mqtt_" + id_of(OTHER_CAR)


def test_a_reload_of_its_mqtt_integration_brings_everything_back(whole: HomeAssistant, house: Household) -> None:
    whole.reload()
    whole.await_entities()
    assert len(whole.entities) == len(components(house.retained))


def test_a_broker_that_dies_and_comes_back_brings_everything_back(whole: HomeAssistant, house: Household) -> None:
    """Home Assistant says that it lost its broker, and no word of ours."""
    house.restart_broker()
    whole.comes_to("binary_sensor.fleet2mqtt_connection", "on")
    whole.await_entities()
    house.put(CAR, **AT_REST, battery_level=44)
    whole.comes_to("sensor.simulated_3_battery_level", "44")


def test_a_word_that_nobody_knew_is_shown(whole: HomeAssistant, house: Household) -> None:
    state = "sensor.simulated_3_charging_state"
    house.put(CAR, **AT_REST, answers={"charge_state.charging_state": "Levitating"})
    whole.comes_to(state, "levitating")
    assert "levitating" in whole.states[state]["attributes"]["options"]
    house.put(CAR, answers={})
    whole.until(lambda: whole.state(state) != "levitating", "a usual word")


def test_a_sleeping_car_keeps_its_values(whole: HomeAssistant, house: Household) -> None:
    house.put(CAR, **AT_REST, battery_level=47)
    whole.comes_to("sensor.simulated_3_battery_level", "47")
    house.tesla.force(CAR, **AT_REST | {"state": "asleep"})  # an update may be on its way by now
    whole.comes_to("sensor.simulated_3_connectivity", "asleep")
    assert whole.state("sensor.simulated_3_battery_level") == "47"


def test_a_day_with_a_car_that_is_sold_passes_without_a_complaint(whole: HomeAssistant, house: Household) -> None:
    """A device counts as gone when Tesla has not listed it for a day; both cars live, charge and sleep meanwhile."""
    shown = {entity["unique_id"] for entity in whole.entities}
    heard = len(house.spy.messages)
    house.sell(OTHER_CAR, left=(CAR, SITE))
    house.pass_time(26, step=300, pause=0.05)
    whole.until(lambda: not any(one["unique_id"].startswith(GONE) for one in whole.entities), "its removal")
    assert {entity["unique_id"] for entity in whole.entities} == {one for one in shown if not one.startswith(GONE)}
    assert GONE not in json.dumps(whole.devices)
    assert len(house.spy.messages) - heard > 1000  # it was a day with something in it


def test_a_complaint_would_be_seen(unwatched: HomeAssistant, house: Household) -> None:
    """The silence of all the other tests is worth something: a worse bridge is heard."""
    before = len(unwatched.complaints)
    house.spoil("homeassistant/device/worse/config", '{"components": {}}')
    unwatched.until(lambda: len(unwatched.complaints) > before, "a complaint")
    assert "Invalid MQTT device discovery payload" in unwatched.complaints[before]
    house.spoil("fleet2mqtt/vehicle/" + id_of(CAR) + "/charge/charge_limit", "101")
    unwatched.until(lambda: len(unwatched.complaints) > before + 1, "another")
    assert "number.simulated_3_charge_limit" in unwatched.complaints[before + 1]
