"""Would Home Assistant 2026.11 (and 2025.10) take this discovery document, and this payload, without a word in its log?

The rules are those of mqtt-and-home-assistant.md 1.2 to 1.10; a complaint is the line of 1.12 that Home Assistant would
log, and what is wrong. Full names only: fleet2mqtt uses no abbreviations.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ha_payloads import check_payload
from ha_tables import (
    ANY_UNIT,
    AVAILABILITY_ENTRY,
    AVAILABILITY_MODES,
    CATEGORIES,
    DEVICE,
    HVAC_MODES,
    LARGEST_DOCUMENT,
    LEAKING,
    NEW_PLATFORMS,
    ORIGIN,
    PLATFORMS,
    READ_ONLY,
    ROOT,
    SENSOR_CLASSES,
    STATE_CLASSES,
    TOO_NEW,
    UNITLESS,
    UNITS,
    Log,
)

__all__ = ["Log", "check_document", "check_documents", "check_payload", "topics_read"]

Json = Mapping[str, Any]
Complaints = Iterator[str]

TOPIC = re.compile(r"[^/]+/device/([a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config")


def check_document(topic: str, document: Json) -> list[str]:
    """What Home Assistant would complain of, published as JSON on this topic."""
    return list(_document(topic, document))


def check_documents(documents: Mapping[str, Json]) -> list[str]:
    """The same for all documents of a house, by topic: besides, no two may share an id."""
    each = [complaint for topic, document in documents.items() for complaint in check_document(topic, document)]
    shown = [component for document in documents.values() for component in document["components"].values()]
    ids = [component["unique_id"] for component in shown if "unique_id" in component]
    names = [name for document in documents.values() for name in document["device"]["identifiers"]]
    doubles = [*_doubles(ids), *_doubles(names)]
    return each + [_say(Log.NOT_UNIQUE, double) for double in doubles]


def topics_read(document: Json) -> Iterator[tuple[str, str, Json]]:
    """(topic, option, component) of everything that Home Assistant subscribes to for a document's components."""
    for component in document["components"].values():
        for option, topic in component.items():
            if option.endswith("_topic") and "command" not in option:
                yield topic, option, component


def _say(log: Log, what: object) -> str:
    return f"{log}: {what}"


