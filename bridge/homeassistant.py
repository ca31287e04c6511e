"""Device + catalogue -> one Home Assistant discovery document, and the messages that carry it. Pure.

Written against Home Assistant 2026.11 and valid from 2025.10 on (mqtt-and-home-assistant.md 1.3 to 1.10). Values
are bare topics, so no template is needed; a key that older versions would refuse at the root stands in the
components, where they ignore it; a platform that they do not know stands in a message of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from bridge.catalog import CATALOGUE, masked as masked_keys
from bridge.catalog.offer import limits
from bridge.catalog.places import Location
from bridge.catalog.rows import Command, Composite, Entity, Event, Limits
from bridge.components import Component, Look, components, node
from bridge.model import Device, DeviceId, Kind, Value
from bridge.topics import Topics

ORIGIN = "fleet2mqtt"
"""What documents name as their writer."""


def config_topic(prefix: str, at: DeviceId) -> str:
    return f"{prefix}/device/{node(at)}/config"


def standalone_topics(prefix: str, at: DeviceId) -> dict[str, str]:
    """Key -> topic of each component that is announced apart from its device."""
    return {key: f"{prefix}/{platform}/{node(at)}/{key}/config" for key, platform in _standalone(at.kind).items()}


def all_topics(prefix: str, at: DeviceId) -> tuple[str, ...]:
    """Every topic that a device may have below this prefix."""
    return (config_topic(prefix, at), *standalone_topics(prefix, at).values())


STANDALONE = frozenset({"time"})
"""Platforms since 2026.6: in a device's document they cost an older Home Assistant the whole device (1.3)."""


def document_filters(prefix: str) -> tuple[str, ...]:
    """The filters below which documents of bridges stand, and those of others."""
    return (f"{prefix}/device/+/config", *(f"{prefix}/{platform}/+/+/config" for platform in sorted(STANDALONE)))


def writer(payload: bytes) -> str | None:
    """The base topic of the bridge that has written this document; None: it was another program."""
    try:
        found = json.loads(payload)
        is_ours = found["origin"]["name"] == ORIGIN
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return next(filter(None, map(_base, _texts(found))), None) if is_ours else None


def _base(text: str) -> str | None:
    """Each document names the topic of its bridge's state."""
    base, ending, rest = text.rpartition("/bridge/state")
    return base if ending and not rest else None


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    for each in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _texts(each)


@cache
def _standalone(kind: Kind) -> Mapping[str, str]:
    rows = CATALOGUE[kind].entities.values()
    return {row.key: row.component for row in rows if row.component in STANDALONE}


def document(
    device: Device, values: Mapping[str, Value], look: Look, words: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """The discovery document. `words` holds enum values that Tesla sent and the catalogue does not know."""
    root: dict[str, Any] = {
        "device": _device(device),
        "origin": {"name": ORIGIN, "sw_version": look.version},
        "qos": 1,
        "components": dict(components(device.at, values, look, words)),
    }
    if device.at.kind is not Kind.BRIDGE:
        root |= _availability(device.at, look.topics)
    return root


def messages(prefix: str, at: DeviceId, document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Topic -> what is to stand there: the device's own message first; empty for a component that is not offered."""
    found = dict(document["components"])
    shared = {key: value for key, value in document.items() if key != "components"}
    alone = {topic: found.pop(key, {}) for key, topic in standalone_topics(prefix, at).items()}
    own = {config_topic(prefix, at): {**shared, "components": found}}
    return own | {topic: _by_itself(component, shared) for topic, component in alone.items()}


def _by_itself(component: Component, shared: Mapping[str, Any]) -> Component:
    """With all that it would share in a device's document. Its platform stands in the topic."""
    return {key: value for key, value in {**shared, **component}.items() if key != "platform"} if component else {}


@cache
def gates(kind: Kind) -> frozenset[str]:
    """The entities that decide which rows a device has."""
    catalogue = CATALOGUE[kind]
    rows: list[Entity | Composite | Command | Event] = [*catalogue.entities.values(), *catalogue.composites]
    rows += [*catalogue.commands.values(), *catalogue.events]
    return frozenset(row.needs for row in rows if row.needs)


@cache
def shaping_keys(kind: Kind) -> frozenset[str]:
    """The entities whose change can change the document: gates, currencies, limits, numbers beyond theirs."""
    return _frames(kind) | {row.key for row in CATALOGUE[kind].entities.values() if row.limits}


def reshapes(kind: Kind, changed: Mapping[str, Value], values: Mapping[str, Value]) -> bool:
    """Can these changes change the document? A number does so only beyond its range."""
    return any(
        key in _frames(kind) or _is_beyond(CATALOGUE[kind].entities[key], values)
        for key in shaping_keys(kind).intersection(changed)
    )


@cache
def _frames(kind: Kind) -> frozenset[str]:
    numbers = [row for row in CATALOGUE[kind].entities.values() if row.limits]
    ends = {end for row in numbers if row.limits for end in _told_by_the_device(row.limits)}
    currencies = {row.unit_from for row in CATALOGUE[kind].entities.values() if row.unit_from}
    return gates(kind) | currencies | ends


def _told_by_the_device(own: Limits) -> set[str]:
    return {key for key in (own.minimum_from, own.maximum_from, own.step_from) if key}


def _is_beyond(entity: Entity, values: Mapping[str, Value]) -> bool:
    own, now = limits(entity, values), values.get(entity.key)
    return own is not None and isinstance(now, int | float) and not own[0] <= now <= own[1]


def _device(device: Device) -> dict[str, Any]:
    known = {
        "name": device.name,
        "manufacturer": "fleet2mqtt" if device.at.kind is Kind.BRIDGE else "Tesla",
        "model": device.model,
        "serial_number": device.serial,
        "sw_version": device.software,
        "via_device": node(device.via) if device.via else None,
    }
    # A null anywhere in here would cost the whole device.
    return {"identifiers": [node(device.at)]} | {key: value for key, value in known.items() if value}


def _availability(at: DeviceId, topics: Topics) -> dict[str, Any]:
    both = [{"topic": topics.bridge("state")}, {"topic": topics.availability(at)}]
    return {"availability": both, "availability_mode": "all"}


def skeleton(document: Mapping[str, Any]) -> dict[str, Any]:
    """As much of a document as `removals` needs."""
    return _skeleton(tuple((key, row["platform"]) for key, row in document["components"].items()))


@lru_cache(maxsize=64)  # many cars have the same components, and so share one
def _skeleton(platforms: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {"components": {key: {"platform": platform} for key, platform in platforms}}


def masked(kind: Kind, location: Location) -> dict[str, Any]:
    """The skeleton of what is not let out any more, and may have been before."""
    catalogue, hidden = CATALOGUE[kind], masked_keys(kind, location)
    platforms = [(key, str(catalogue.entities[key].component)) for key in hidden if catalogue.entities[key].component]
    platforms += [(row.key, row.component) for row in catalogue.composites if hidden.intersection(row.states.values())]
    return _skeleton(tuple(sorted(platforms)))


def removals(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Component]:
    """Components that are gone, as the empty ones that make Home Assistant remove them (1.5)."""
    gone = before["components"].keys() - after["components"].keys()
    return {key: {"platform": before["components"][key]["platform"]} for key in gone}
