"""The short forms that the tables of entities are written in: a function for each of Home Assistant's platforms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypedDict, Unpack

from bridge.catalog import convert
from bridge.catalog.places import Place
from bridge.catalog.rows import Check, Entity, Event, Limits, Read
from bridge.catalog.writes import Invocation, Write
from bridge.model import Value


class _Options(TypedDict, total=False):
    """What any row may set besides its key, name and source."""

    read: Read
    null: Value
    category: str | None
    enabled: bool
    precision: int | None
    icon: str | None
    needs: str | None
    scope: str | None
    place: Place | None
    settings: Mapping[str, Any] | None
    stream: str
    note: str


class _Topic(_Options, total=False):
    options: tuple[str, ...]
    limits: Limits | None
    write: Write | None
    check: Check | None
    example: Value


class _Cover(_Options, total=False):
    device_class: str | None
    stop: Invocation | None


class _Classed(_Options, total=False):
    device_class: str | None


class _Numeric(_Classed, total=False):
    unit: str | None
    state_class: str | None


class _Sensor(_Numeric, total=False):
    options: tuple[str, ...]
    unit_from: str | None


def group(name: str, rows: Iterable[Entity]) -> tuple[Entity, ...]:
    """The rows, put into one topic group."""
    return tuple(replace(row, group=name) for row in rows)


def hidden(*rows: Entity) -> tuple[Entity, ...]:
    """The rows, disabled in Home Assistant by default."""
    return tuple(replace(row, enabled=False) for row in rows)


def diagnostics(*rows: Entity) -> tuple[Entity, ...]:
    """The rows, as diagnostics that are disabled in Home Assistant by default."""
    return tuple(replace(row, category="diagnostic", enabled=False) for row in rows)


def topic(key: str, name: str, source: str, **options: Unpack[_Topic]) -> Entity:
    """A value on MQTT that Home Assistant is not told of by itself."""
    return Entity(key=key, name=name, source=source, **options)


def sensor(key: str, name: str, source: str, **options: Unpack[_Sensor]) -> Entity:
    """A read-only value: a number when it has a unit, else text."""
    if "read" not in options and "unit" in options:
        options["read"] = convert.number
    return Entity(key=key, name=name, source=source, component="sensor", **options)


def measurement(key: str, name: str, source: str, unit: str, device_class: str, **options: Unpack[_Options]) -> Entity:
    """A number that Home Assistant keeps statistics of."""
    return sensor(key, name, source, unit=unit, device_class=device_class, state_class="measurement", **options)


def enum(key: str, name: str, source: str, choices: str, **options: Unpack[_Options]) -> Entity:
    """A read-only word from a known vocabulary, given as words between spaces; new words pass through."""
    options.setdefault("read", convert.word)
    return sensor(key, name, source, device_class="enum", options=tuple(choices.split()), **options)


def timestamp(key: str, name: str, source: str, **options: Unpack[_Options]) -> Entity:
    """A moment; `read` must give an aware datetime."""
    return sensor(key, name, source, device_class="timestamp", **options)


def binary_sensor(key: str, name: str, source: str, **options: Unpack[_Classed]) -> Entity:
    """A read-only true or false."""
    options.setdefault("read", convert.boolean)
    return Entity(key=key, name=name, source=source, component="binary_sensor", **options)


def switch(key: str, name: str, source: str, write: Write, **options: Unpack[_Classed]) -> Entity:
    """A true or false that can be set."""
    options.setdefault("read", convert.boolean)
    return Entity(key=key, name=name, source=source, component="switch", write=write, **options)


def number(key: str, name: str, source: str, limits: Limits, write: Write, **options: Unpack[_Numeric]) -> Entity:
    """A number that can be set within limits."""
    options.setdefault("read", convert.number)
    return Entity(key=key, name=name, source=source, component="number", limits=limits, write=write, **options)


def select(key: str, name: str, source: str, choices: str, write: Write, **options: Unpack[_Options]) -> Entity:
    """A word from a fixed vocabulary that can be set."""
    options.setdefault("read", convert.word)
    words = tuple(choices.split())
    return Entity(key=key, name=name, source=source, component="select", options=words, write=write, **options)


def time(key: str, name: str, source: str, write: Write, **options: Unpack[_Options]) -> Entity:
    """A time of day that can be set, in the device's own time zone, like `07:30:00`."""
    options.setdefault("read", convert.time_of_day)
    return Entity(key=key, name=name, source=source, component="time", write=write, **options)


def lock(key: str, name: str, source: str, write: Write, **options: Unpack[_Options]) -> Entity:
    """True is locked."""
    options.setdefault("read", convert.boolean)
    return Entity(key=key, name=name, source=source, component="lock", write=write, **options)


def cover(key: str, name: str, source: str, write: Write, **options: Unpack[_Cover]) -> Entity:
    """True is open."""
    options.setdefault("read", convert.is_open)
    return Entity(key=key, name=name, source=source, component="cover", write=write, **options)


def event(key: str, name: str, types: str, **options: Any) -> Event:
    """Things that happen; their types are given as words between spaces."""
    return Event(key=key, name=name, types=tuple(types.split()), **options)
