"""What a value written to an entity means: which command, with which parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.catalog import convert
from bridge.model import Value


@dataclass(frozen=True, slots=True)
class Invocation:
    """A row of the command table with its parameters: what a value written to an entity means."""

    command: str
    parameters: Mapping[str, Value]


Write = Callable[[Any], Invocation]
"""A valid value -> what to call. Raises ValueError, with the reason, where one cannot be asked for."""


def sets(command: str, parameter: str, **fixed: Value) -> Write:
    """The value becomes one parameter of a command."""
    return lambda value: Invocation(command, {**fixed, parameter: value})


def sets_minutes(command: str, parameter: str, **fixed: Value) -> Write:
    """The time of day becomes one parameter of a command, in minutes after midnight."""
    return lambda value: Invocation(command, {**fixed, parameter: convert.minutes(value)})


def either(on: str, off: str, **fixed: Value) -> Write:
    """True calls one command, false the other."""
    return lambda value: Invocation(on if value else off, fixed)


def chooses(command: str, table: Mapping[Any, Mapping[str, Value]], **fixed: Value) -> Write:
    """Each value has its own parameters of one command."""
    return lambda value: Invocation(command, {**fixed, **table[value]})


def picks(table: Mapping[Any, Invocation]) -> Write:
    """Each value has its own command."""
    return lambda value: table[value]


def one_way(value: Value, command: str, refusal: str, **fixed: Value) -> Write:
    """Only this value can be asked for; the refusal says why not the other."""

    def write(wanted: Any) -> Invocation:
        if wanted != value:
            raise ValueError(refusal)
        return Invocation(command, fixed)

    return write
