"""The row types of the two tables, entities and commands. The tables are written with the short forms of builders.py.

Adding a row adds the topic, the Home Assistant component, the validation, the line in the docs and the test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.catalog import convert
from bridge.catalog.places import Place
from bridge.catalog.writes import Invocation, Write
from bridge.model import Value

Read = Callable[[Any], Value]
"""Tesla's raw JSON value -> our value. May raise TypeError, ValueError or KeyError: the value is then unknown."""

Body = Callable[[Mapping[str, Value], datetime], Mapping[str, Value]]
"""The parameters and the time of sending -> the JSON that Tesla wants."""


Check = Callable[[Any], Value]
"""What somebody gave -> a value, where a type and a range do not tell enough. Raises ValueError with the reason."""

Excuse = Callable[[Mapping[str, Value], Mapping[str, Value]], tuple[str, str] | None]
"""The parameters, and what the device shows after all -> the known reason why it is not so, and a sentence on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The range of a number. `*_from` names the entity of the same device that holds the device's own limit.

    With a `step_from` the step is how the device counts: shown to people, demanded of nobody.
    """

    minimum: float
    maximum: float
    step: float = 1
    minimum_from: str | None = None
    maximum_from: str | None = None
    step_from: str | None = None


DERIVED = "derived"
STREAMED = "stream"
ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One value of a device: one topic, perhaps one Home Assistant component, perhaps one command."""

    key: str
    """Unique within the kind, frozen for ever: topics and Home Assistant's unique_id are made of it."""
    name: str
    group: str = ""
    component: str | None = None
    """Home Assistant's platform; None: a topic only."""
    source: str
    """Dotted path; its head names the answer: charge_state, live_status, vehicle (the list entry), bridge (us).

    DERIVED: bridge.derived works it out of other values. STREAMED: only the stream has it. ASSUMED: no poll tells it;
    it is what was set last through the bridge.
    """
    read: Read = convert.phrase
    null: Value = None
    """What a null or a missing field means; None: unknown."""
    unit: str | None = None
    unit_from: str | None = None
    """Key of the entity of the same device that tells the currency: it stands before `unit`."""
    device_class: str | None = None
    state_class: str | None = None
    category: str | None = None
    enabled: bool = True
    """Enabled in Home Assistant by default."""
    precision: int | None = None
    icon: str | None = None
    options: tuple[str, ...] = ()
    limits: Limits | None = None
    write: Write | None = None
    check: Check | None = None
    """For values that are no word, number, time, true or false."""
    example: Value = None
    """One of those, for the docs."""
    stop: Invocation | None = None
    """What `stop` means to a cover; None: it cannot be stopped."""
    needs: str | None = None
    """Key of the entity of the same device that must be true, or not empty, for this one to be offered."""
    scope: str | None = None
    """OAuth scope without which Tesla withholds the value, where it is not the group's own."""
    place: Place | None = None
    """How it tells where a car is; None: it does not."""
    settings: Mapping[str, Any] | None = None
    """Home Assistant options that belong to this row alone."""
    stream: str = ""
    """The telemetry fields that tell it, as Tesla spells them (fleet-api.md 8.6)."""
    note: str = ""
    """Sign convention or trap, for the docs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """A Home Assistant component made of several entities of a device: climate, tracker, update."""

    key: str
    name: str | None
    component: str
    states: Mapping[str, str]
    """Home Assistant's option -> key of the entity whose topic it reads."""
    commands: Mapping[str, str]
    """Home Assistant's option -> key or command whose set topic it writes."""
    settings: Mapping[str, Any]
    range_of: str | None = None
    """Key of the number whose range is the range of its temperatures."""
    enabled: bool = True
    icon: str | None = None
    needs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Things that happen to a device, one Home Assistant component: messages on its `event` topic of these types."""

    key: str
    name: str
    types: tuple[str, ...]
    enabled: bool = True
    category: str | None = None
    icon: str | None = None
    needs: str | None = None
    note: str = ""
    """When, and which facts come along, for the docs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a command, as Tesla names it."""

    name: str
    type: type[bool | int | float | str | dict[str, Any]]
    minimum: float | None = None
    maximum: float | None = None
    minimum_from: str | None = None
    maximum_from: str | None = None
    """Keys of the entities of the same device that hold its own limits, which then count."""
    choices: tuple[Value, ...] = ()
    required: bool = True
    default: Value = None
    fill: str | None = None
    """Key of the entity whose present value is taken when the parameter is not given."""
    secret: bool = False
    """A PIN: never logged, journalled or echoed."""
    is_place: bool = False
    """It tells of a place: journalled and echoed only where places are exact, and never shown in a refusal."""
    is_time: bool = False
    """Minutes after the device's own midnight; `07:30` is taken too, and may fill it."""
    example: Value = None
    """A value that makes sense, for the docs, where the type and the range do not make one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing Tesla can be asked to do. `endpoint` is relative to the device's path (fleet-api.md 3.2, 4.4)."""

    name: str
    title: str
    endpoint: str
    parameters: tuple[Parameter, ...] = ()
    scopes: tuple[str, ...] = ("vehicle_cmds",)
    """Any one of these is enough."""
    cost: str = "command"
    """Price class in the ledger: command, wake or energy."""
    repeatable: bool = True
    """False: doing it twice is not the same as doing it once (fleet-api.md 3.1)."""
    wakes: bool = True
    """May a sleeping car be woken for it?"""
    dangerous: bool = False
    """Off until the owner enables it by name."""
    place: Place | None = None
    """How its answer tells where a car is; None: it does not."""
    is_local: bool = False
    """Done by the bridge itself (bridge.commands.local): nothing is sent to Tesla, no car is woken."""
    signed_only: bool = False
    """It exists only in signed form: sent plain it would be a 404 (docs/signing.md)."""
    tells: Callable[[Mapping[str, Any]], Mapping[str, Value]] | None = None
    """What the answer says -> entities and their values, where a command asks for something."""
    refreshes: bool = False
    """Fresh data is asked for when it is done, though it changes nothing."""
    is_composed: bool = False
    """Several writes, put together by the bridge (bridge.commands.intents)."""
    direct: bool = True
    """False: reached only through an entity's set topic, which reads the value back."""
    confirmed: bool = False
    """The answer proves nothing: read the value back (energy writes, reliability.md C2)."""
    excuse: Excuse | None = None
    settled: frozenset[str] = frozenset()
    """Refusal reasons that mean it already is so."""
    toggles: bool = False
    """It changes the state, whichever that is: not to be sent through an entity that already is as wanted."""
    body: Body | None = None
    """What is sent, where that is not just the parameters."""
    button: bool = False
    category: str | None = None
    enabled: bool = True
    icon: str | None = None
    needs: str | None = None
    note: str = ""
