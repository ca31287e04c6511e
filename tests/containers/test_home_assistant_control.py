"""What is set on the bridge itself in Home Assistant counts at once: options, and what a Powerwall is to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from home_assistant import HomeAssistant
from household import AT_REST, Household
from whole_house import CAR, SITE, id_of

pytest_plugins = ["assistant_fixtures"]
pytestmark = [pytest.mark.containers, pytest.mark.homeassistant, pytest.mark.mosquitto]

WAKE_POLICY, POLLING = "select.simulated_3_wake_policy", "switch.simulated_3_polling"
BUDGET, BUDGET_MODE = "number.tesla_account_monthly_budget", "select.tesla_account_budget_mode"
DRY_RUN = "switch.fleet2mqtt_dry_run"
CHARGE_LIMIT = "number.simulated_3_charge_limit"
INTENT, RESERVE = "select.simulated_home_intent", "number.simulated_home_backup_reserve"

PIN_WANTED = {"switch.simulated_3_valet_mode"}
"""Cannot be set from Home Assistant without a PIN: the car refuses that."""


@pytest.fixture(autouse=True)
def _at_rest(house: Household, unwatched: HomeAssistant) -> Iterator[None]:
    house.put(CAR, **AT_REST)
    unwatched.comes_to("binary_sensor.simulated_3_plugged_in", "on")
    house.tesla.forget()
    yield
    choose(unwatched, WAKE_POLICY, "within_budget")
    choose(unwatched, BUDGET_MODE, "hard_stop")
    number(unwatched, BUDGET, 10)
    switch(unwatched, POLLING, "on")
    switch(unwatched, DRY_RUN, "off")


def choose(assistant: HomeAssistant, entity: str, option: str) -> None:
    assistant.press("select.select_option", entity, option=option)
    assistant.comes_to(entity, option)


def number(assistant: HomeAssistant, entity: str, value: float) -> None:
    assistant.press("number.set_value", entity, value=value)
    assistant.until(lambda: float(assistant.state(entity)) == value, f"{entity} = {value}")


def switch(assistant: HomeAssistant, entity: str, state: str) -> None:
    assistant.press(f"switch.turn_{state}", entity)
    assistant.comes_to(entity, state)


def outcome_of_limit(assistant: HomeAssistant, percent: float) -> tuple[str, str | None]:
    """Outcome and reason of a new charge limit."""
    before = assistant.state("event.simulated_3_command")
    assistant.press("number.set_value", CHARGE_LIMIT, value=percent)
    assistant.until(lambda: assistant.state("event.simulated_3_command") != before, "an outcome")
    facts = assistant.states["event.simulated_3_command"]["attributes"]
    return facts["event_type"], facts["reason"]


def falls_asleep(assistant: HomeAssistant, house: Household) -> None:
    house.tesla.force(CAR, **AT_REST | {"state": "asleep"})
    assistant.comes_to("sensor.simulated_3_connectivity", "asleep")


# --- the car ----------------------------------------------------------------------------------------------


def test_a_car_that_must_never_be_woken_is_not_and_is_once_it_may(whole: HomeAssistant, house: Household) -> None:
    choose(whole, WAKE_POLICY, "never")
    falls_asleep(whole, house)
    assert outcome_of_limit(whole, 71) == ("unavailable", "asleep")
    assert house.tesla.asked("wake_up") == []
    choose(whole, WAKE_POLICY, "always")
    assert outcome_of_limit(whole, 72) == ("ok", None)
    assert len(house.tesla.asked("wake_up")) == 1


def test_a_car_whose_polling_is_off_is_read_when_the_button_is_pressed_and_else_not(
    whole: HomeAssistant, house: Household
) -> None:
    switch(whole, POLLING, "off")
    house.pass_time(0.1)
    house.tesla.forget()
    house.tesla.force(CAR, battery_level=37)
    house.pass_time(3)
    assert readings(house) == 0
    assert whole.state("sensor.simulated_3_battery_level") != "37"
    house.tesla.force(CAR, **AT_REST)
    whole.comes_to("sensor.simulated_3_connectivity", "online")
    house.tesla.force(CAR, battery_level=37)  # what stands for hours loses some
    whole.press("button.press", "button.simulated_3_refresh_data")
    whole.comes_to("sensor.simulated_3_battery_level", "37")
    house.tesla.force(CAR, battery_level=36)
    switch(whole, POLLING, "on")
    whole.comes_to("sensor.simulated_3_battery_level", "36")


def readings(house: Household) -> int:
    return len(house.tesla.asked(f"{id_of(CAR)}/vehicle_data"))


# --- money ------------------------------------------------------------------------------------------------


def test_a_budget_that_is_spent_stops_every_call_that_costs_until_it_is_raised(
    whole: HomeAssistant, house: Household
) -> None:
    number(whole, BUDGET, 0.01)
    whole.comes_to("sensor.tesla_account_budget_state", "stopped")
    assert outcome_of_limit(whole, 73) == ("unavailable", "budget")
    assert house.tesla.done(CAR) == []
    assert whole.states["event.tesla_account_budget"]["attributes"]["event_type"] == "budget_100"
    number(whole, BUDGET, 10)
    assert outcome_of_limit(whole, 74) == ("ok", None)
    whole.comes_to(CHARGE_LIMIT, "74")


def test_a_budget_that_only_warns_stops_nothing(whole: HomeAssistant, house: Household) -> None:
    choose(whole, BUDGET_MODE, "warn")
    number(whole, BUDGET, 0.01)
    assert outcome_of_limit(whole, 75) == ("ok", None)


# --- the bridge -------------------------------------------------------------------------------------------


def test_in_a_dry_run_nothing_is_sent_and_the_entity_stays(whole: HomeAssistant, house: Household) -> None:
    before = whole.state(CHARGE_LIMIT)
    switch(whole, DRY_RUN, "on")
    assert outcome_of_limit(whole, 76) == ("unavailable", "dry_run")
    assert whole.state(CHARGE_LIMIT) == before
    assert house.tesla.done(CAR) == []


def test_everything_is_published_again_when_its_button_is_pressed(whole: HomeAssistant, house: Household) -> None:
    heard = len(house.spy.messages)
    whole.press("button.press", "button.fleet2mqtt_publish_everything_again")

    def again() -> bool:
        kept = house.spy.retained.keys() - {"homeassistant/status"}
        return kept <= {each.topic for each in house.spy.messages[heard:]}

    whole.until(again, "all topics again")


# --- the Powerwall ----------------------------------------------------------------------------------------


def test_an_intent_sets_the_site_and_the_button_brings_back_what_was_before(
    whole: HomeAssistant, house: Household
) -> None:
    number(whole, RESERVE, 25)
    number(whole, "number.simulated_home_intent_duration", 60)
    choose(whole, INTENT, "full_backup")
    whole.comes_to(RESERVE, "100")
    whole.comes_to("sensor.simulated_home_intent_state", "active")
    assert whole.state("sensor.simulated_home_intent_until") != "unknown"
    whole.press("button.press", "button.simulated_home_restore_previous_settings")
    whole.comes_to(RESERVE, "25")
    whole.comes_to(INTENT, "normal")
    told = [parameters["backup_reserve_percent"] for name, parameters in house.tesla.done(SITE) if name == "backup"]
    assert told == [25, 100, 25]


def test_an_intent_ends_by_itself_after_its_duration(whole: HomeAssistant, house: Household) -> None:
    number(whole, "number.simulated_home_intent_duration", 60)
    choose(whole, INTENT, "charge_from_grid")
    whole.comes_to("select.simulated_home_operation_mode", "autonomous")
    house.pass_time(1.1)
    whole.comes_to(INTENT, "normal")
    whole.comes_to(RESERVE, "25")


# --- all of them ------------------------------------------------------------------------------------------


@pytest.mark.timeout(500)  # some hundred presses
def test_whatever_can_be_set_can_be_set_to_another_value_and_back(whole: HomeAssistant, house: Household) -> None:
    """Every switch, select and number of a car, its site, the account and the bridge."""
    ours = ("simulated_3", "simulated_home", "tesla_account", "fleet2mqtt")
    entities = [name for name in sorted(whole.states) if name.partition(".")[2].startswith(ours)]
    settable = [name for name in entities if name.partition(".")[0] in ANOTHER and name not in PIN_WANTED]
    assert len(settable) > 40
    assert [name for name in settable if not _changes(whole, house, name)] == []


def _changes(assistant: HomeAssistant, house: Household, entity: str) -> bool:
    """Does it follow what is set? What was there before is set again, if it is known."""
    house.tesla.force(CAR, climate_on=True)  # seats are heated only then, and some of the others switch it off
    before = assistant.states[entity]
    action, data, wanted = ANOTHER[entity.partition(".")[0]](before)
    try:
        _follows(assistant, entity, action, data, wanted)
        if (value := before["state"]) != "unknown":
            _follows(assistant, entity, *BACK[entity.partition(".")[0]](value), value)
    except AssertionError:
        return False
    return True


def _follows(assistant: HomeAssistant, entity: str, action: str, data: dict[str, Any], wanted: str) -> None:
    assistant.press(action, entity, **data)
    assistant.until(lambda: _is_same(assistant.state(entity), wanted), f"{entity} = {wanted}", 5)


def _is_same(shown: str, wanted: str) -> bool:
    try:
        return float(shown) == float(wanted)
    except ValueError:
        return shown == wanted


def _switched(state: str) -> tuple[str, dict[str, Any]]:
    return f"switch.turn_{state}", {}


def _selected(option: str) -> tuple[str, dict[str, Any]]:
    return "select.select_option", {"option": option}


def _given(value: str) -> tuple[str, dict[str, Any]]:
    return "number.set_value", {"value": float(value)}


def _other_switch(state: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    wanted = "off" if state["state"] == "on" else "on"
    return *_switched(wanted), wanted


def _other_option(state: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    wanted = next(each for each in state["attributes"]["options"] if each != state["state"])
    return *_selected(wanted), wanted


def _other_number(state: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    lowest, step = state["attributes"]["min"], state["attributes"]["step"]
    wanted = str(lowest + step if _is_same(state["state"], str(lowest)) else lowest)
    return *_given(wanted), wanted


ANOTHER = {"switch": _other_switch, "select": _other_option, "number": _other_number}
BACK = {"switch": _switched, "select": _selected, "number": _given}
