"""The values that flow through the bridge. All are frozen; none knows MQTT or HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Value = Any
"""One published value: bool, int, float, str, an aware datetime, a JSON object or list, or None = unknown."""


class Kind(StrEnum):
    """The kinds of device. The words are part of the topic contract."""

    VEHICLE = "vehicle"
    ENERGY_SITE = "energy_site"
    WALL_CONNECTOR = "wall_connector"
    ACCOUNT = "account"
    BRIDGE = "bridge"


class Connectivity(StrEnum):
    """Can the car be reached? Not the same as availability."""

    ONLINE = "online"
    ASLEEP = "asleep"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class DeviceId:
    """What a device is found by: its kind and VIN, site id or DIN."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Device:
    """One car, energy site or wall connector of the account, or the bridge itself."""

    at: DeviceId
    name: str
    model: str | None = None
    serial: str | None = None
    software: str | None = None
    via: DeviceId | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """What a source saw of a device: entity key -> value.

    `at` orders updates: monotonic seconds of our own clock when the source was asked, because wall clocks jump
    and Tesla's is not ours.
    """

    device: DeviceId
    values: Mapping[str, Value]
    at: float
    source: str


@dataclass(frozen=True, slots=True)
class Roster:
    """Every device that the account has now."""

    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a device, once: told as an event, kept nowhere. `facts` are JSON."""

    device: DeviceId
    type: str
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What an update changed: only the entities whose value differs.

    `unseen`: those that tell where a car is, and changed by less than may be seen.
    """

    device: DeviceId
    values: Mapping[str, Value]
    unseen: frozenset[str] = frozenset()


class Outcome(StrEnum):
    """How a command ended. The words are part of the topic contract."""

    OK = "ok"
    INVALID = "invalid"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    EXPIRED = "expired"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Request:
    """A command message as it arrived. `deadline` is in monotonic seconds of our clock."""

    device: DeviceId
    name: str
    payload: bytes
    received_at: datetime
    deadline: float
    retained: bool = False
    transaction: str | None = None
    correlation: bytes | None = None
    response_topic: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The one answer to a request. `reason` is for machines, `message` for people."""

    request: Request
    outcome: Outcome
    finished_at: datetime
    reason: str | None = None
    message: str = ""
    attempts: int = 0
    value: Value = None
    extra: Mapping[str, Value] = field(default_factory=dict)
