"""The two tables, by kind of device, and the one way to read an answer with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from bridge.catalog import account, bridge, energy_site, vehicle, wall_connector
from bridge.catalog.convert import INVALID, PLAIN
from bridge.catalog.places import Location, Place, is_told
from bridge.catalog.rows import ASSUMED, DERIVED, STREAMED, Command, Composite, Entity, Event
from bridge.catalog.writes import Write
from bridge.model import Kind, Value


class Catalogue(NamedTuple):
    """What exists for one kind of device."""

    entities: Mapping[str, Entity]
    commands: Mapping[str, Command]
    composites: tuple[Composite, ...] = ()
    events: tuple[Event, ...] = ()


def _catalogue(
    entities: tuple[Entity, ...],
    commands: tuple[Command, ...] = (),
    composites: tuple[Composite, ...] = (),
    events: tuple[Event, ...] = (),
) -> Catalogue:
    return Catalogue({row.key: row for row in entities}, {row.name: row for row in commands}, composites, events)


CATALOGUE: Mapping[Kind, Catalogue] = {
    Kind.VEHICLE: _catalogue(vehicle.ENTITIES, vehicle.COMMANDS, vehicle.COMPOSITES, vehicle.EVENTS),
    Kind.ENERGY_SITE: _catalogue(
        energy_site.ENTITIES, energy_site.COMMANDS, energy_site.COMPOSITES, energy_site.EVENTS
    ),
    Kind.WALL_CONNECTOR: _catalogue(wall_connector.ENTITIES, events=wall_connector.EVENTS),
    Kind.ACCOUNT: _catalogue(account.ENTITIES, account.COMMANDS, events=account.EVENTS),
    Kind.BRIDGE: _catalogue(bridge.ENTITIES, bridge.COMMANDS, events=bridge.EVENTS),
}


def read(kind: Kind, answer: Mapping[str, Any]) -> dict[str, Value]:
    """An answer -> {entity key: value}. Only groups that are in the answer are read; what cannot be read is None.

    The answer is keyed by the head of the rows' source paths: `charge_state`, `live_status`, `vehicle`, ...
    """
    values: dict[str, Value] = {}
    for head, body in answer.items():
        if isinstance(body, dict):
            told = body if head in _PARTIAL else None
            for path, columns in _columns(kind).get(head, ()):
                _read_columns(columns, _follow(path, answer), values, told)
    return values


def _follow(path: Iterable[str], answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object at the end of the path; an empty one if there is none."""
    for part in path:
        found = answer.get(part)
        answer = found if isinstance(found, dict) else {}
    return answer


def _read_columns(
    columns: Iterable[_Column], holder: Mapping[str, Any], into: dict[str, Value], told: Mapping[str, Any] | None
) -> None:
    # One loop, and no call for most rows: a car's answer has 285 of them.
    for key, first, field, plain, convert_raw, null in columns:
        raw = holder.get(field)
        if type(raw) is plain:
            into[key] = raw
        elif raw is None or raw == INVALID:
            if told is None or first in told:
                into[key] = null
        else:
            try:
                into[key] = convert_raw(raw)
            except _UNREADABLE:
                into[key] = None


_UNREADABLE = (TypeError, ValueError, KeyError, OverflowError, OSError)
"""A wrong type costs this one value, never the others (reliability.md B7)."""

_PARTIAL = frozenset({"bridge", "vehicle"})
"""What tells only some of its fields each time (a list entry, a car's data, our own news): the others stay."""


@cache
def groups(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """Group -> keys of its entities, in the order of its JSON."""
    found: dict[str, list[str]] = {}
    for row in CATALOGUE[kind].entities.values():
        found.setdefault(row.group, []).append(row.key)
    return {name: tuple(sorted(keys)) for name, keys in found.items() if name}


@cache
def places(kind: Kind) -> Mapping[str, Place]:
    """Key -> how the row tells where a car is; of those that do."""
    return {row.key: row.place for row in CATALOGUE[kind].entities.values() if row.place}


@cache
def masked(kind: Kind, location: Location) -> frozenset[str]:
    """The keys of which nothing may be seen."""
    return frozenset(key for key, place in places(kind).items() if not is_told(place, location))


@cache
def vocabularies(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """Key -> the words that an enum or select knows."""
    return {row.key: row.options for row in CATALOGUE[kind].entities.values() if row.options}


class _Column(NamedTuple):
    """`first` and `field`: the first and the last step of the source below its head. A `plain` value stays as it is."""

    key: str
    first: str
    field: str
    plain: type | None
    read: Callable[[Any], Value]
    null: Value


@cache
def _columns(kind: Kind) -> Mapping[str, Collection[tuple[tuple[str, ...], list[_Column]]]]:
    """Head of the sources -> path of an object in the answer, and what is read from its fields."""
    heads: dict[str, dict[tuple[str, ...], list[_Column]]] = {}
    for entity in CATALOGUE[kind].entities.values():
        if entity.source in {ASSUMED, DERIVED, STREAMED}:
            continue
        head, *rest = steps = tuple(entity.source.split("."))
        first = rest[0] if rest else ""
        column = _Column(entity.key, first, steps[-1], PLAIN.get(entity.read), entity.read, entity.null)
        heads.setdefault(head, {}).setdefault(steps[:-1], []).append(column)
    return {head: objects.items() for head, objects in heads.items()}


def commands_of(entity: Entity) -> frozenset[str]:
    """The commands that writing to this entity can call."""
    if entity.write is None:
        return frozenset()
    called = (_called(entity.write, value) for value in _samples(entity))
    return frozenset(command for command in called if command)


def _called(write: Write, value: Value) -> str | None:
    try:
        return write(value).command
    except ValueError:
        return None  # one of those that cannot be asked for, like closing a frunk


def _samples(entity: Entity) -> tuple[Value, ...]:
    if entity.options:
        return entity.options
    if entity.component == "time":
        return ("00:00:00",)
    return (entity.limits.minimum,) if entity.limits else (True, False)
