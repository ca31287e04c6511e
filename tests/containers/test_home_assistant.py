"""Home Assistant 2026.11 finds everything by itself, and shows what the topics and the account hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from assistants import components, differences, documents, is_enabled
from home_assistant import HomeAssistant
from household import AT_REST, Household
from whole_house import CAR, OTHER_CAR, SITE, id_of

from bridge.catalog import CATALOGUE, commands_of
from bridge.catalog.rows import STREAMED, Composite, Entity

pytest_plugins = ["assistant_fixtures"]
pytestmark = [pytest.mark.containers, pytest.mark.homeassistant, pytest.mark.mosquitto]


def test_it_complains_of_nothing_when_it_meets_the_bridge(assistant: HomeAssistant) -> None:
    assert assistant.complaints == []


def test_every_device_is_there_with_what_is_known_of_it(assistant: HomeAssistant, house: Household) -> None:
    shown = {device["identifiers"][0][1]: device for device in assistant.devices}
    announced = {document["device"]["identifiers"][0]: document["device"] for document in documents(house.retained)}
    assert len(shown) == 6  # bridge, account, two cars, site, wall connector
    assert {node: _facts(device) for node, device in shown.items()} == {
        node: _facts(device) for node, device in announced.items()
    }


def _facts(device: dict[str, Any]) -> dict[str, Any]:
    return {key: device.get(key) for key in ("name", "manufacturer", "model", "serial_number", "sw_version")}


def test_devices_are_joined_to_the_one_they_are_reached_through(assistant: HomeAssistant) -> None:
    names = {device["id"]: device["name"] for device in assistant.devices}
    joined = {device["name"]: names.get(device["via_device_id"]) for device in assistant.devices}
    assert joined["Wall connector"] == "Simulated Home"
    assert joined["Tesla account"] == "fleet2mqtt"


def test_every_component_is_an_entity_enabled_or_not_as_announced(assistant: HomeAssistant, house: Household) -> None:
    announced = components(house.retained)
    shown = {entity["unique_id"]: entity["disabled_by"] is None for entity in assistant.entities}
    assert shown == {unique_id: is_enabled(component) for unique_id, component in announced.items()}
    assert len(shown) > 900


def test_every_row_of_the_catalogue_is_an_entity_but_what_the_stream_tells_or_a_key_pair_does(
    assistant: HomeAssistant,
) -> None:
    shown = {entity["unique_id"] for entity in assistant.entities}
    ids = {device["identifiers"][0][1] for device in assistant.devices}
    missing = {key for key in _rows() if not any(f"{node}_{key}" in shown for node in ids)}
    assert missing == {"restart"}  # nothing would start this bridge again


def _rows() -> set[str]:
    found: set[str] = set()
    for catalogue in CATALOGUE.values():
        found |= {row.key for row in catalogue.entities.values() if row.component and row.source != STREAMED}
        told = [row for row in catalogue.composites if not _is_streamed(row, catalogue.entities)]
        found |= {row.key for row in told} | {row.key for row in catalogue.events}
        found |= {row.name for row in catalogue.commands.values() if row.button and not row.signed_only}
    return found - _signed()


def _is_streamed(composite: Composite, entities: Mapping[str, Entity]) -> bool:
    return any(entities[key].source == STREAMED for key in composite.states.values())


def _signed() -> set[str]:
    """Those that can be set, with commands that exist only signed."""
    return {
        key
        for catalogue in CATALOGUE.values()
        for key, row in catalogue.entities.items()
        if row.write and all(catalogue.commands[name].signed_only for name in commands_of(row))
    }


def test_no_entity_is_called_by_its_number(assistant: HomeAssistant) -> None:
    """Home Assistant adds _2 to a name that is there already: two entities of a device must not share one."""
    assert [entity["entity_id"] for entity in assistant.entities if entity["entity_id"].endswith("_2")] == []


def test_enabled_entities_show_state_unit_and_class_of_their_topics(assistant: HomeAssistant, house: Household) -> None:
    _shows_all(assistant, house)


def test_so_do_all_others_once_they_are_enabled_and_it_has_restarted(whole: HomeAssistant, house: Household) -> None:
    assert {entity["entity_id"] for entity in whole.entities} <= whole.states.keys()
    _shows_all(whole, house)
    assert whole.complaints == []


def _shows_all(assistant: HomeAssistant, house: Household) -> None:
    ids = {entity["entity_id"]: entity["unique_id"] for entity in assistant.entities if not entity["disabled_by"]}

    def wrong() -> list[str]:
        announced, retained, states = components(house.retained), house.retained, assistant.states
        shown = [(announced[unique_id], states[entity]) for entity, unique_id in ids.items()]
        return [line for component, state in shown for line in differences(component, state, retained)]

    try:
        assistant.until(lambda: wrong() == [], "everything as it should be")  # values change while they are compared
    except AssertionError:
        pytest.fail("\n".join(wrong()[:40]))


def test_what_the_account_holds_is_what_it_shows(whole: HomeAssistant, house: Household) -> None:
    """Not by way of our topics: the car and the site are put into a state, and Home Assistant asked for it."""
    house.tesla.force(SITE, percentage=70, solar_watts=3210, house_watts=1234)
    house.put(CAR, battery_level=63, outside_temp=18.5, df=1, fp_window=1, charging=True, tpms_pressure_fl=2.7)
    house.pass_time(0.1)
    whole.comes_to("sensor.simulated_3_battery_level", "63")
    for entity, state in {
        "binary_sensor.simulated_3_door_front_driver": "on",
        "binary_sensor.simulated_3_window_front_passenger": "on",
        "cover.simulated_3_windows": "open",
        "switch.simulated_3_charge": "on",
        "sensor.simulated_3_charging_state": "charging",
        "device_tracker.simulated_3_location": "home",
        "sensor.simulated_home_solar_power": "3210",
        "sensor.wall_connector_state": "charging",
        "sensor.wall_connector_connected_vehicle": id_of(CAR),
    }.items():
        whole.comes_to(entity, state)
    assert float(whole.state("sensor.simulated_3_outside_temperature")) == pytest.approx(18.5, abs=1)
    assert float(whole.state("sensor.simulated_3_tyre_pressure_front_left")) == pytest.approx(2.7, abs=0.2)
    assert float(whole.state("sensor.simulated_home_charge_level")) == pytest.approx(70, abs=1)


def test_devices_that_cannot_be_served_are_unavailable(whole: HomeAssistant, house: Household) -> None:
    """The month's limit is spent, and Tesla serves only what is free: the site. The account itself tells why."""
    house.limit(0)
    try:
        house.put(CAR, **AT_REST)
        cars = {entity for device in (CAR, OTHER_CAR) for entity in _entities_of(whole, device)}
        whole.until(lambda: _unavailable(whole) == cars, "both cars unavailable")
        assert "billing limit" in whole.state("sensor.tesla_account_problem")
    finally:
        house.limit(100)
    house.pass_time(1)
    whole.until(lambda: _unavailable(whole) == set(), "all devices available")


def test_everything_but_the_connection_is_unavailable_while_the_bridge_is_off(
    whole: HomeAssistant, house: Household
) -> None:
    house.stop_bridge()
    all_but_one = {entity["entity_id"] for entity in whole.entities} - {"binary_sensor.fleet2mqtt_connection"}
    whole.until(lambda: _unavailable(whole) == all_but_one, "everything unavailable")
    assert whole.state("binary_sensor.fleet2mqtt_connection") == "off"
    house.start_bridge()
    whole.until(lambda: _unavailable(whole) == set(), "everything available")


def _entities_of(assistant: HomeAssistant, device: str) -> set[str]:
    node = "fleet2mqtt_" + id_of(device)
    return {one["entity_id"] for one in assistant.entities if one["unique_id"].startswith(f"{node}_")}


def _unavailable(assistant: HomeAssistant) -> set[str]:
    return {entity for entity, state in assistant.states.items() if state["state"] == "unavailable"}
