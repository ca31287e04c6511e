"""The validator itself: a sound house passes, and each rule has a case that must fail, with Home Assistant's words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ha_cases import TIME_TOPIC, TOPIC, sound, sound_time
from ha_contract import Log, check_document, check_documents, components_of, topics_read
from ha_tables import NEW_PLATFORMS, PLATFORMS

MISSING = object()


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sound document with another value at a dotted path, or without it."""
    document: dict[str, Any] = copy.deepcopy(sound())
    *parents, last = path.split(".")
    at = document
    for name in parents:
        at = at[name]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return document


def test_a_sound_house_has_no_complaints() -> None:
    other = sound() | {"device": {"identifiers": ["fleet2mqtt_2"], "name": "House"}, "components": {}}
    house = {TOPIC: sound(), TIME_TOPIC: sound_time(), "homeassistant/device/fleet2mqtt_2/config": other}
    assert check_documents(house) == []


def test_every_platform_of_the_tables_is_in_the_sound_house() -> None:
    alone = components_of(TIME_TOPIC, sound_time())
    shown = {component["platform"] for component in (*sound()["components"].values(), *alone.values())}
    assert shown == PLATFORMS.keys()
    assert {component["platform"] for component in alone.values()} <= NEW_PLATFORMS.keys()


DEVICE_RULES: list[tuple[str, Any, Log]] = [
    ("~", "b", Log.DEVICE),
    ("retain", False, Log.DEVICE),
    ("object_id", "x", Log.DEVICE),
    ("json_attributes_topic", "b/x", Log.DEVICE),
    ("message_expiry_interval", 60, Log.DEVICE),
    ("child_devices", {}, Log.DEVICE),
    ("state_topic", "b/x", Log.SILENT),
    ("command_topic", "b/x", Log.SILENT),
    ("encoding", None, Log.DEVICE),
    ("qos", 3, Log.DEVICE),
    ("availability_topic", "b/x", Log.DEVICE),
    ("availability_mode", "most", Log.DEVICE),
    ("availability", [{"payload_available": "online"}], Log.DEVICE),
    ("availability", [{"topic": "b/x", "qos": 1}], Log.DEVICE),
    ("components", MISSING, Log.DEVICE),
    ("components", {"a": None}, Log.DEVICE),
    ("device", MISSING, Log.DEVICE),
    ("device.via", "x", Log.DEVICE),
    ("device.via_hub", "x", Log.DEVICE),
    ("device.sw_version", None, Log.DEVICE),
    ("device.model", {}, Log.DEVICE),
    ("device.identifiers", MISSING, Log.DEVICE),
    ("device.identifiers", [7], Log.DEVICE),
    ("device.name", MISSING, Log.NAMELESS),
    ("device.name", "", Log.NAMELESS),
    ("device.configuration_url", "bridge:8080", Log.DEVICE),
    ("origin", MISSING, Log.DEVICE),
    ("origin.name", MISSING, Log.DEVICE),
    ("origin.sw_version", None, Log.DEVICE),
    ("origin.url", "http://x", Log.DEVICE),
    ("origin.support_url", "example.com", Log.DEVICE),
]

COMPONENT_RULES: list[tuple[str, Any, Log]] = [
    ("sensor.platform", MISSING, Log.DEVICE),
    ("sensor.platform", "thermometer", Log.DEVICE),
    ("sensor.platform", "time", Log.DEVICE),
    ("sensor.unique_id", MISSING, Log.DEVICE),
    ("sensor.state_topic", MISSING, Log.COMPONENT),
    ("sensor.state_topic", "", Log.COMPONENT),
    ("switch.command_topic", "b/set/+", Log.COMPONENT),
    ("sensor.command_topic", "b/set/x", Log.SILENT),
    ("sensor.object_id", "x", Log.SILENT),
    ("sensor.icon", None, Log.COMPONENT),
    ("note.icon", "note", Log.COMPONENT),
    ("note.entity_category", "config", Log.COMPONENT),
    ("binary_sensor.entity_category", "config", Log.COMPONENT),
    ("switch.entity_category", "settings", Log.COMPONENT),
    ("switch.retain", True, Log.SILENT),
    ("switch.message_expiry_interval", "60", Log.COMPONENT),
    ("switch.default_entity_id", "sensor.x", Log.ENTITY_ID),
    ("switch.availability_topic", "b/x", Log.COMPONENT),
    ("switch.device_class", "socket", Log.COMPONENT),
    ("sensor.device_class", "fuel", Log.COMPONENT),
    ("sensor.unit_of_measurement", "V", Log.UNIT),
    ("sensor.unit_of_measurement", MISSING, Log.UNIT),
    ("moment.unit_of_measurement", "s", Log.UNIT),
    ("sensor.state_class", "total", Log.STATE_CLASS),
    ("sensor.state_class", "sum", Log.STATE_CLASS),
    ("moment.state_class", "measurement", Log.STATE_CLASS),
    ("heading.unit_of_measurement", "rad", Log.COMPONENT),
    ("sensor.last_reset_value_template", "{{ 0 }}", Log.COMPONENT),
    ("sensor.suggested_display_precision", -1, Log.COMPONENT),
    ("word.options", MISSING, Log.COMPONENT),
    ("word.options", [], Log.COMPONENT),
    ("word.options", ["p", 7], Log.COMPONENT),
    ("word.options", ["p", "p"], Log.SILENT),
    ("word.options", ["p", "None"], Log.SILENT),
    ("word.state_class", "measurement", Log.STATE_CLASS),
    ("word.device_class", MISSING, Log.COMPONENT),
    ("binary_sensor.device_class", "charger", Log.COMPONENT),
    ("number.min", 101, Log.COMPONENT),
    ("number.max", "100", Log.COMPONENT),
    ("number.step", 0, Log.COMPONENT),
    ("number.device_class", "timestamp", Log.UNIT),
    ("number.unit_of_measurement", "V", Log.UNIT),
    ("number.command_topic", MISSING, Log.COMPONENT),
    ("select.options", MISSING, Log.COMPONENT),
    ("select.options", [], Log.COMPONENT),
    ("select.options", ["None", "off"], Log.SILENT),
    ("select.options", ["off", "none"], Log.SILENT),
    ("button.device_class", "press", Log.COMPONENT),
    ("button.state_topic", "b/x", Log.SILENT),
    ("lock.code_format", "(", Log.COMPONENT),
    ("cover.state_open", None, Log.COMPONENT),
    ("cover.device_class", "frunk", Log.COMPONENT),
    ("cover.set_position_topic", "b/set/x", Log.COMPONENT),
    ("climate.modes", MISSING, Log.COMPONENT),
    ("climate.modes", ["on"], Log.COMPONENT),
    ("climate.preset_modes", ["none"], Log.COMPONENT),
    ("climate.preset_modes", MISSING, Log.COMPONENT),
    ("climate.temperature_unit", "K", Log.COMPONENT),
    ("climate.precision", 0.2, Log.COMPONENT),
    ("climate.min_temp", 40, Log.VALUE),
    ("climate.mode_state_topic", MISSING, Log.SILENT),
    ("device_tracker.json_attributes_topic", MISSING, Log.COMPONENT),
    ("device_tracker.state_topic", "b/x", Log.SILENT),
    ("device_tracker.source_type", "satellite", Log.COMPONENT),
    ("update.payload_install", MISSING, Log.SILENT),
    ("update.device_class", "software", Log.COMPONENT),
    ("text.max", 256, Log.COMPONENT),
    ("notify.command_topic", MISSING, Log.COMPONENT),
]


