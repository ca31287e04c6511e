"""Tesla's raw values -> ours: the one place where units change (entities.md, appendix 5).

Every function takes the raw JSON value and raises TypeError, ValueError or KeyError when it cannot be what it
should be; the value is then unknown. None of them invents a zero.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from bridge.model import Value

INVALID = "<invalid>"
"""What a car sends where it has no value (fleet-api.md 2.2)."""

KM_PER_MILE = 1.609344


_remembered = lru_cache(maxsize=2048)
"""Words come again and again: each is worked out once."""


def same(raw: Any) -> Any:
    """The JSON value as it is."""
    return raw


def number(raw: Any) -> int | float:
    """A finite number; true and false are none."""
    kind = type(raw)
    if kind is int or (kind is float and math.isfinite(raw)):
        return raw  # type: ignore[no-any-return]  # it is one of the two, and this is the fastest way to know
    raise ValueError(raw)


def rounded(digits: int) -> Callable[[Any], float]:
    """A number with so many decimals: what more Tesla sends is noise and would be published for nothing."""
    return lambda raw: round(float(number(raw)), digits)


def whole(raw: Any) -> int:
    """The nearest whole number: watts and watt hours come with eleven decimals."""
    return round(number(raw))


def scaled(factor: float, digits: int = 0) -> Callable[[Any], float]:
    """A number times the factor, with so many decimals: milliseconds -> seconds, seconds -> minutes."""
    return lambda raw: round(number(raw) * factor, digits)


def positive_part(raw: Any) -> int:
    """One direction of a signed power: what is above zero, else 0."""
    return max(whole(raw), 0)


def negative_part(raw: Any) -> int:
    """The other direction of a signed power, as a positive number."""
    return max(-whole(raw), 0)


def boolean(raw: Any) -> bool:
    """A true or false; 0 and 1 are taken too."""
    if raw not in {0, 1} or isinstance(raw, float):
        raise ValueError(raw)
    return bool(raw)


PLAIN: Mapping[Callable[[Any], Value], type] = {boolean: bool, number: int}
"""The type that a reader leaves as it is: most values are of it, and it saves a call."""


def text(raw: Any) -> str:
    """A text without control characters, at most 255 characters (Home Assistant's limit for a state)."""
    if not isinstance(raw, str):
        raise TypeError(raw)
    printable = raw if raw.isprintable() else "".join(char for char in raw if char.isprintable())
    return printable[:255]


@_remembered
def phrase(raw: Any) -> str:
    """A text that says something; a blank one is unknown. Tesla's `None` is `none`: ours means unknown."""
    filled = text(raw).strip() or _raise(ValueError(raw))
    return "none" if filled == "None" else filled


def first_word(raw: Any) -> str:
    """`2023.38.6 c1f85ddb415f` -> `2023.38.6`."""
    return phrase(raw).split()[0]


@_remembered
def word(raw: Any) -> str:
    """A vocabulary word in snake case: `SelfConsumption` -> `self_consumption`, `ACWire` -> `ac_wire`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text(raw))
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:64] or _raise(ValueError(raw))


def kilometres(raw: Any) -> float:
    """Miles -> km, also mph -> km/h."""
    return round(number(raw) * KM_PER_MILE, 2)


def nonzero(raw: Any) -> bool:
    """0 and false are no, any other number is yes."""
    return number(int(raw) if isinstance(raw, bool) else raw) != 0


def is_open(raw: Any) -> bool:
    """Doors, trunks and windows: 0 is closed, anything else open."""
    return nonzero(raw)


def time_of_day(raw: Any) -> str:
    """Minutes after midnight -> `13:20:00`, as Home Assistant spells a time."""
    hours, minute = divmod(whole(raw), 60)
    return f"{hours:02}:{minute:02}:00" if hours in range(24) else _raise(ValueError(raw))


def minutes(time: str) -> int:
    """`13:20:00` or `13:20` -> minutes after midnight; the way back. Raises ValueError for anything else."""
    found = _TIME.fullmatch(time) or _raise(ValueError(time))
    return int(found[1]) * 60 + int(found[2])


_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?", re.ASCII)


def seconds_epoch(raw: Any) -> datetime:
    """Seconds since 1970 -> UTC."""
    return datetime.fromtimestamp(number(raw), UTC)


def millis_epoch(raw: Any) -> datetime:
    """Milliseconds since 1970 -> UTC."""
    return datetime.fromtimestamp(number(raw) / 1000, UTC)


def iso(raw: Any) -> datetime:
    """ISO 8601 with an offset."""
    moment = datetime.fromisoformat(text(raw))
    return moment if moment.tzinfo else _raise(ValueError(raw))


def one_of(*words: str) -> Callable[[Any], bool]:
    """Is the text one of these?"""
    return lambda raw: text(raw) in words


def mapped(table: Mapping[Any, str]) -> Callable[[Any], str]:
    """A code -> its word; a code that is not in the table is passed through as text."""
    code = _code_of(table)
    return lambda raw: table[raw] if code(raw) in table else phrase(str(raw))


def known(table: Mapping[Any, Value]) -> Callable[[Any], Value]:
    """A code -> its value; a code that is not in the table is unknown."""
    code = _code_of(table)
    return lambda raw: table[code(raw)]


def _code_of(table: Mapping[Any, Any]) -> Callable[[Any], Any]:
    """Refuses true where the table has numbers, and 1 where it has true: to a table they are the same."""
    is_boolean = any(isinstance(key, bool) for key in table)
    return lambda raw: raw if isinstance(raw, bool) is is_boolean else _raise(TypeError(raw))


def negated(raw: Any) -> bool:
    """Not."""
    return not boolean(raw)


def count(raw: Any) -> int:
    """The length of a list."""
    return len(_list(raw))


def mapping(raw: Any) -> Mapping[str, Any]:
    """A JSON object, its texts as `clean` leaves them."""
    found: Mapping[str, Any] = clean(raw) if isinstance(raw, Mapping) else _raise(TypeError(raw))
    return found


def clean(raw: Any) -> Any:
    """JSON as it is, but for its texts: without control characters, at most 4096 characters (reliability.md S15)."""
    match raw:
        case str():
            return _lines(raw)
        case Mapping():
            return {text(str(key)): clean(value) for key, value in raw.items()}
        case list():
            return [clean(value) for value in raw]
    return raw


def _lines(raw: str) -> str:
    plain = raw if raw.isprintable() else "".join(char for char in raw if char == "\n" or char.isprintable())
    return plain[:4096]


def objects(*hidden: str) -> Callable[[Any], list[Value]]:
    """A list of JSON objects, without the members that are hidden."""
    return lambda raw: [
        {key: value for key, value in mapping(item).items() if key not in hidden}
        for item in _list(raw)
        if isinstance(item, Mapping)
    ]


# Readers of several fields at once. They get the object that holds the fields.


def first_of(read: Callable[[Any], Value], *fields: str) -> Callable[[Any], Value]:
    """The first of these fields that has a value."""

    def reader(body: Any) -> Value:
        filled = [raw for raw in raws(body, fields) if raw is not None]
        return read(filled[0]) if filled else None

    return reader


def any_of(read: Callable[[Any], bool], *fields: str) -> Callable[[Any], bool]:
    """True if one of them is; false only if every one is known to be false."""

    def reader(body: Any) -> bool:
        states = [or_none(read, raw) for raw in raws(body, fields)]
        if True not in states and None in states:
            raise ValueError(states)
        return True in states

    return reader


def count_of(read: Callable[[Any], bool], *fields: str) -> Callable[[Any], int]:
    """How many of them are true; every one must be known."""
    return lambda body: sum(read(raw) for raw in raws(body, fields))


def raws(body: Any, fields: Iterable[str]) -> list[Any]:
    """The fields' raw values; None for what is missing or invalid."""
    if not isinstance(body, dict):
        raise TypeError(body)
    return [None if raw == INVALID else raw for raw in map(body.get, fields)]


def or_none(read: Callable[[Any], Any], raw: Any) -> Any:
    """What it reads; None where it cannot be read."""
    try:
        return read(raw)
    except (TypeError, ValueError, KeyError, OverflowError):
        return None


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else _raise(TypeError(raw))


def _raise(error: Exception) -> Any:
    try:
        raise error
    finally:
        del error  # else it and this frame would hold each other, and with them the whole answer that is being read
