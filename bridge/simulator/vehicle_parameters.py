"""What a command may be told: each parameter a name and a reader that refuses what does not fit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from bridge.simulator.errors import BadParameter
from bridge.simulator.vehicle_schedules import days_mask

Params = dict[str, Any]
Reader = Callable[[Any], Any]  # raises TypeError or ValueError for what does not fit
PIN_DIGITS = 4


@dataclass(frozen=True)
class Parameter:
    """`also` is another name that Tesla takes for the same; `default` stands in for a missing optional one."""

    name: str
    read: Reader
    required: bool = True
    default: Any = None
    also: str = ""


def read_all(parameters: Iterable[Parameter], given: Mapping[str, Any]) -> Params:
    """The parameters by name; BadParameter "missing X param" or "invalid X param" (fleet-api.md 3.5)."""
    return {parameter.name: _read(parameter, given) for parameter in parameters}


def _read(parameter: Parameter, given: Mapping[str, Any]) -> Any:
    value = given.get(parameter.name, given.get(parameter.also))
    if value is None:
        if parameter.required:
            raise BadParameter(f"missing {parameter.name} param")
        return parameter.default
    try:
        return parameter.read(value)
    except (TypeError, ValueError) as error:
        raise BadParameter(f"invalid {parameter.name} param") from error


def flag(value: Any) -> bool:
    """A JSON boolean, no numbers and no words."""
    if not isinstance(value, bool):
        raise TypeError("not a boolean")
    return value


def text(value: Any) -> str:
    """Any string."""
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def days(value: Any) -> int:
    """Day names with commas, as their bit mask."""
    return days_mask(text(value))


def pin(value: Any) -> str:
    """Four digits in a string."""
    digits = text(value)
    if len(digits) != PIN_DIGITS or not digits.isdecimal():
        raise ValueError("not four digits")
    return digits


def number(low: float, high: float) -> Reader:
    """A number between the two."""

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise TypeError("not a number")
        if not low <= value <= high:
            raise ValueError("out of range")
        return float(value)

    return read


def whole(low: int, high: int) -> Reader:
    """A whole number between the two; 16.0 is one too, JSON does not tell."""
    as_number = number(low, high)

    def read(value: Any) -> int:
        exact: float = as_number(value)
        if not exact.is_integer():
            raise ValueError("not a whole number")
        return int(exact)

    return read


def choice(*values: str | int) -> Reader:
    """One of these."""

    def read(value: Any) -> str | int:
        if isinstance(value, bool) or value not in values:
            raise ValueError("not one of the choices")
        chosen: str | int = value
        return chosen

    return read


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


MINUTE_OF_DAY = whole(0, 24 * 60 - 1)
LATITUDE, LONGITUDE = number(-90, 90), number(-180, 180)
ANY_ID = whole(0, 2**63 - 1)
ON = Parameter("on", flag)
PIN = Parameter("pin", pin)
LAT, LON = Parameter("lat", LATITUDE), Parameter("lon", LONGITUDE)
