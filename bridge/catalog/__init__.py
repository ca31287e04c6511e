"""The two tables, by kind of device, and the one way to read an answer with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from bridge.catalog import account, bridge, energy_site, vehicle, vehicle_commands, wall_connector
from bridge.catalog.convert import INVALID
from bridge.catalog.rows import Command, Composite, Entity, Write
from bridge.model import Kind, Value


class Catalogue(NamedTuple):
    """What exists for one kind of device."""

    entities: Mapping[str, Entity]
    commands: Mapping[str, Command]
    composites: tuple[Composite, ...]


def _catalogue(
    entities: tuple[Entity, ...], commands: tuple[Command, ...], composites: tuple[Composite, ...]
) -> Catalogue:
    return Catalogue({row.key: row for row in entities}, {row.name: row for row in commands}, composites)


CATALOGUE: Mapping[Kind, Catalogue] = {
    Kind.VEHICLE: _catalogue(vehicle.ENTITIES, vehicle_commands.COMMANDS, vehicle.COMPOSITES),
    Kind.ENERGY_SITE: _catalogue(energy_site.ENTITIES, energy_site.COMMANDS, ()),
    Kind.WALL_CONNECTOR: _catalogue(wall_connector.ENTITIES, (), ()),
    Kind.ACCOUNT: _catalogue(account.ENTITIES, (), ()),
    Kind.BRIDGE: _catalogue(bridge.ENTITIES, (), ()),
}


def read(kind: Kind, answer: Mapping[str, Any]) -> dict[str, Value]:
    """An answer -> {entity key: value}. Only groups that are in the answer are read; what cannot be read is None.

    The answer is keyed by the head of the rows' source paths: `charge_state`, `live_status`, `vehicle`, ...
    """
    values: dict[str, Value] = {}
    for head, body in answer.items():
        if isinstance(body, dict):
            _read_group(_columns(kind).get(head, ()), body, values, is_partial=head in _PARTIAL)
    return values


def _read_group(columns: Iterable[_Column], body: dict[str, Any], into: dict[str, Value], *, is_partial: bool) -> None:
    # One loop and no call per row: a car's answer has 285 of them.
    for key, first, path, convert_raw, null in columns:
        raw = body.get(first) if first else body
        for part in path:
            raw = raw.get(part) if isinstance(raw, dict) else None
        if raw is None or raw == INVALID:
            if not is_partial or first in body:
                into[key] = null
            continue
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
    """Group -> keys of its entities."""
    found: dict[str, list[str]] = {}
    for row in CATALOGUE[kind].entities.values():
        found.setdefault(row.group, []).append(row.key)
    return {name: tuple(keys) for name, keys in found.items() if name}


@cache
def vocabularies(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """Key -> the words that an enum or select knows."""
    return {row.key: row.options for row in CATALOGUE[kind].entities.values() if row.options}


class _Column(NamedTuple):
    """`first` is the field of the answer, or "" for the whole of it; `path` goes on from there."""

    key: str
    first: str
    path: tuple[str, ...]
    read: Callable[[Any], Value]
    null: Value


@cache
def _columns(kind: Kind) -> Mapping[str, tuple[_Column, ...]]:
    heads: dict[str, list[_Column]] = {}
    for entity in CATALOGUE[kind].entities.values():
        head, _, place = entity.source.partition(".")
        first, *path = place.split(".")
        heads.setdefault(head, []).append(_Column(entity.key, first, tuple(path), entity.read, entity.null))
    return {head: tuple(columns) for head, columns in heads.items()}


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
    return (entity.limits.minimum,) if entity.limits else (True, False)
