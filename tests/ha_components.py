"""Would Home Assistant take this component of a discovery document? Part of `ha_contract`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ha_tables import (
    AVAILABILITY_ENTRY,
    AVAILABILITY_MODES,
    CATEGORIES,
    HVAC_MODES,
    NEW_PLATFORMS,
    PLATFORMS,
    READ_ONLY,
    SENSOR_CLASSES,
    STATE_CLASSES,
    UNITLESS,
    UNITS,
    Log,
)

Json = Mapping[str, Any]
Complaints = Iterator[str]


def say(log: Log, what: object) -> str:
    return f"{log}: {what}"


def doubles(names: Collection[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def availability(options: Json, log: Log) -> Complaints:
    if "availability" in options and "availability_topic" in options:
        yield say(log, "availability and availability_topic exclude each other")
    if options.get("availability_mode", "latest") not in AVAILABILITY_MODES:
        yield say(log, f"availability_mode is {options['availability_mode']}")
    for entry in options.get("availability") or ():
        if not is_topic(entry.get("topic")):
            yield say(log, "an availability has no topic")
        if unfit := [key for key, value in entry.items() if key not in AVAILABILITY_ENTRY or value is None]:
            yield say(log, f"availability: {unfit}")


def is_topic(topic: Any) -> bool:
    return isinstance(topic, str) and bool(topic) and not set(topic) & set("+#\0")


def complaints_of(component: Any, document: Json) -> Complaints:
    """What is wrong with one component of a document."""
    if not isinstance(component, Mapping):
        yield say(Log.DEVICE, "it is no object")
        return
    name = component.get("platform")
    if name in NEW_PLATFORMS:
        yield say(Log.DEVICE, f"unknown platform before {NEW_PLATFORMS[name]}: {name}")
    elif name not in PLATFORMS:
        yield say(Log.DEVICE, f"unknown platform {name}")
    elif component.keys() != {"platform"}:  # with nothing else in it: remove this component
        yield from rules(component, _shared(document))


def rules(component: Json, shared: Json) -> Complaints:
    """What is wrong with a component of a known platform, with what it shares with others."""
    yield from _shape(component)
    yield from _common(component)
    yield from availability({**shared, **component}, Log.COMPONENT)
    yield from _RULES.get(component["platform"], _no_more_rules)(component)


def _shared(document: Json) -> Json:
    """What the root hands down to each component that lacks it."""
    return {key: value for key, value in document.items() if key.startswith("availability")}


def _shape(component: Json) -> Complaints:
    platform = PLATFORMS[component["platform"]]
    if not component.get("unique_id"):
        yield say(Log.DEVICE, "unique_id is missing")
    for option in platform.required.split():
        if option not in component:
            yield say(Log.COMPONENT, f"{option} is missing")
    for option, value in component.items():
        if not platform.takes(option):
            yield say(Log.SILENT, f"a {component['platform']} has no option {option}")
        elif value is None and option != "name" and option not in platform.nullable.split():
            yield say(Log.COMPONENT, f"{option} is null")
        elif option.endswith("_topic") and not is_topic(value):
            yield say(Log.COMPONENT, f"{option} is no topic: {value}")


def _common(component: Json) -> Complaints:
    platform, category = component["platform"], component.get("entity_category", "diagnostic")
    if category not in CATEGORIES or (category == "config" and platform in READ_ONLY):
        yield say(Log.COMPONENT, f"entity_category {category} on a {platform}")
    if ":" not in (component.get("icon", ":") or ":"):
        yield say(Log.COMPONENT, f"icon {component['icon']}")
    if not component.get("default_entity_id", platform + ".").startswith(platform + "."):
        yield say(Log.ENTITY_ID, component["default_entity_id"])
    if component.get("retain"):
        yield say(Log.SILENT, "retain makes Home Assistant retain commands, which then happen again")
    expiry = component.get("message_expiry_interval", 1)
    if not isinstance(expiry, int) or isinstance(expiry, bool) or expiry < 0:
        yield say(Log.COMPONENT, f"message_expiry_interval {expiry}")
    classes = PLATFORMS[platform].classes.split() or (SENSOR_CLASSES if platform in {"sensor", "number"} else ())
    device_class = component.get("device_class")
    if device_class is not None and device_class not in classes:
        yield say(Log.COMPONENT, f"a {platform} has no device_class {device_class}")


# --- each platform ------------------------------------------------------------------------------------------


def _no_more_rules(_component: Json) -> Complaints:
    yield from ()


def _sensor(component: Json) -> Complaints:
    device_class, unit = component.get("device_class"), component.get("unit_of_measurement")
    state_class = component.get("state_class")
    if device_class in UNITS.keys() | UNITLESS and unit not in UNITS.get(str(device_class), {None}):
        yield say(Log.UNIT, f"{unit} for {device_class}")
    if state_class is not None and state_class not in STATE_CLASSES.get(device_class, ()):
        yield say(Log.STATE_CLASS, f"{state_class} for {device_class}")
    if state_class == "measurement_angle" and unit != "°":
        yield say(Log.COMPONENT, f"measurement_angle in {unit}")
    if "last_reset_value_template" in component and state_class != "total":
        yield say(Log.COMPONENT, "last_reset_value_template without state class total")
    if not isinstance(precision := component.get("suggested_display_precision", 0), int) or precision < 0:
        yield say(Log.COMPONENT, f"suggested_display_precision {precision}")
    if device_class == "enum" or "options" in component:
        yield from _options(component)
        if device_class != "enum" or state_class is not None or unit is not None:
            yield say(Log.COMPONENT, "options go with device_class enum alone, without unit and state class")


def _options(component: Json) -> Complaints:
    options = component.get("options")
    if not (isinstance(options, list) and options and all(isinstance(each, str) and each for each in options)):
        yield say(Log.COMPONENT, f"options {options}")
        return
    if twice := doubles(options):
        yield say(Log.SILENT, f"options twice: {twice}")
    is_select = component["platform"] == "select"
    if any(each == "None" or (is_select and each.lower() == "none") for each in options):
        yield say(Log.SILENT, "Home Assistant takes the option None for unknown")


def _number(component: Json) -> Complaints:
    low, high, step = component.get("min", 1), component.get("max", 100), component.get("step", 1)
    if not all(isinstance(each, int | float) for each in (low, high, step)) or low > high or step < 0.001:
        yield say(Log.COMPONENT, f"min {low}, max {high}, step {step}")
    device_class, unit = component.get("device_class"), component.get("unit_of_measurement")
    if device_class in UNITLESS or unit not in UNITS.get(str(device_class), {unit}):
        yield say(Log.UNIT, f"{unit} for {device_class}")


def _lock(component: Json) -> Complaints:
    try:
        re.compile(component.get("code_format", ""))
    except re.error as error:
        yield say(Log.COMPONENT, f"code_format: {error}")


def _cover(component: Json) -> Complaints:
    if "set_position_topic" in component and "position_topic" not in component:
        yield say(Log.COMPONENT, "set_position_topic without position_topic")
    if "value_template" in component and "state_topic" not in component:
        yield say(Log.COMPONENT, "value_template without state_topic")


def _climate(component: Json) -> Complaints:
    modes, presets = component.get("modes"), component.get("preset_modes", [])
    if not modes or not set(modes) <= HVAC_MODES:
        yield say(Log.COMPONENT, f"modes {modes}")
    if ("preset_modes" in component) != ("preset_mode_command_topic" in component):
        yield say(Log.COMPONENT, "preset_modes and preset_mode_command_topic go together")
    if ("fan_modes" in component) != ("fan_mode_command_topic" in component):
        yield say(Log.SILENT, "fan_modes without a topic for them")
    if "none" in presets:
        yield say(Log.COMPONENT, "preset_modes must not include preset mode 'none'")
    if component.get("temperature_unit", "C") not in {"C", "F"}:
        yield say(Log.COMPONENT, f"temperature_unit {component['temperature_unit']}")
    if component.get("precision", 1) not in {0.1, 0.5, 1}:
        yield say(Log.COMPONENT, f"precision {component['precision']}")
    if component.get("min_temp", 7) >= component.get("max_temp", 35):
        yield say(Log.VALUE, "min_temp is not below max_temp")
    for aspect in ("mode", "temperature", "preset_mode", "fan_mode"):
        if f"{aspect}_command_topic" in component and f"{aspect}_state_topic" not in component:
            yield say(Log.SILENT, f"{aspect} is optimistic without a state topic")


def _device_tracker(component: Json) -> Complaints:
    if "state_topic" in component:
        yield say(Log.SILENT, "a state_topic of a tracker is its location's name, and no zones are worked out")
    if component.get("source_type", "gps") not in {"gps", "router", "bluetooth", "bluetooth_le"}:
        yield say(Log.COMPONENT, f"source_type {component['source_type']}")


def _update(component: Json) -> Complaints:
    if "command_topic" in component and "payload_install" not in component:
        yield say(Log.SILENT, "without payload_install, installing raises KeyError")


def _text(component: Json) -> Complaints:
    if not 0 <= component.get("min", 0) <= component.get("max", 255) <= 255:
        yield say(Log.COMPONENT, "a text has 0 to 255 characters")


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
