"""What is pressed in Home Assistant reaches the car or the site, and the entity follows."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from home_assistant import HomeAssistant
from household import AT_REST, Household
from whole_house import CAR, OTHER_CAR, SITE

pytest_plugins = ["assistant_fixtures"]
pytestmark = [pytest.mark.containers, pytest.mark.homeassistant, pytest.mark.mosquitto]


class Press(NamedTuple):
    """An action of an entity, what Tesla is told, and the state that follows."""

    action: str
    entity: str
    told: str
    state: str
    data: dict[str, Any] = {}  # noqa: RUF012 - never changed


CAR_PRESSES = (
    Press("switch.turn_on", "switch.simulated_3_charge", "charge_start", "on"),
    Press("switch.turn_off", "switch.simulated_3_charge", "charge_stop", "off"),
    Press("number.set_value", "number.simulated_3_charge_limit", "set_charge_limit", "85", {"value": 85}),
    Press("number.set_value", "number.simulated_3_charge_current", "set_charging_amps", "12", {"value": 12}),
    Press("lock.unlock", "lock.simulated_3_lock", "door_unlock", "unlocked"),
    Press("lock.lock", "lock.simulated_3_lock", "door_lock", "locked"),
    Press("cover.open_cover", "cover.simulated_3_trunk", "actuate_trunk", "open"),
    Press("cover.open_cover", "cover.simulated_3_windows", "window_control", "open"),
    Press("cover.close_cover", "cover.simulated_3_windows", "window_control", "closed"),
    Press(
        "climate.set_hvac_mode",
        "climate.simulated_3_climate",
        "auto_conditioning_start",
        "heat_cool",
        {"hvac_mode": "heat_cool"},
    ),
    Press(
        "select.select_option",
        "select.simulated_3_seat_heater_front_left",
        "remote_seat_heater_request",
        "high",
        {"option": "high"},
    ),
    Press(
        "climate.set_hvac_mode",
        "climate.simulated_3_cabin_overheat_protection",
        "set_cabin_overheat_protection",
        "fan_only",
        {"hvac_mode": "fan_only"},
    ),
)
PLANS = {
    "scheduled_charging": ("set_scheduled_charging", "time", "02:30:00", 150),
    "scheduled_departure": ("set_scheduled_departure", "departure_time", "07:45:00", 465),
}
"""Key of a plan -> its command, the command's parameter, a time of day, and what the car must be told."""

CHARGE_PORT_PRESSES = (
    Press("cover.open_cover", "cover.simulated_3_charge_port_door", "charge_port_door_open", "open"),
    Press("cover.close_cover", "cover.simulated_3_charge_port_door", "charge_port_door_close", "closed"),
)
COVERS = {
    "cover.simulated_y_sunroof": [
        ("sun_roof_control", {"state": "vent"}),
        ("sun_roof_control", {"state": "stop"}),
        ("sun_roof_control", {"state": "close"}),
    ],
    "cover.simulated_y_tonneau": [("open_tonneau", {}), ("stop_tonneau", {}), ("close_tonneau", {})],
}
"""A cover -> what the car is told when it is opened, stopped and closed."""

SITE_PRESSES = (
    Press("number.set_value", "number.simulated_home_backup_reserve", "backup", "35", {"value": 35}),
    Press(
        "select.select_option",
        "select.simulated_home_operation_mode",
        "operation",
        "autonomous",
        {"option": "autonomous"},
    ),
    Press("switch.turn_off", "switch.simulated_home_storm_watch", "storm_mode", "off"),
)


@pytest.fixture(scope="module", autouse=True)
def _at_rest(house: Household, unwatched: HomeAssistant) -> None:
    house.put(CAR, **AT_REST, battery_level=51)
    unwatched.comes_to("sensor.simulated_3_battery_level", "51")
    unwatched.comes_to("switch.simulated_3_charge", "off")


def named(press: Press) -> str:
    return f"{press.action}-{press.entity}"


@pytest.mark.parametrize("press", CAR_PRESSES, ids=named)
def test_a_press_reaches_the_car_and_the_state_follows(whole: HomeAssistant, house: Household, press: Press) -> None:
    _reaches(whole, house, CAR, press)


def test_the_charge_port_is_opened_and_closed(whole: HomeAssistant, house: Household) -> None:
    """It is closed once the cable is pulled, and cannot be closed while one is in."""
    house.put(CAR, plugged=False)
    whole.comes_to("cover.simulated_3_charge_port_door", "closed")
    for press in CHARGE_PORT_PRESSES:
        _reaches(whole, house, CAR, press)


@pytest.mark.parametrize("cover", COVERS)
def test_a_cover_that_moves_can_be_stopped(whole: HomeAssistant, house: Household, cover: str) -> None:
    house.put(OTHER_CAR, **AT_REST)
    house.tesla.forget()
    for count, (action, state) in enumerate((("open", "open"), ("stop", "open"), ("close", "closed")), 1):
        whole.press(f"cover.{action}_cover", cover)
        whole.until(lambda: len(house.tesla.done(OTHER_CAR)) == count, action)  # noqa: B023 - it is not kept
        whole.comes_to(cover, state)
    assert house.tesla.done(OTHER_CAR) == COVERS[cover]


@pytest.mark.parametrize("press", SITE_PRESSES, ids=named)
def test_a_press_reaches_the_site_and_the_state_follows(whole: HomeAssistant, house: Household, press: Press) -> None:
    _reaches(whole, house, SITE, press)


def _reaches(assistant: HomeAssistant, house: Household, device: str, press: Press) -> None:
    assert assistant.state(press.entity) != press.state
    house.tesla.forget()
    assistant.press(press.action, press.entity, **press.data)
    assistant.comes_to(press.entity, press.state)
    assert [name for name, _ in house.tesla.done(device)] == [press.told]


