"""A discovery document with a component of each platform, and nothing to complain of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    "event": {"event_types": ["ok"], "value_template": "{{ value }}"},
    "gone": {"platform": "sensor"},
}

TIME_TOPIC = "homeassistant/time/fleet2mqtt_1/time/config"

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


def sound_time() -> dict[str, Any]:
    """The same device's component of a platform that stands alone, on `TIME_TOPIC`."""
    shared = {key: value for key, value in sound().items() if key != "components"}
    component = {"unique_id": "fleet2mqtt_1_time", "name": "Time", "entity_category": "config"}
    return {**shared, **component, "state_topic": "b/time", "command_topic": "b/set/time"}
