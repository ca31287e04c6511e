"""What Home Assistant should show: retained topics and discovery documents -> states, as its own rules have it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

Json = dict[str, Any]
Retained = Mapping[str, str]


def documents(retained: Retained) -> list[Json]:
    return [json.loads(text) for topic, text in retained.items() if topic.startswith("homeassistant/device/")]


def components(retained: Retained) -> dict[str, Json]:
    """unique_id -> component, of all devices, whether in their documents or alone."""
    shown = [component for document in documents(retained) for component in document["components"].values()]
    alone = [
        {"platform": topic.split("/")[1]} | json.loads(text)
        for topic, text in retained.items()
        if topic.startswith("homeassistant/") and topic.endswith("/config") and "/device/" not in topic
    ]
    return {component["unique_id"]: component for component in (*shown, *alone)}


def is_enabled(component: Json) -> bool:
    return bool(component.get("enabled_by_default", True))


def differences(component: Json, state: Json, retained: Retained) -> Iterator[str]:
    """What of a state is not as the topics and the document have it."""
    for name, wanted in wanted_of(component, retained).items():
        shown = state["state"] if name == "state" else state["attributes"].get(name)
        if not is_same(shown, wanted):
            yield f"{state['entity_id']}: {name} is {shown!r}, should be {wanted!r}"


ATTRIBUTES = {
    "unit_of_measurement": "unit_of_measurement",
    "device_class": "device_class",
    "state_class": "state_class",
    "icon": "icon",
    "min": "min",
    "max": "max",
    "step": "step",
    "modes": "hvac_modes",
    "fan_modes": "fan_modes",
    "min_temp": "min_temp",
    "max_temp": "max_temp",
    "temp_step": "target_temp_step",
}
"""Home Assistant's option -> its attribute, where the one is the other."""

TOPICS = {
    "temperature_state_topic": "temperature",
    "current_temperature_topic": "current_temperature",
    "preset_mode_state_topic": "preset_mode",
    "fan_mode_state_topic": "fan_mode",
}
"""Option that names a topic -> the attribute that shows its value."""


def wanted_of(component: Json, retained: Retained) -> Json:
    """`state` and attributes that must be."""
    read = {name: retained.get(component[option], "None") for option, name in TOPICS.items() if option in component}
    plain = {name: component[option] for option, name in ATTRIBUTES.items() if option in component}
    return plain | _options(component) | _buttons(component) | read | _state(component, retained)


OPEN, CLOSE, STOP = 1, 2, 8
"""Bits of a cover's `supported_features`."""


def _buttons(component: Json) -> Json:
    """What a cover has: null hides one."""
    if component["platform"] != "cover" or "command_topic" not in component:
        return {}
    buttons = {"payload_open": OPEN, "payload_close": CLOSE, "payload_stop": STOP}
    return {"supported_features": sum(bit for option, bit in buttons.items() if component[option] is not None)}


def _options(component: Json) -> Json:
    """Home Assistant adds the preset `none` by itself."""
    options = {"options": component.get("options"), "preset_modes": ["none", *component.get("preset_modes", ())]}
    return {name: words for name, words in options.items() if component.get(name)}


def _state(component: Json, retained: Retained) -> Json:
    if (platform := component["platform"]) in {"button", "notify"}:
        return {"state": "unknown"}
    if platform == "event":
        return {"event_types": component["event_types"]}  # its state is when something happened last
    if platform == "device_tracker":
        return json.loads(retained[component["json_attributes_topic"]]) or {"state": "unknown"}
    raw = retained.get(component.get("mode_state_topic") or component["state_topic"], "None")
    if platform == "update":
        return _update(json.loads(raw))
    return {"state": "unknown" if raw == "None" else _words(component).get(raw, raw)}


def _update(told: Json) -> Json:
    if not told:
        return {"state": "unknown"}
    is_new = told["latest_version"] != told["installed_version"]
    return told | {"state": "on" if is_new else "off"}


WORDS = {
    "payload_on": "on",
    "payload_off": "off",
    "state_locked": "locked",
    "state_unlocked": "unlocked",
    "state_open": "open",
    "state_closed": "closed",
}


def _words(component: Json) -> dict[str, str]:
    return {component[option]: word for option, word in WORDS.items() if option in component}


def is_same(shown: Any, wanted: Any) -> bool:
    """Numbers and moments may be spelt differently; an attribute that is unknown is not there."""
    if wanted in {None, "None"} if isinstance(wanted, str | None) else False:
        return shown is None
    for reading in (float, datetime.fromisoformat):
        try:
            return bool(reading(shown) == reading(wanted))
        except (TypeError, ValueError):
            continue
    return bool(shown == wanted)