@pytest.mark.parametrize("plan", PLANS)
def test_a_time_of_day_reaches_the_car_which_then_follows_that_plan(
    whole: HomeAssistant, house: Household, plan: str
) -> None:
    command, parameter, time, minutes = PLANS[plan]
    entity, switch = f"time.simulated_3_{plan}_time_of_day", f"switch.simulated_3_{plan}"
    _reaches(whole, house, CAR, Press("time.set_value", entity, command, time, {"time": time}))
    ((_name, told),) = house.tesla.done(CAR)
    assert (told["enable"], told[parameter]) == (True, minutes)
    whole.comes_to(switch, "on")
    _reaches(whole, house, CAR, Press("switch.turn_off", switch, command, "off"))
    assert whole.state(entity) == time


def test_temperature_and_preset_of_the_climate_follow_too(whole: HomeAssistant, house: Household) -> None:
    climate = "climate.simulated_3_climate"
    whole.press("climate.set_temperature", climate, temperature=23.5)
    whole.until(lambda: whole.states[climate]["attributes"]["temperature"] == 23.5, "23.5 °C")
    whole.press("climate.set_preset_mode", climate, preset_mode="dog")
    whole.until(lambda: whole.states[climate]["attributes"]["preset_mode"] == "dog", "dog mode")
    whole.press("climate.set_preset_mode", climate, preset_mode="none")
    whole.until(lambda: whole.states[climate]["attributes"]["preset_mode"] == "none", "no preset")


def test_the_fan_mode_of_the_climate_follows(whole: HomeAssistant, house: Household) -> None:
    climate = "climate.simulated_3_climate"
    house.tesla.forget()
    for mode in ("bioweapon", "auto"):
        whole.press("climate.set_fan_mode", climate, fan_mode=mode)
        whole.until(lambda: whole.states[climate]["attributes"]["fan_mode"] == mode, mode)  # noqa: B023 - the same
    told = [(name, parameters["on"]) for name, parameters in house.tesla.done(CAR)]
    assert told == [("set_bioweapon_mode", True), ("set_bioweapon_mode", False)]


@pytest.mark.parametrize("button", ["flash_lights", "honk_horn", "remote_start_drive"])
def test_a_button_is_pressed_once(whole: HomeAssistant, house: Household, button: str) -> None:
    house.tesla.forget()
    (entity,) = (one["entity_id"] for one in whole.entities if one["unique_id"] == _unique(button))
    whole.press("button.press", entity)
    whole.until(lambda: house.tesla.done(CAR), button)
    assert [name for name, _ in house.tesla.done(CAR)] == [button]
    whole.comes_to("sensor.simulated_3_last_command", button)
    whole.comes_to("sensor.simulated_3_last_command_outcome", "ok")


def _unique(key: str) -> str:
    return f"fleet2mqtt_{CAR.split('/')[1]}_{key}"


def test_a_destination_is_a_message_to_the_car(whole: HomeAssistant, house: Household) -> None:
    house.tesla.forget()
    whole.press("notify.send_message", "notify.simulated_3_send_destination", message="Brandenburger Tor, Berlin")
    whole.until(lambda: house.tesla.done(CAR), "a destination")
    ((_name, parameters),) = house.tesla.done(CAR)
    assert "Brandenburger Tor, Berlin" in str(parameters)


def test_a_car_is_given_another_name(whole: HomeAssistant, house: Household) -> None:
    for name in ("Nikola", "Simulated 3"):
        whole.press("text.set_value", "text.simulated_3_vehicle_name", value=name)
        whole.comes_to("text.simulated_3_vehicle_name", name)
    assert ("set_vehicle_name", {"vehicle_name": "Nikola"}) in house.tesla.done(CAR)


def test_an_update_that_is_there_is_shown_and_installed(whole: HomeAssistant, house: Household) -> None:
    house.put(CAR, software_update="available")
    whole.comes_to("update.simulated_3_firmware", "on")
    house.tesla.forget()
    whole.press("update.install", "update.simulated_3_firmware")
    whole.until(lambda: house.tesla.done(CAR), "the installation")
    assert [name for name, _ in house.tesla.done(CAR)] == ["schedule_software_update"]


def test_what_the_car_refuses_leaves_the_entity_as_it_was(whole: HomeAssistant, house: Household) -> None:
    house.put(CAR, plugged=False)
    whole.comes_to("binary_sensor.simulated_3_plugged_in", "off")
    whole.press("switch.turn_on", "switch.simulated_3_charge")
    whole.comes_to("sensor.simulated_3_last_command_outcome", "refused")
    assert whole.state("switch.simulated_3_charge") == "off"
    house.put(CAR, plugged=True)
    whole.comes_to("binary_sensor.simulated_3_plugged_in", "on")


def test_a_command_to_the_sleeping_car_wakes_it_and_succeeds(whole: HomeAssistant, house: Household) -> None:
    house.tesla.force(CAR, **AT_REST | {"state": "asleep"})
    whole.comes_to("sensor.simulated_3_connectivity", "asleep")
    assert whole.state("sensor.simulated_3_battery_level") not in {"unavailable", "unknown"}  # asleep is not away
    house.tesla.forget()
    whole.press("number.set_value", "number.simulated_3_charge_limit", value=75)
    whole.comes_to("number.simulated_3_charge_limit", "75")
    whole.comes_to("sensor.simulated_3_connectivity", "online")
    assert [name for name, _ in house.tesla.done(CAR) if name != "wake_up"] == ["set_charge_limit"]
