"""The topic grammar, contract version 1: build, parse, encode, decode. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from bridge.catalog import groups
from bridge.model import DeviceId, Kind, Result, Value

CONTRACT_VERSION = 1
JSON = "application/json"
TEXT = "text/plain"


LONGEST_RESPONSE_TOPIC = 500
"""Characters. MQTT allows 65,535 bytes, which every answer would carry and the journal keep."""


class Encoded(NamedTuple):
    """A payload and its MQTT 5 content type (None: number, true, false or None)."""

    payload: bytes
    content_type: str | None


class Address(NamedTuple):
    """A topic that a command or request came in on. `device` is None for <base>/bridge/request/<name>."""

    verb: str
    device: DeviceId | None
    name: str


class Payload(NamedTuple):
    """A decoded command: a JSON object without its `transaction`, or one bare text."""

    value: Mapping[str, Any] | str
    transaction: str | None


class PayloadInvalid(ValueError):
    """The bytes of a command are no text, or no sound JSON. The text says what is wrong."""


@dataclass(frozen=True)
class Topics:
    """Builds and parses every topic below one base. An alias stands for a VIN, site id or DIN."""

    base: str = "fleet2mqtt"
    aliases: Mapping[str, str] = field(default_factory=dict)

    def device(self, at: DeviceId) -> str:
        """<base>/<kind>/<id>, or <base>/bridge for the bridge itself."""
        if at.kind is Kind.BRIDGE:
            return f"{self.base}/bridge"
        return f"{self.base}/{at.kind}/{self.aliases.get(at.id, at.id)}"

    def value(self, at: DeviceId, group: str, key: str) -> str:
        return f"{self.device(at)}/{path(group, key)}"

    def group(self, at: DeviceId, group: str) -> str:
        return f"{self.device(at)}/{group}"

    def availability(self, at: DeviceId) -> str:
        return f"{self.device(at)}/availability"

    def set(self, at: DeviceId, name: str) -> str:
        return f"{self.device(at)}/set/{name}"

    def result(self, at: DeviceId, name: str) -> str:
        return f"{self.device(at)}/result/{name}"

    def event(self, at: DeviceId) -> str:
        return f"{self.device(at)}/event"

    def bridge(self, name: str) -> str:
        """<base>/bridge/state, info, health, event, response/<verb>."""
        return f"{self.base}/bridge/{name}"

    @cached_property
    def incoming(self) -> tuple[str, ...]:
        """The filters of everything that is listened to: disjoint, and never a topic that is published to."""
        kinds = (Kind.VEHICLE, Kind.ENERGY_SITE, Kind.ACCOUNT)
        asked = [f"{self.base}/{kind}/+/get/+" for kind in kinds]
        commanded = [f"{self.base}/{kind}/+/set/+" for kind in kinds]
        return (*commanded, *asked, f"{self.base}/bridge/set/+", f"{self.base}/bridge/request/+")

    @cached_property
    def retained(self) -> tuple[str, ...]:
        """The filters of everything that is retained: disjoint, also from `incoming`."""
        devices = [kind for kind in Kind if kind is not Kind.BRIDGE]
        frames = [f"{self.base}/bridge/+", *(f"{self.base}/{kind}/+/+" for kind in devices)]
        own = [f"{self.base}/bridge/{group}/+" for group in groups(Kind.BRIDGE) if group]
        return (
            *frames,
            *own,
            *(f"{self.base}/{kind}/+/{group}/+" for kind in devices for group in groups(kind) if group),
        )

    def parse(self, topic: str) -> Address | None:
        """An incoming topic -> what it addresses; None if it is none of ours."""
        base, _, rest = topic.partition(self.base + "/")
        parts = rest.split("/")
        if base or not all(parts) or not _is_answerable(topic):
            return None
        match parts:
            case ["bridge", "request", name]:
                return Address("request", None, name)
            case ["bridge", "set", name]:
                return Address("set", BRIDGE, name)
            case [kind, id_, "set" | "get" as verb, name] if kind in _COMMANDED:
                return Address(verb, DeviceId(Kind(kind), self._ids.get(id_, id_)), name)
            case _:
                return None

    def may_answer_on(self, topic: str) -> bool:
        """May a response go to this MQTT 5 response topic?

        Only below <base>/response/: a client that may write commands must not make the bridge, whose rights are
        wider, write anywhere else (mqtt-and-home-assistant.md 4.6).
        """
        below = topic.removeprefix(f"{self.base}/response/")
        is_sound = topic.isprintable() and len(topic) <= LONGEST_RESPONSE_TOPIC and not _has_wildcard(topic)
        return bool(below) and below != topic and is_sound

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        return {alias: id_ for id_, alias in self.aliases.items()}


def path(group: str, key: str) -> str:
    """The topic of a value below its device's."""
    return f"{group}/{key}" if group else key


