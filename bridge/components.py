"""Rows of the catalogue -> Home Assistant components (mqtt-and-home-assistant.md 1.3 to 1.10). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bridge.catalog import CATALOGUE, commands_of
from bridge.catalog.offer import Offer, has, limits
from bridge.catalog.rows import Command, Composite, Entity, Event
from bridge.model import DeviceId, Kind, Value
from bridge.topics import Topics

Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """How discovery documents are written: version of the bridge, topics, expiry of commands in seconds."""

    topics: Topics
    version: str
    command_expiry: int = 60
    offer: Offer = field(default_factory=Offer)


def node(at: DeviceId) -> str:
    """The device's identifier: VIN, site id or DIN with our own prefix, fit for a discovery topic."""
    return "fleet2mqtt_" + re.sub(r"[^a-zA-Z0-9_-]", "_", at.id)


def components(
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
    for event in catalogue.events:
        if has(event.needs, values):
            yield event.key, _event(event, at, look)


@cache
def _commands(kind: Kind, key: str) -> tuple[Command, ...]:
    catalogue = CATALOGUE[kind]
    return tuple(catalogue.commands[name] for name in commands_of(catalogue.entities[key]))


def _parts(composite: Composite, kind: Kind) -> tuple[list[Entity], list[Command]]:
    """What a composite reads, and what it can call: by an entity's key or by a command's name."""
    entities, commands = CATALOGUE[kind].entities, CATALOGUE[kind].commands
    called: list[Command] = []
    for name in composite.commands.values():
        called += _commands(kind, name) if name in entities else [commands[name]]
    return [entities[key] for key in composite.states.values()], called


def _entity(entity: Entity, at: DeviceId, values: Mapping[str, Value], look: Look, words: tuple[str, ...]) -> Component:
    component = _common(entity.key, entity.name, str(entity.component), at, look) | _traits(at.kind, entity.key)
    component["state_topic"] = look.topics.value(at, entity.group, entity.key)
    if words:
        component["options"] = [*entity.options, *words]
    if entity.unit_from:
        component |= _priced(entity, values)
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


def _priced(entity: Entity, values: Mapping[str, Value]) -> Component:
    """The unit in the device's own currency; null, which is none, while that is not known."""
    currency = values.get(str(entity.unit_from))
    return {"unit_of_measurement": f"{currency}{entity.unit or ''}" if currency else None}


def _composite(composite: Composite, at: DeviceId, look: Look, *, is_commanded: bool) -> Component:
    entities = CATALOGUE[at.kind].entities
    component = _common(composite.key, composite.name, composite.component, at, look)
    for option, key in composite.states.items():
        component[option] = look.topics.value(at, entities[key].group, key)
    for option, name in composite.commands.items() if is_commanded else ():
        component |= _commanded(look.topics.set(at, name), look, option)
    return component | _manner(None, composite.icon, enabled=composite.enabled) | dict(composite.settings)


def _button(command: Command, at: DeviceId, look: Look) -> Component:
    component = _common(command.name, command.title, "button", at, look)
    component |= _commanded(look.topics.set(at, command.name), look) | {"payload_press": "PRESS"}
    return component | _manner(command.category, command.icon, enabled=command.enabled)


def _event(event: Event, at: DeviceId, look: Look) -> Component:
    """A device has one topic for all that happens: the template passes over what is not this component's."""
    template = f"{{{{ value if value_json.event_type in {list(event.types)} }}}}"
    component = _common(event.key, event.name, "event", at, look)
    component |= {"state_topic": look.topics.event(at), "event_types": [*event.types], "value_template": template}
    return component | _manner(event.category, event.icon, enabled=event.enabled)


def _manner(category: str | None, icon: str | None, *, enabled: bool) -> Component:
    traits = {"entity_category": category, "icon": icon, "enabled_by_default": None if enabled else False}
    return {option: value for option, value in traits.items() if value is not None}
