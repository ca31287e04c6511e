"""Device + catalogue -> one Home Assistant discovery document, and the messages that carry it. Pure.

Written against Home Assistant 2026.11 and valid from 2025.10 on (mqtt-and-home-assistant.md 1.3 to 1.10). Values
are bare topics, so no template is needed; a key that older versions would refuse at the root stands in the
components, where they ignore it; a platform that they do not know stands in a message of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from bridge.catalog import CATALOGUE, commands_of
from bridge.catalog.offer import Offer, has, limits
from bridge.catalog.rows import Command, Composite, Entity
from bridge.model import Device, DeviceId, Kind, Value
from bridge.topics import Topics

Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """How discovery documents are written: version of the bridge, topics, expiry of commands in seconds."""

    topics: Topics
    version: str
    command_expiry: int = 60
    offer: Offer = field(default_factory=Offer)


def config_topic(prefix: str, at: DeviceId) -> str:
    return f"{prefix}/device/{node(at)}/config"


def standalone_topics(prefix: str, at: DeviceId) -> dict[str, str]:
    """Key -> topic of each component that is announced apart from its device."""
    return {key: f"{prefix}/{platform}/{node(at)}/{key}/config" for key, platform in _standalone(at.kind).items()}


STANDALONE = frozenset({"time"})
"""Platforms since 2026.6: in a device's document they cost an older Home Assistant the whole device (1.3)."""


@cache
def _standalone(kind: Kind) -> Mapping[str, str]:
    rows = CATALOGUE[kind].entities.values()
    return {row.key: row.component for row in rows if row.component in STANDALONE}


def node(at: DeviceId) -> str:
    """The device's identifier: VIN, site id or DIN with our own prefix, fit for a discovery topic."""
    return "fleet2mqtt_" + re.sub(r"[^a-zA-Z0-9_-]", "_", at.id)


