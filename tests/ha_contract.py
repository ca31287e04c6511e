"""Would Home Assistant 2026.11 (and 2025.10) take this discovery message, and this payload, without a word in its log?

The rules are those of mqtt-and-home-assistant.md 1.2 to 1.10; a complaint is the line of 1.12 that Home Assistant would
log, and what is wrong. Full names only: fleet2mqtt uses no abbreviations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ha_components import Complaints, Json, availability, complaints_of, doubles, rules, say
from ha_payloads import check_payload
from ha_tables import DEVICE, LARGEST_DOCUMENT, LEAKING, NEW_PLATFORMS, ORIGIN, ROOT, TOO_NEW, Log

__all__ = ["Log", "check_document", "check_documents", "check_payload", "components_of", "topics_read"]

TOPIC = re.compile(r"[^/]+/(\w+)/([a-zA-Z0-9_-]+/)?([a-zA-Z0-9_-]+)/config")


def check_document(topic: str, document: Json) -> list[str]:
    """What Home Assistant would complain of, published as JSON on this topic: a device, or a component alone."""
    return list(_message(topic, document))


def check_documents(documents: Mapping[str, Json]) -> list[str]:
    """The same for all messages of a house, by topic: besides, no two may share an id."""
    each = [complaint for topic, document in documents.items() for complaint in check_document(topic, document)]
    shown = [
        component for topic, document in documents.items() for component in components_of(topic, document).values()
    ]
    ids = [component["unique_id"] for component in shown if "unique_id" in component]
    devices = [document["device"] for topic, document in documents.items() if "/device/" in topic]
    names = [name for device in devices for name in device["identifiers"]]
    return each + [say(Log.NOT_UNIQUE, double) for double in (*doubles(ids), *doubles(names))]


def components_of(topic: str, document: Json) -> Json:
    """Key -> component of what stands on this topic; of a component alone it is its object id."""
    _, platform, *_, key, _ = topic.split("/")
    if platform == "device":
        components: Json = document["components"]
        return components
    alone = {option: value for option, value in document.items() if option not in {"device", "origin"}}
    return {key: {"platform": platform, **alone}}


def topics_read(components: Json) -> Iterator[tuple[str, str, Json]]:
    """(topic, option, component) of everything that Home Assistant subscribes to for these components."""
    for component in components.values():
        for option, topic in component.items():
            if option.endswith("_topic") and "command" not in option:
                yield topic, option, component


# --- the document -------------------------------------------------------------------------------------------


def _message(topic: str, document: Json) -> Complaints:
    match = TOPIC.fullmatch(topic)
    if not match:
        yield say(Log.TOPIC, topic)
    if (size := len(json.dumps(document).encode())) >= LARGEST_DOCUMENT:
        yield say(Log.PACKET, f"{topic} has {size} bytes")
    yield from _document(document) if not match or match[1] == "device" else _alone(topic, document)


def _document(document: Json) -> Complaints:
    yield from _root(document)
    yield from _strict("device", document.get("device"), DEVICE)
    yield from _device(document.get("device") or {})
    yield from _strict("origin", document.get("origin"), ORIGIN)
    yield from _origin(document.get("origin") or {})
    components = document.get("components")
    if not isinstance(components, Mapping):
        yield say(Log.DEVICE, "it has no components")
        return
    for key, component in components.items():
        for complaint in complaints_of(component, document):
            yield f"{complaint} (component {key})"


def _alone(topic: str, document: Json) -> Complaints:
    """A component alone, which brings its device with it. An older Home Assistant does not listen to its topic."""
    (component,) = components_of(topic, document).values()
    if component["platform"] not in NEW_PLATFORMS:
        yield say(Log.SILENT, f"a {component['platform']} belongs into the document of its device")
    if "platform" in document:
        yield say(Log.SILENT, "the platform stands in the topic")
    yield from _strict("device", document.get("device"), DEVICE)
    yield from _device(document.get("device") or {})
    yield from _strict("origin", document.get("origin"), ORIGIN)
    yield from _origin(document.get("origin") or {})
    yield from rules(component, {})


def _root(document: Json) -> Complaints:
    for key in document.keys() - ROOT:
        until = f" before {TOO_NEW[key]}" if key in TOO_NEW else ""
        yield say(Log.DEVICE, f"{key} is not a valid option at the root{until}")
    for key in document.keys() & LEAKING:
        yield say(Log.SILENT, f"{key} at the root becomes part of every component")
    yield from (say(Log.DEVICE, f"{key} is null") for key, value in document.items() if value is None)
    yield from availability(document, Log.DEVICE)
    if document.get("qos", 0) not in {0, 1, 2}:
        yield say(Log.DEVICE, f"qos is {document['qos']}")


def _strict(name: str, part: Any, allowed: Collection[str]) -> Complaints:
    """A part of which one unknown or empty member costs the whole device."""
    if not isinstance(part, Mapping):
        yield say(Log.DEVICE, f"{name} is missing")
        return
    for key, value in part.items():
        if key not in allowed:
            yield say(Log.DEVICE, f"{name}.{key} is not a valid option")
        elif value is None or isinstance(value, dict):
            yield say(Log.DEVICE, f"{name}.{key} is {value}, not a text")


def _device(device: Json) -> Complaints:
    identifiers = device.get("identifiers")
    is_list = isinstance(identifiers, list) and all(isinstance(each, str) and each for each in identifiers)
    if not (identifiers and is_list):
        yield say(Log.DEVICE, "device has no identifiers")
    if not device.get("name"):
        yield say(Log.NAMELESS, identifiers)
    if not re.match(r"https?://.|homeassistant://.", device.get("configuration_url", "http://x")):
        yield say(Log.DEVICE, "device.configuration_url is no URL")


def _origin(origin: Json) -> Complaints:
    if not origin.get("name"):
        yield say(Log.DEVICE, "origin has no name")
    if not re.match(r"https?://.", origin.get("support_url", "http://x")):
        yield say(Log.DEVICE, "origin.support_url is no URL")
