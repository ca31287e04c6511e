"""Would Home Assistant take this payload on a topic of this component? Part of `ha_contract`.

Every function gets the component and the text, and yields complaints (mqtt-and-home-assistant.md 1.8 to 1.10).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ha_tables import BLOCKED_ATTRIBUTES, LONGEST_STATE, UNITLESS, UPDATE_TEXTS, UPDATE_URLS, Log

Json = Mapping[str, Any]
Complaints = Iterator[str]

UNKNOWN = "None"


def check_payload(component: Json, payload: bytes, option: str = "state_topic") -> list[str]:
    """What Home Assistant would complain of. `option` names the component's topic that the payload came on."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return [f"{Log.BYTES}: {payload!r}"]
    reader = _OPTIONS.get(option) or _STATES[component["platform"]]
    return [f"{complaint} ({component.get('unique_id')})" for complaint in reader(component, text)]


def _silent(what: str) -> str:
    return f"{Log.SILENT}: {what}"


def _sensor(component: Json, text: str) -> Complaints:
    if text == UNKNOWN or (_is_numeric(component) and not text):
        return
    if _is_numeric(component):
        yield from _finite(text, Log.VALUE)
    elif "options" in component:
        if text not in component["options"]:
            yield f"{Log.ENUM}: {text!r}"
    elif component.get("device_class") in UNITLESS:
        yield from _moment(text)
    else:
        yield from _short(text)


def _is_numeric(component: Json) -> bool:
    """Does Home Assistant expect a number of this sensor?"""
    if component.get("device_class") in UNITLESS:
        return False
    telling = ("device_class", "state_class", "unit_of_measurement", "suggested_display_precision")
    return any(component.get(option) is not None for option in telling)


def _finite(text: str, log: Log) -> Complaints:
    try:
        is_fine = math.isfinite(float(text))
    except ValueError:
        is_fine = False
    if not is_fine:
        yield f"{log}: {text!r}"


def _moment(text: str) -> Complaints:
    try:
        has_zone = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        has_zone = False
    if not has_zone:
        yield f"{Log.MOMENT}: {text!r}"


def _short(text: str) -> Complaints:
    if len(text) > LONGEST_STATE:
        yield f"{Log.TOO_LONG}: {len(text)} characters"


def _binary_sensor(component: Json, text: str) -> Complaints:
    if text not in {UNKNOWN, component.get("payload_on", "ON"), component.get("payload_off", "OFF")}:
        yield f"{Log.ON_OFF}: {text!r}"


def _switch(component: Json, text: str) -> Complaints:
    on = component.get("state_on", component.get("payload_on", "ON"))
    off = component.get("state_off", component.get("payload_off", "OFF"))
    if text not in {UNKNOWN, on, off}:
        yield _silent(f"a switch is neither on nor off: {text!r}")


def _number(component: Json, text: str) -> Complaints:
    if text == component.get("payload_reset", UNKNOWN):
        return
    wrong = list(_finite(text, Log.NO_NUMBER))
    yield from wrong
    low, high = component.get("min", 1), component.get("max", 100)
    if not wrong and not low <= float(text) <= high:
        yield f"{Log.RANGE} {low} - {high}): {text}"


def _select(component: Json, text: str) -> Complaints:
    if text and text.lower() != "none" and text not in component["options"]:
        yield f"{Log.SELECT}: {text!r}"


def _lock(component: Json, text: str) -> Complaints:
    words = ("locked", "unlocked", "locking", "unlocking", "open", "opening", "jammed")
    known = {component.get(f"state_{word}", word.upper()) for word in words}
    if text not in known | {component.get("payload_reset", UNKNOWN)}:
        yield _silent(f"a lock cannot be {text!r}")


def _cover(component: Json, text: str) -> Complaints:
    known = {component.get(f"state_{word}", word) for word in ("open", "closed", "opening", "closing", "stopped")}
    if text not in known | {UNKNOWN}:
        yield f"{Log.COVER}: {text!r}"


def _text(component: Json, text: str) -> Complaints:
    if not component.get("min", 0) <= len(text) <= component.get("max", LONGEST_STATE):
        yield f"{Log.VALUE}: {len(text)} characters"


def _time(_component: Json, text: str) -> Complaints:
    """Home Assistant reads much more than this, and much of it wrong: 7 is the seventh of the month, at midnight."""
    if text != UNKNOWN and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", text):
        yield f"{Log.TIME}: {text!r}"