@pytest.mark.parametrize(("path", "value", "log"), DEVICE_RULES)
def test_what_costs_a_device(path: str, value: Any, log: Log) -> None:
    assert [complaint.split(":")[0] for complaint in check_document(TOPIC, changed(path, value))][:1] == [log]


@pytest.mark.parametrize(("path", "value", "log"), COMPONENT_RULES)
def test_what_costs_a_component(path: str, value: Any, log: Log) -> None:
    complaints = check_document(TOPIC, changed(f"components.{path}", value))
    assert complaints
    assert any(complaint.startswith(f"{log}:") for complaint in complaints)
    key, _, _ = path.partition(".")
    assert all(complaint.endswith(f"(component {key})") for complaint in complaints)


@pytest.mark.parametrize(
    ("option", "value", "log"),
    [
        ("device", {"name": "Car"}, Log.DEVICE),
        ("device", {"identifiers": ["x"], "name": "Car", "via": "y"}, Log.DEVICE),
        ("origin", {}, Log.DEVICE),
        ("unique_id", "", Log.DEVICE),
        ("command_topic", None, Log.COMPONENT),
        ("availability", [{"topic": "b/+"}], Log.COMPONENT),
        ("device_class", "clock", Log.SILENT),
        ("platform", "time", Log.SILENT),
    ],
)
def test_what_costs_a_component_alone(option: str, value: Any, log: Log) -> None:
    assert check_document(TIME_TOPIC, sound_time() | {option: value})[0].startswith(f"{log}:")


def test_a_component_is_alone_only_where_its_device_cannot_hold_it() -> None:
    (complaint,) = check_document(TIME_TOPIC.replace("/time/", "/text/", 1), sound_time())
    assert complaint.startswith(f"{Log.SILENT}: a text belongs")


def test_a_cover_that_moves_to_positions_must_tell_them() -> None:
    document = changed("components.cover.value_template", "{{ value }}")
    del document["components"]["cover"]["state_topic"]
    assert check_document(TOPIC, document)


@pytest.mark.parametrize("topic", ["homeassistant/device/a.b/config", "homeassistant/device/config", "device/a/config"])
def test_illegal_topics(topic: str) -> None:
    assert check_document(topic, sound()) == [f"{Log.TOPIC}: {topic}"]


def test_a_document_that_is_too_large() -> None:
    document = changed("components.word.options", [str(number) * 10 for number in range(40_000)])
    assert check_document(TOPIC, document)[0].startswith(Log.PACKET)


def test_ids_are_unique_in_the_whole_house() -> None:
    twice = {TOPIC: sound(), TOPIC.replace("_1", "_2"): sound()}
    complaints = check_documents(twice)
    assert f"{Log.NOT_UNIQUE}: fleet2mqtt_1_sensor" in complaints
    assert f"{Log.NOT_UNIQUE}: fleet2mqtt_1" in complaints


def test_what_home_assistant_subscribes_to() -> None:
    read = {(topic, option) for topic, option, _ in topics_read(sound()["components"])}
    assert ("b/place", "json_attributes_topic") in read
    assert ("b/mode", "mode_state_topic") in read
    assert not [topic for topic, _ in read if "/set/" in topic]
