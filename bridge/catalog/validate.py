"""What somebody sent -> a value or the parameters of a row, or a clear no. Pure.

`given` is a bare text (`80`, `true`, `PRESS`) or a JSON object (`{"value": 80}`, `{"percent": 80}`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from bridge.catalog import convert
from bridge.catalog.offer import known
from bridge.catalog.rows import Check, Command, Entity, Parameter
from bridge.model import Value

TRUE = frozenset({"true", "on", "1", "yes"})
FALSE = frozenset({"false", "off", "0", "no"})
PRESS = frozenset({"press", "true", "on", "1"})

Given = str | Mapping[str, Any]


class ValueInvalid(ValueError):
    """The text says what was expected, and of what."""


def entity_value(entity: Entity, given: Given, limits: tuple[float, float] | None) -> Value:
    """A value for a writable entity. `limits` are those of a number now. Raises ValueInvalid."""
    raw = _single(entity.key, given)
    if entity.check:
        return _checked(entity.check, raw)
    if entity.stop and isinstance(raw, str) and raw.strip().lower() == STOP:
        return STOP
    if entity.options:
        return _choice(entity.key, raw, entity.options)
    if entity.component == "time":
        return convert.time_of_day(_minutes(entity.key, raw))
    if limits is None or entity.limits is None:
        return _boolean(entity.key, raw)
    value = _number(entity.key, raw, *limits)
    if entity.limits.step_from:
        return value
    steps = (value - entity.limits.minimum) / entity.limits.step
    if not math.isclose(steps, round(steps), abs_tol=1e-6):
        raise ValueInvalid(f"{entity.key} takes steps of {entity.limits.step:g}, not {value:g}")
    # Rounded, not cut off: a sender's 0.29 * 100 is 28.999999999999996.
    return round(value) if entity.limits.step == int(entity.limits.step) else value


STOP = "stop"
"""What is sent to a cover to stop it."""


def besides(command: Command, given: Given) -> dict[str, Value]:
    """What an entity was given besides its value: parameters of the command that it calls, like a PIN."""
    more = {} if isinstance(given, str) else {name: raw for name, raw in given.items() if name != "value"}
    _check_names(command, more)
    return {name: _parameter(command, name, raw, {}) for name, raw in more.items()}


def parameters(command: Command, given: Given, state: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters of a command; missing ones are filled from the state. Raises ValueInvalid."""
    named = _named(command, given)
    _check_names(command, named)
    return complete(command, {name: _parameter(command, name, raw, state) for name, raw in named.items()}, state)


def _check_names(command: Command, named: Mapping[str, Any]) -> None:
    known = {parameter.name for parameter in command.parameters}
    if unknown := named.keys() - known:
        takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
        raise ValueInvalid(f"{command.name} has no parameter {_shown(', '.join(sorted(unknown)))}; {takes}")


def complete(command: Command, named: Mapping[str, Value], state: Mapping[str, Value]) -> dict[str, Value]:
    """Adds what was not given: the device's present value, or the row's default. Raises ValueInvalid."""
    whole = dict(named)
    for parameter in command.parameters:
        if parameter.name in whole:
            continue
        value = _filled(parameter, state)
        if value is not None:
            whole[parameter.name] = value
        elif parameter.required:
            raise ValueInvalid(f"{command.name} needs {parameter.name}, {_wanted(parameter)}")
    return whole


def _filled(parameter: Parameter, state: Mapping[str, Value]) -> Value:
    value = state.get(parameter.fill) if parameter.fill else None
    if value is None:
        return parameter.default
    return convert.minutes(value) if parameter.is_time else value


def _single(name: str, given: Given) -> Any:
    if isinstance(given, str):
        return given
    if "value" not in given:
        raise ValueInvalid(f'{name} takes a bare value, or {{"value": ...}}')
    return given["value"]


def _named(command: Command, given: Given) -> Mapping[str, Any]:
    """A bare text is the one parameter, or the press of a button: then everything is filled in."""
    if not isinstance(given, str):
        return given
    word = given.lower()
    if (command.button and word == "press") or (len(command.parameters) != 1 and word in PRESS):
        return {}
    names = [parameter.name for parameter in command.parameters]
    if not names:
        raise ValueInvalid(f"{command.name} takes no value; send PRESS or {{}}")
    if len(names) > 1:
        raise ValueInvalid(f"{command.name} takes a JSON object with {', '.join(names)}")
    return {names[0]: given}