BRIDGE = DeviceId(Kind.BRIDGE, "bridge")

_COMMANDED = frozenset({Kind.VEHICLE.value, Kind.ENERGY_SITE.value, Kind.ACCOUNT.value})


LONGEST = 8000
"""Characters of a topic that is listened to."""


def _is_answerable(topic: str) -> bool:
    """The answer stands on a topic that holds the same name: it must be one that can be published on, and logged."""
    return len(topic) <= LONGEST and topic.isprintable() and not _has_wildcard(topic)


def _has_wildcard(topic: str) -> bool:
    """What no topic may hold: publishing on it would cost the connection (reliability.md D10)."""
    return not set(topic).isdisjoint("+#\0")


def encode(value: Value) -> Encoded:
    """A bare value: numbers, true/false, text, ISO 8601; None is the word `None`; objects are JSON."""
    match value:
        case None:
            return Encoded(b"None", None)
        case bool():
            return Encoded(b"true" if value else b"false", None)
        case int():
            return Encoded(b"%d" % value, None)
        case float():
            whole = value.is_integer() and abs(value) < _EXACT
            return Encoded(str(int(value) if whole else value).encode(), None)
        case str():
            return Encoded(value.encode(errors="replace"), TEXT)
        case datetime():
            return Encoded(value.isoformat(timespec="seconds").encode(), TEXT)
        case _:
            return encode_json(value)


_EXACT = 2**53


def encode_json(value: Any) -> Encoded:
    """JSON with sorted keys and real nulls, so that equal values are equal bytes."""
    return Encoded(_ENCODER.encode(value).encode(errors="replace"), JSON)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return str(value)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain, ensure_ascii=False)


def result_body(result: Result) -> dict[str, Any]:
    """The JSON of <base>/<kind>/<id>/result/<name>."""
    return {
        "command": result.request.name,
        "outcome": result.outcome,
        "reason": result.reason,
        "message": result.message,
        "transaction": result.request.transaction,
        "requested_at": result.request.received_at,
        "finished_at": result.finished_at,
        "attempts": result.attempts,
        "value": result.value,
    }


def decode(payload: bytes) -> Payload:
    """A command's bytes -> a JSON object or a bare text, and the transaction. Raises PayloadInvalid."""
    if len(payload) > MAXIMUM_PAYLOAD:
        raise PayloadInvalid(f"the message is {len(payload)} bytes long; at most {MAXIMUM_PAYLOAD} are taken")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise PayloadInvalid("the message is not UTF-8 text") from None
    if not text.startswith(("{", "[")):
        return Payload(text, None)
    body = _json(text)
    if not isinstance(body, dict):
        raise PayloadInvalid('a JSON message must be an object, like {"value": 80}')
    transaction = body.pop("transaction", None)
    return Payload(body, None if transaction is None else str(transaction)[:MAXIMUM_TRANSACTION])


MAXIMUM_PAYLOAD = 16_384
"""Bytes of a command. The largest honest one, a tariff, is below 8 KiB."""

MAXIMUM_TRANSACTION = 200


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_number, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise PayloadInvalid(f"the message is not valid JSON: {error}") from None


def _number(literal: str) -> float:
    """Refuses NaN, Infinity and 1e999: what is not finite would not be JSON any more in our answer."""
    if not math.isfinite(float(literal)):
        raise ValueError(f"{literal[:20]} is no JSON number")
    return float(literal)
