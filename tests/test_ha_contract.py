"""The validator itself: a sound house passes, and each rule has a case that must fail, with Home Assistant's words."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from ha_contract import Log, check_document, check_documents, check_payload, topics_read
from ha_tables import PLATFORMS

TOPIC = "homeassistant/device/fleet2mqtt_1/config"

COMPONENTS: Mapping[str, Mapping[str, Any]] = {
    "sensor": {"device_class": "battery", "state_class": "measurement", "unit_of_measurement": "%"},
    "word": {"platform": "sensor", "device_class": "enum", "options": ["p", "d"]},
    "heading": {"platform": "sensor", "state_class": "measurement_angle", "unit_of_measurement": "°"},
    "moment": {"platform": "sensor", "device_class": "timestamp"},
    "note": {"platform": "sensor", "entity_category": "diagnostic", "icon": "mdi:note"},
    "binary_sensor": {"device_class": "door", "payload_on": "true", "payload_off": "false"},
    "switch": {"payload_on": "true", "payload_off": "false"},
    "number": {"min": 50, "max": 100, "step": 1, "device_class": "battery", "unit_of_measurement": "%"},
    "select": {"options": ["off", "low"]},
    "button": {"payload_press": "PRESS"},
    "lock": {"state_locked": "true", "state_unlocked": "false"},
    "cover": {"state_open": "true", "state_closed": "false", "payload_close": None, "device_class": "door"},
    "climate": {
        "modes": ["off", "heat_cool"],
        "mode_command_topic": "b/set/mode",
        "mode_state_topic": "b/mode",
        "preset_modes": ["dog"],
        "preset_mode_command_topic": "b/set/preset",
        "preset_mode_state_topic": "b/preset",
        "temperature_state_topic": "b/warmth",
        "temperature_unit": "C",
        "precision": 0.1,
    },
    "device_tracker": {"json_attributes_topic": "b/place", "source_type": "gps"},
    "update": {"device_class": "firmware", "payload_install": "now"},
    "notify": {"name": None},
    "text": {"max": 40},
    "gone": {"platform": "sensor"},
}

STATELESS = {"button", "notify", "climate", "device_tracker"}
COMMANDED = {"switch", "number", "select", "button", "lock", "cover", "update", "notify", "text"}


def _component(key: str, options: Mapping[str, Any]) -> dict[str, Any]:
    if key == "gone":
        return dict(options)
    platform = options.get("platform", key)
    topics: dict[str, Any] = {} if platform in STATELESS else {"state_topic": f"b/{key}"}
    if platform in COMMANDED:
        topics |= {"command_topic": f"b/set/{key}", "message_expiry_interval": 60}
    return {"platform": platform, "unique_id": f"fleet2mqtt_1_{key}", "name": key, **topics, **options}


def sound() -> dict[str, Any]:
    """A document with a component of each platform, and nothing to complain of."""
    return {
        "device": {"identifiers": ["fleet2mqtt_1"], "name": "Car", "configuration_url": "http://bridge:8080/"},
        "origin": {"name": "fleet2mqtt", "sw_version": "1", "support_url": "https://example.com/"},
        "availability": [{"topic": "b/state"}, {"topic": "b/availability"}],
        "availability_mode": "all",
        "qos": 1,
        "components": {key: _component(key, options) for key, options in COMPONENTS.items()},
    }


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
    assert check_documents({TOPIC: sound(), "homeassistant/device/fleet2mqtt_2/config": other}) == []


def test_every_platform_of_the_tables_is_in_the_sound_house() -> None:
    assert {component["platform"] for component in sound()["components"].values()} == PLATFORMS.keys()


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
    read = {(topic, option) for topic, option, _ in topics_read(sound())}
    assert ("b/place", "json_attributes_topic") in read
    assert ("b/mode", "mode_state_topic") in read
    assert not [topic for topic, _ in read if "/set/" in topic]


# --- payloads -------------------------------------------------------------------------------------------------

GOOD: list[tuple[str, str]] = [
    ("sensor", "80"),
    ("sensor", "-7.25"),
    ("sensor", "None"),
    ("word", "p"),
    ("word", "None"),
    ("moment", "2026-07-01T12:00:00+02:00"),
    ("moment", "None"),
    ("note", "x" * 255),
    ("binary_sensor", "true"),
    ("binary_sensor", "None"),
    ("switch", "false"),
    ("number", "50"),
    ("number", "None"),
    ("select", "low"),
    ("select", "None"),
    ("lock", "true"),
    ("cover", "false"),
    ("cover", "None"),
    ("text", "Nikola"),
    ("update", "{}"),
    ("update", '{"installed_version": "1", "latest_version": "2", "in_progress": true, "update_percentage": null}'),
]

BAD: list[tuple[str, str, Log]] = [
    ("sensor", "much", Log.VALUE),
    ("sensor", "nan", Log.VALUE),
    ("sensor", "inf", Log.VALUE),
    ("heading", "true", Log.VALUE),
    ("word", "r", Log.ENUM),
    ("word", "", Log.ENUM),
    ("moment", "2026-07-01T12:00:00", Log.MOMENT),
    ("moment", "soon", Log.MOMENT),
    ("moment", "", Log.MOMENT),
    ("note", "x" * 256, Log.TOO_LONG),
    ("binary_sensor", "True", Log.ON_OFF),
    ("switch", "1", Log.SILENT),
    ("number", "101", Log.RANGE),
    ("number", "49.9", Log.RANGE),
    ("number", "", Log.NO_NUMBER),
    ("number", "nan", Log.NO_NUMBER),
    ("select", "high", Log.SELECT),
    ("lock", "ajar", Log.SILENT),
    ("cover", "ajar", Log.COVER),
    ("cover", "", Log.COVER),
    ("text", "x" * 41, Log.VALUE),
    ("update", "2026.1", Log.SCHEMA),
    ("update", '{"version": "1"}', Log.SCHEMA),
    ("update", '{"latest_version": null}', Log.SCHEMA),
    ("update", '{"release_url": "example.com"}', Log.SCHEMA),
    ("update", '{"in_progress": 40}', Log.SCHEMA),
    ("update", '{"update_percentage": 101}', Log.SCHEMA),
    ("button", "PRESS", Log.SILENT),
]


@pytest.mark.parametrize(("key", "text"), GOOD)
def test_payloads_that_are_fine(key: str, text: str) -> None:
    assert check_payload(sound()["components"][key], text.encode()) == []


@pytest.mark.parametrize(("key", "text", "log"), BAD)
def test_payloads_that_are_not(key: str, text: str, log: Log) -> None:
    (complaint,) = check_payload(sound()["components"][key], text.encode())
    assert complaint.startswith(log)


PLACE = '{"latitude": 52.5, "longitude": 13.4, "gps_accuracy": 10}'


@pytest.mark.parametrize(
    ("key", "option", "text"),
    [
        ("device_tracker", "json_attributes_topic", PLACE),
        ("device_tracker", "json_attributes_topic", "{}"),
        ("climate", "mode_state_topic", "heat_cool"),
        ("climate", "mode_state_topic", "None"),
        ("climate", "preset_mode_state_topic", "none"),
        ("climate", "temperature_state_topic", "21.5"),
        ("climate", "temperature_state_topic", "None"),
    ],
)
def test_other_topics_that_are_fine(key: str, option: str, text: str) -> None:
    assert check_payload(sound()["components"][key], text.encode(), option) == []


@pytest.mark.parametrize(
    ("key", "option", "text", "log"),
    [
        ("device_tracker", "json_attributes_topic", "", Log.NO_OBJECT),
        ("device_tracker", "json_attributes_topic", '{"latitude": NaN}', Log.NO_OBJECT),
        ("device_tracker", "json_attributes_topic", "null", Log.LIST),
        ("device_tracker", "json_attributes_topic", '{"latitude": 52.5}', Log.PLACE),
        ("device_tracker", "json_attributes_topic", '{"latitude": null, "longitude": null}', Log.PLACE),
        ("device_tracker", "json_attributes_topic", PLACE.replace("10}", '"10"}'), Log.PLACE),
        ("note", "json_attributes_topic", '{"icon": "mdi:x"}', Log.SILENT),
        ("climate", "mode_state_topic", "cool", Log.MODE),
        ("climate", "preset_mode_state_topic", "party", Log.PRESET),
        ("climate", "temperature_state_topic", "LO", Log.TEMPERATURE),
        ("climate", "current_temperature_topic", "nan", Log.TEMPERATURE),
    ],
)
def test_other_topics_that_are_not(key: str, option: str, text: str, log: Log) -> None:
    (complaint,) = check_payload(sound()["components"][key], text.encode(), option)
    assert complaint.startswith(log)


def test_bytes_that_are_no_text() -> None:
    assert check_payload(sound()["components"]["note"], b"\xff")[0].startswith(Log.BYTES)