def _parameter(command: Command, name: str, raw: Any, state: Mapping[str, Value]) -> Value:
    parameter = next(each for each in command.parameters if each.name == name)
    label = f"{command.name}: {name}"
    try:
        return _of_type(parameter, label, raw, state)
    except ValueInvalid:
        if parameter.type is str or not (parameter.secret or parameter.is_place):
            raise  # free texts are never shown
        raise ValueInvalid(f"{label} must be {_wanted(parameter)}") from None


def _of_type(parameter: Parameter, label: str, raw: Any, state: Mapping[str, Value]) -> Value:
    if parameter.choices and parameter.type is str:
        return _choice(label, raw, parameter.choices)
    if parameter.type is bool:
        return _boolean(label, raw)
    if parameter.type is dict:
        return _object(label, raw)
    if parameter.type is str:
        return _text(label, raw)
    if parameter.is_time and isinstance(raw, str) and not _NUMBER.fullmatch(raw.strip()):
        return _minutes(label, raw)
    return _numeric(label, raw, parameter, state)


def _checked(check: Check, raw: Any) -> Value:
    try:
        return check(raw)
    except ValueError as error:
        raise ValueInvalid(str(error)) from None


def _numeric(label: str, raw: Any, parameter: Parameter, state: Mapping[str, Value]) -> int | float:
    low = known(state, parameter.minimum_from, -_EXACT if parameter.minimum is None else parameter.minimum)
    high = known(state, parameter.maximum_from, _EXACT if parameter.maximum is None else parameter.maximum)
    value = _number(label, raw, low, high)
    if parameter.type is int and value != int(value):
        raise ValueInvalid(f"{label} must be a whole number, not {value:g}")
    value = int(value) if parameter.type is int else value
    if parameter.choices and value not in parameter.choices:
        raise ValueInvalid(f"{label} must be {_wanted(parameter)}")
    return value


def _minutes(label: str, raw: Any) -> int:
    """Minutes after midnight."""
    try:
        return convert.minutes(raw.strip())
    except (AttributeError, ValueError):
        raise ValueInvalid(f"{label} must be {_TIME}, not {_shown(raw)}") from None


_TIME = "a time of day in full minutes, like 07:30"


def _number(label: str, raw: Any, low: float, high: float) -> float:
    text = raw.strip() if isinstance(raw, str) else raw
    number = float(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else text
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueInvalid(f"{label} must be a number, not {_shown(raw)}")
    if not low <= number <= high:  # before it becomes a float: JSON's integers have no end, and NaN is in no range
        raise ValueInvalid(f"{label} must be {low:g} to {high:g}, not {_shown(raw)}")
    return float(number)


_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,15})?", re.ASCII)
_EXACT = 10**15
"""Beyond it a float is not exact: no id or offset of Tesla's is that long."""


def _boolean(label: str, raw: Any) -> bool:
    word = str(raw).strip().lower() if isinstance(raw, str | int) else ""
    if word not in TRUE | FALSE:
        raise ValueInvalid(f"{label} must be true or false, not {_shown(raw)}")
    return word in TRUE


def _choice(label: str, raw: Any, choices: tuple[Value, ...]) -> Value:
    words = {str(choice).lower(): choice for choice in choices}
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word not in words:
        raise ValueInvalid(f"{label} must be one of {', '.join(map(str, choices))}, not {_shown(raw)}")
    return words[word]


def _text(label: str, raw: Any) -> str:
    if not isinstance(raw, str) or not raw or len(raw) > _LONGEST_TEXT:
        raise ValueInvalid(f"{label} must be a text of 1 to {_LONGEST_TEXT} characters")
    return raw


_LONGEST_TEXT = 2000


def _object(label: str, raw: Any) -> Value:
    if not isinstance(raw, dict) or not raw:
        raise ValueInvalid(f"{label} must be a JSON object with something in it")
    return raw


def _wanted(parameter: Parameter) -> str:
    if parameter.choices:
        return f"one of {', '.join(map(str, parameter.choices))}"
    if parameter.is_time:
        return _TIME
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", dict: "a JSON object"}
    kind = kinds[parameter.type]
    low = "" if parameter.minimum is None else f" from {parameter.minimum}"
    high = "" if parameter.maximum is None else f" to {parameter.maximum}"
    return f"{kind}{low}{high}"


def _shown(raw: Any) -> str:
    """What was sent, short and printable, to be read on a result topic."""
    if isinstance(raw, list | dict):
        return "a list" if isinstance(raw, list) else "an object"
    text = "".join(char for char in str(raw) if char.isprintable())
    return repr(text if len(text) <= 40 else text[:40] + "…")