def _update(_component: Json, text: str) -> Complaints:
    state = _object(text)
    if state is None:  # Home Assistant takes anything else for the installed version
        yield f"{Log.SCHEMA}: {text[:80]!r} is no object"
        return
    allowed = UPDATE_TEXTS | UPDATE_URLS | {"in_progress", "update_percentage"}
    percent = state.get("update_percentage")
    if unknown := state.keys() - allowed:
        yield f"{Log.SCHEMA}: extra keys {sorted(unknown)}"
    if empty := [key for key in UPDATE_TEXTS | UPDATE_URLS if key in state and not isinstance(state[key], str)]:
        yield f"{Log.SCHEMA}: {sorted(empty)} must be texts"
    if any(not state[key].startswith(("http://", "https://")) for key in UPDATE_URLS & state.keys() - set(empty)):
        yield f"{Log.SCHEMA}: a URL is not whole"
    if not isinstance(state.get("in_progress", False), bool):
        yield f"{Log.SCHEMA}: in_progress"
    if percent is not None and not (isinstance(percent, int | float) and 0 <= percent <= 100):
        yield f"{Log.SCHEMA}: update_percentage {percent}"


def _parsed(text: str) -> Any:
    """JSON as strict as Home Assistant's: no NaN. Raises ValueError."""
    return json.loads(text, parse_constant=_refused)


def _refused(name: str) -> None:
    raise ValueError(name)


def _object(text: str) -> Json | None:
    try:
        value = _parsed(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _attributes(component: Json, text: str) -> Complaints:
    try:
        attributes = _parsed(text)
    except ValueError:
        yield f"{Log.NO_OBJECT}: {text[:80]!r}"
        return
    if not isinstance(attributes, dict):
        yield f"{Log.LIST}: {text[:80]!r}"
        return
    if blocked := attributes.keys() & BLOCKED_ATTRIBUTES:
        yield _silent(f"attributes {sorted(blocked)} are ignored")
    if component["platform"] == "device_tracker":
        yield from _place(attributes)


def _place(attributes: Json) -> Complaints:
    """Both coordinates, or neither."""
    given = [attributes[key] for key in ("latitude", "longitude") if key in attributes]
    numbers = [*given, attributes.get("gps_accuracy", 0)]
    if len(given) == 1 or any(isinstance(each, bool) or not isinstance(each, int | float) for each in numbers):
        yield f"{Log.PLACE}: {attributes}"


def _mode(component: Json, text: str) -> Complaints:
    if text and text != UNKNOWN and text not in component["modes"]:
        yield f"{Log.MODE}: {text!r}"


def _preset(component: Json, text: str) -> Complaints:
    if text and text not in {UNKNOWN, "none", *component.get("preset_modes", ())}:
        yield f"{Log.PRESET}: {text!r}"


def _temperature(_component: Json, text: str) -> Complaints:
    if text and text != UNKNOWN:
        yield from _finite(text, Log.TEMPERATURE)


def _event(component: Json, text: str) -> Complaints:
    """What is no type of its own, its template has to pass over."""
    happened = _object(text)
    if happened is None or not isinstance(happened.get("event_type"), str):
        yield f"{Log.NO_OBJECT}: {text[:80]!r}"
    elif happened["event_type"] not in component["event_types"] and "value_template" not in component:
        yield f"{Log.ENUM}: {happened['event_type']!r}"
    elif blocked := happened.keys() & BLOCKED_ATTRIBUTES:
        yield _silent(f"attributes {sorted(blocked)} are ignored")


def _stateless(component: Json, _text: str) -> Complaints:
    yield _silent(f"a {component['platform']} has no state")


Reader = Callable[[Json, str], Complaints]

_STATES: Mapping[str, Reader] = {
    "sensor": _sensor,
    "binary_sensor": _binary_sensor,
    "switch": _switch,
    "number": _number,
    "select": _select,
    "lock": _lock,
    "cover": _cover,
    "text": _text,
    "time": _time,
    "update": _update,
    "event": _event,
    "button": _stateless,
    "notify": _stateless,
    "climate": _stateless,
    "device_tracker": _stateless,
}

_OPTIONS: Mapping[str, Reader] = {
    "json_attributes_topic": _attributes,
    "mode_state_topic": _mode,
    "preset_mode_state_topic": _preset,
    "temperature_state_topic": _temperature,
    "current_temperature_topic": _temperature,
}
"""Topics other than the state topic."""