def document(
    device: Device, values: Mapping[str, Value], look: Look, words: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """The discovery document. `words` holds enum values that Tesla sent and the catalogue does not know."""
    root: dict[str, Any] = {
        "device": _device(device),
        "origin": {"name": "fleet2mqtt", "sw_version": look.version},
        "qos": 1,
        "components": dict(_components(device.at, values, look, words)),
    }
    if device.at.kind is not Kind.BRIDGE:
        root |= _availability(device.at, look.topics)
    return root


def messages(prefix: str, at: DeviceId, document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Topic -> what is to stand there: the device's own message first; empty for a component that is not offered."""
    components = dict(document["components"])
    shared = {key: value for key, value in document.items() if key != "components"}
    alone = {topic: components.pop(key, {}) for key, topic in standalone_topics(prefix, at).items()}
    own = {config_topic(prefix, at): {**shared, "components": components}}
    return own | {topic: _by_itself(component, shared) for topic, component in alone.items()}


def _by_itself(component: Component, shared: Mapping[str, Any]) -> Component:
    """With all that it would share in a device's document. Its platform stands in the topic."""
    return {key: value for key, value in {**shared, **component}.items() if key != "platform"} if component else {}


@cache
def gates(kind: Kind) -> frozenset[str]:
    """The entities that decide which rows a device has."""
    catalogue = CATALOGUE[kind]
    rows: list[Entity | Composite | Command] = [*catalogue.entities.values(), *catalogue.composites]
    rows += catalogue.commands.values()
    return frozenset(row.needs for row in rows if row.needs)


@cache
def shaping_keys(kind: Kind) -> frozenset[str]:
    """The entities whose change can change the document: gates, moving limits, and numbers beyond theirs."""
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
    ends = [end for row in numbers if row.limits for end in (row.limits.minimum_from, row.limits.maximum_from)]
    return gates(kind) | {end for end in ends if end}


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


def _components(
    at: DeviceId, values: Mapping[str, Value], look: Look, words: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, Component]]:
    catalogue = CATALOGUE[at.kind]
    for entity in catalogue.entities.values():
        if entity.component and look.offer.shows(entity, _commands(at.kind, entity.key), values):
            yield entity.key, _entity(entity, at, values, look, words.get(entity.key, ()))
    for composite in catalogue.composites:
        states, called = _parts(composite, at.kind)
        if look.offer.joins(composite, states, called, values):
            yield composite.key, _composite(composite, at, look, is_commanded=any(map(look.offer.allows, called)))
    for command in catalogue.commands.values():
        if command.button and has(command.needs, values) and look.offer.allows(command):
            yield command.name, _button(command, at, look)


@cache
def _commands(kind: Kind, key: str) -> tuple[Command, ...]:
    entities, commands, _ = CATALOGUE[kind]
    return tuple(commands[name] for name in commands_of(entities[key]))


def _parts(composite: Composite, kind: Kind) -> tuple[list[Entity], list[Command]]:
    """What a composite reads, and what it can call: by an entity's key or by a command's name."""
    entities, commands, _ = CATALOGUE[kind]
    called: list[Command] = []
    for name in composite.commands.values():
        called += _commands(kind, name) if name in entities else [commands[name]]
    return [entities[key] for key in composite.states.values()], called


def _entity(entity: Entity, at: DeviceId, values: Mapping[str, Value], look: Look, words: tuple[str, ...]) -> Component:
    component = _common(entity.key, entity.name, str(entity.component), at, look) | _traits(at.kind, entity.key)
    component["state_topic"] = look.topics.value(at, entity.group, entity.key)
    if words:
        component["options"] = [*entity.options, *words]
    if entity.limits:
        component |= _range(entity, values)
    if entity.write:
        component |= _commanded(look.topics.set(at, entity.key), look)
    return component | (_hidden_buttons(entity, at.kind, look.offer) if entity.component == "cover" else {})


@cache
def _traits(kind: Kind, key: str) -> Component:
    """What is the same for every device and at all times."""
    entity = CATALOGUE[kind].entities[key]
    traits = {
        "device_class": entity.device_class,
        "state_class": entity.state_class,
        "unit_of_measurement": entity.unit,
        "entity_category": entity.category,
        "suggested_display_precision": entity.precision,
        "icon": entity.icon,
        "options": [*entity.options] or None,
        "enabled_by_default": None if entity.enabled else False,
    }
    filled = {option: value for option, value in traits.items() if value is not None}
    return filled | _PLATFORM.get(str(entity.component), {}) | dict(entity.settings or {})


def _common(key: str, name: str | None, platform: str, at: DeviceId, look: Look) -> Component:
    component: Component = {"platform": platform, "unique_id": f"{node(at)}_{key}", "name": name}
    if at.kind is Kind.BRIDGE and key != "state":
        component["availability"] = [{"topic": look.topics.bridge("state")}]
    return component


_ON_OFF = {"payload_on": "true", "payload_off": "false"}

_PLATFORM: Mapping[str, Component] = {
    "binary_sensor": _ON_OFF,
    "switch": _ON_OFF,
    "lock": {
        "payload_lock": "true",
        "payload_unlock": "false",
        "state_locked": "true",
        "state_unlocked": "false",
    },
    "cover": {
        "payload_open": "true",
        "payload_close": "false",
        "payload_stop": None,
        "state_open": "true",
        "state_closed": "false",
    },
}
"""How each platform spells our true and false."""


def _hidden_buttons(entity: Entity, kind: Kind, offer: Offer) -> Component:
    """A cover has no button for what cannot be asked of it, or may not: null hides it (1.10)."""
    buttons = {"payload_open": True, "payload_close": False}
    return {option: None for option, value in buttons.items() if not _may_ask(entity, value, kind, offer)}


def _may_ask(entity: Entity, value: Value, kind: Kind, offer: Offer) -> bool:
    try:
        return entity.write is not None and offer.allows(CATALOGUE[kind].commands[entity.write(value).command])
    except ValueError:
        return False  # a frunk cannot be closed


def _commanded(topic: str, look: Look, option: str = "command_topic") -> Component:
    expiry = {"message_expiry_interval": look.command_expiry} if look.command_expiry else {}
    return {option: topic} | expiry


def _range(entity: Entity, values: Mapping[str, Value]) -> Component:
    """Widened to the present value: Home Assistant logs an error for a state outside the range."""
    own, now = limits(entity, values), values.get(entity.key)
    assert own  # noqa: S101 - only rows with limits come here
    assert entity.limits  # noqa: S101 - the same
    known = [now] if isinstance(now, int | float) else []
    return {"min": min([own[0], *known]), "max": max([own[1], *known]), "step": entity.limits.step}


def _composite(composite: Composite, at: DeviceId, look: Look, *, is_commanded: bool) -> Component:
    entities = CATALOGUE[at.kind].entities
    component = _common(composite.key, composite.name, composite.component, at, look)
    for option, key in composite.states.items():
        component[option] = look.topics.value(at, entities[key].group, key)
    for option, name in composite.commands.items() if is_commanded else ():
        component |= _commanded(look.topics.set(at, name), look, option)
    if not composite.enabled:
        component["enabled_by_default"] = False
    if composite.icon:
        component["icon"] = composite.icon
    return component | dict(composite.settings)


def _button(command: Command, at: DeviceId, look: Look) -> Component:
    component = _common(command.name, command.title, "button", at, look)
    component |= _commanded(look.topics.set(at, command.name), look) | {"payload_press": "PRESS"}
    if command.category:
        component["entity_category"] = command.category
    if command.icon:
        component["icon"] = command.icon
    if not command.enabled:
        component["enabled_by_default"] = False
    return component


def skeleton(document: Mapping[str, Any]) -> dict[str, Any]:
    """As much of a document as `removals` needs."""
    return _skeleton(tuple((key, row["platform"]) for key, row in document["components"].items()))


@lru_cache(maxsize=64)  # many cars have the same components, and so share one
def _skeleton(platforms: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {"components": {key: {"platform": platform} for key, platform in platforms}}


def removals(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Component]:
    """Components that are gone, as the empty ones that make Home Assistant remove them (1.5)."""
    gone = before["components"].keys() - after["components"].keys()
    return {key: {"platform": before["components"][key]["platform"]} for key in gone}