def _doubles(names: Collection[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


# --- the document -------------------------------------------------------------------------------------------


def _document(topic: str, document: Json) -> Complaints:
    if not TOPIC.fullmatch(topic):
        yield _say(Log.TOPIC, topic)
    if (size := len(json.dumps(document).encode())) >= LARGEST_DOCUMENT:
        yield _say(Log.PACKET, f"{topic} has {size} bytes")
    yield from _root(document)
    yield from _strict("device", document.get("device"), DEVICE)
    yield from _device(document.get("device") or {})
    yield from _strict("origin", document.get("origin"), ORIGIN)
    yield from _origin(document.get("origin") or {})
    components = document.get("components")
    if not isinstance(components, Mapping):
        yield _say(Log.DEVICE, "it has no components")
        return
    for key, component in components.items():
        for complaint in _component(component, document):
            yield f"{complaint} (component {key})"


def _root(document: Json) -> Complaints:
    for key in document.keys() - ROOT:
        since = f", and so do all before {TOO_NEW[key]}" if key in TOO_NEW else ""
        yield _say(Log.DEVICE, f"{key} is not a valid option at the root{since}")
    for key in document.keys() & LEAKING:
        yield _say(Log.SILENT, f"{key} at the root becomes part of every component")
    yield from (_say(Log.DEVICE, f"{key} is null") for key, value in document.items() if value is None)
    yield from _availability(document, Log.DEVICE)
    if document.get("qos", 0) not in {0, 1, 2}:
        yield _say(Log.DEVICE, f"qos is {document['qos']}")


def _strict(name: str, part: Any, allowed: Collection[str]) -> Complaints:
    """A part of which one unknown or empty member costs the whole device."""
    if not isinstance(part, Mapping):
        yield _say(Log.DEVICE, f"{name} is missing")
        return
    for key, value in part.items():
        if key not in allowed:
            yield _say(Log.DEVICE, f"{name}.{key} is not a valid option")
        elif value is None or isinstance(value, dict):
            yield _say(Log.DEVICE, f"{name}.{key} is {value}, not a text")


def _device(device: Json) -> Complaints:
    identifiers = device.get("identifiers")
    is_list = isinstance(identifiers, list) and all(isinstance(each, str) and each for each in identifiers)
    if not (identifiers and is_list):
        yield _say(Log.DEVICE, "device has no identifiers")
    if not device.get("name"):
        yield _say(Log.NAMELESS, identifiers)
    if not re.match(r"https?://.|homeassistant://.", device.get("configuration_url", "http://x")):
        yield _say(Log.DEVICE, "device.configuration_url is no URL")


def _origin(origin: Json) -> Complaints:
    if not origin.get("name"):
        yield _say(Log.DEVICE, "origin has no name")
    if not re.match(r"https?://.", origin.get("support_url", "http://x")):
        yield _say(Log.DEVICE, "origin.support_url is no URL")


def _availability(options: Json, log: Log) -> Complaints:
    if "availability" in options and "availability_topic" in options:
        yield _say(log, "availability and availability_topic exclude each other")
    if options.get("availability_mode", "latest") not in AVAILABILITY_MODES:
        yield _say(log, f"availability_mode is {options['availability_mode']}")
    for entry in options.get("availability") or ():
        if not _is_topic(entry.get("topic")):
            yield _say(log, "an availability has no topic")
        if unfit := [key for key, value in entry.items() if key not in AVAILABILITY_ENTRY or value is None]:
            yield _say(log, f"availability: {unfit}")


def _is_topic(topic: Any) -> bool:
    return isinstance(topic, str) and bool(topic) and not set(topic) & set("+#\0")


# --- any component ------------------------------------------------------------------------------------------


def _component(component: Any, document: Json) -> Complaints:
    if not isinstance(component, Mapping):
        yield _say(Log.DEVICE, "it is no object")
        return
    name = component.get("platform")
    if name in NEW_PLATFORMS:
        yield _say(Log.DEVICE, f"unknown platform before {NEW_PLATFORMS[name]}: {name}")
    elif name not in PLATFORMS:
        yield _say(Log.DEVICE, f"unknown platform {name}")
    elif component.keys() != {"platform"}:  # with nothing else in it: remove this component
        yield from _shape(component)
        yield from _common(component)
        yield from _availability({**_shared(document), **component}, Log.COMPONENT)
        yield from _RULES.get(str(name), _no_more_rules)(component)


def _shared(document: Json) -> Json:
    """What the root hands down to each component that lacks it."""
    return {key: value for key, value in document.items() if key.startswith("availability")}


def _shape(component: Json) -> Complaints:
    platform = PLATFORMS[component["platform"]]
    if not component.get("unique_id"):
        yield _say(Log.DEVICE, "unique_id is missing")
    for option in platform.required.split():
        if option not in component:
            yield _say(Log.COMPONENT, f"{option} is missing")
    for option, value in component.items():
        if not platform.takes(option):
            yield _say(Log.SILENT, f"a {component['platform']} has no option {option}")
        elif value is None and option != "name" and option not in platform.nullable.split():
            yield _say(Log.COMPONENT, f"{option} is null")
        elif option.endswith("_topic") and not _is_topic(value):
            yield _say(Log.COMPONENT, f"{option} is no topic: {value}")


def _common(component: Json) -> Complaints:
    platform, category = component["platform"], component.get("entity_category", "diagnostic")
    if category not in CATEGORIES or (category == "config" and platform in READ_ONLY):
        yield _say(Log.COMPONENT, f"entity_category {category} on a {platform}")
    if ":" not in (component.get("icon", ":") or ":"):
        yield _say(Log.COMPONENT, f"icon {component['icon']}")
    if not component.get("default_entity_id", platform + ".").startswith(platform + "."):
        yield _say(Log.ENTITY_ID, component["default_entity_id"])
    if component.get("retain"):
        yield _say(Log.SILENT, "retain makes Home Assistant retain commands, which then happen again")
    expiry = component.get("message_expiry_interval", 1)
    if not isinstance(expiry, int) or isinstance(expiry, bool) or expiry < 0:
        yield _say(Log.COMPONENT, f"message_expiry_interval {expiry}")
    classes = PLATFORMS[platform].classes.split() or (SENSOR_CLASSES if platform in {"sensor", "number"} else ())
    device_class = component.get("device_class")
    if device_class is not None and device_class not in classes:
        yield _say(Log.COMPONENT, f"a {platform} has no device_class {device_class}")


# --- each platform ------------------------------------------------------------------------------------------


def _no_more_rules(_component: Json) -> Complaints:
    yield from ()


def _sensor(component: Json) -> Complaints:
    device_class, unit = component.get("device_class"), component.get("unit_of_measurement")
    state_class = component.get("state_class")
    if device_class in UNITS.keys() | UNITLESS and unit not in UNITS.get(str(device_class), {None}):
        yield _say(Log.UNIT, f"{unit} for {device_class}")
    if state_class is not None and state_class not in STATE_CLASSES.get(device_class, ()):
        yield _say(Log.STATE_CLASS, f"{state_class} for {device_class}")
    if state_class == "measurement_angle" and unit != "°":
        yield _say(Log.COMPONENT, f"measurement_angle in {unit}")
    if "last_reset_value_template" in component and state_class != "total":
        yield _say(Log.COMPONENT, "last_reset_value_template without state class total")
    if not isinstance(precision := component.get("suggested_display_precision", 0), int) or precision < 0:
        yield _say(Log.COMPONENT, f"suggested_display_precision {precision}")
    if device_class == "enum" or "options" in component:
        yield from _options(component)
        if device_class != "enum" or state_class is not None or unit is not None:
            yield _say(Log.COMPONENT, "options go with device_class enum alone, without unit and state class")


def _options(component: Json) -> Complaints:
    options = component.get("options")
    if not (isinstance(options, list) and options and all(isinstance(each, str) and each for each in options)):
        yield _say(Log.COMPONENT, f"options {options}")
        return
    if doubles := _doubles(options):
        yield _say(Log.SILENT, f"options twice: {doubles}")
    unknown = [each for each in options if each == "None" or (component["platform"] == "select" and each == "none")]
    if unknown or any(each.lower() == "none" != each for each in options):
        yield _say(Log.SILENT, "Home Assistant takes the option None for unknown")


def _number(component: Json) -> Complaints:
    low, high, step = component.get("min", 1), component.get("max", 100), component.get("step", 1)
    if not all(isinstance(each, int | float) for each in (low, high, step)):
        yield _say(Log.COMPONENT, f"min {low}, max {high}, step {step}")
    elif low > high or step < 0.001:
        yield _say(Log.COMPONENT, f"min {low}, max {high}, step {step}")
    device_class, unit = component.get("device_class"), component.get("unit_of_measurement")
    if device_class in UNITLESS or (device_class in UNITS and unit not in UNITS[device_class]):
        yield _say(Log.UNIT, f"{unit} for {device_class}")
    if device_class in ANY_UNIT and not unit:
        yield _say(Log.UNIT, f"{device_class} without a unit")


def _lock(component: Json) -> Complaints:
    try:
        re.compile(component.get("code_format", ""))
    except re.error as error:
        yield _say(Log.COMPONENT, f"code_format: {error}")


def _cover(component: Json) -> Complaints:
    if "set_position_topic" in component and "position_topic" not in component:
        yield _say(Log.COMPONENT, "set_position_topic without position_topic")
    if "value_template" in component and "state_topic" not in component:
        yield _say(Log.COMPONENT, "value_template without state_topic")


def _climate(component: Json) -> Complaints:
    modes, presets = component.get("modes"), component.get("preset_modes", [])
    if not modes or not set(modes) <= HVAC_MODES:
        yield _say(Log.COMPONENT, f"modes {modes}")
    if ("preset_modes" in component) != ("preset_mode_command_topic" in component):
        yield _say(Log.COMPONENT, "preset_modes and preset_mode_command_topic go together")
    if "none" in presets:
        yield _say(Log.COMPONENT, "preset_modes must not include preset mode 'none'")
    if component.get("temperature_unit", "C") not in {"C", "F"}:
        yield _say(Log.COMPONENT, f"temperature_unit {component['temperature_unit']}")
    if component.get("precision", 1) not in {0.1, 0.5, 1}:
        yield _say(Log.COMPONENT, f"precision {component['precision']}")
    if component.get("min_temp", 7) >= component.get("max_temp", 35):
        yield _say(Log.VALUE, "min_temp is not below max_temp")
    for aspect in ("mode", "temperature", "preset_mode"):
        if f"{aspect}_command_topic" in component and f"{aspect}_state_topic" not in component:
            yield _say(Log.SILENT, f"{aspect} is optimistic without a state topic")


def _device_tracker(component: Json) -> Complaints:
    if "state_topic" in component:
        yield _say(Log.SILENT, "a state_topic of a tracker is its location's name, and no zones are worked out")
    if component.get("source_type", "gps") not in {"gps", "router", "bluetooth", "bluetooth_le"}:
        yield _say(Log.COMPONENT, f"source_type {component['source_type']}")


def _update(component: Json) -> Complaints:
    if "command_topic" in component and "payload_install" not in component:
        yield _say(Log.SILENT, "without payload_install, installing raises KeyError")


def _text(component: Json) -> Complaints:
    if not 0 <= component.get("min", 0) <= component.get("max", 255) <= 255:
        yield _say(Log.COMPONENT, "a text has 0 to 255 characters")


_RULES: Mapping[str, Callable[[Json], Complaints]] = {
    "sensor": _sensor,
    "number": _number,
    "select": _options,
    "lock": _lock,
    "cover": _cover,
    "climate": _climate,
    "device_tracker": _device_tracker,
    "update": _update,
    "text": _text,
}
