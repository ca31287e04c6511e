"""What a derivation is: values of devices, and what was remembered -> more values, and events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from bridge.model import DeviceId, Kind, Value

Memory = Mapping[str, Any]
"""JSON that one derivation keeps of one device, also across restarts. Empty at first."""

Known = Mapping[DeviceId, Mapping[str, Value]]
"""Every device that was heard of: what is known of it."""


class Scene(NamedTuple):
    """What a derivation looks at. `changed`: the keys that have just changed; empty when only time has passed."""

    at: DeviceId
    values: Mapping[str, Value]
    memory: Memory
    now: datetime
    changed: frozenset[str]
    known: Known

    def number(self, key: str) -> float | None:
        """The value where it is a number; None for all else."""
        value = self.values.get(key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def moment(self, key: str) -> datetime | None:
        value = self.values.get(key)
        return value if isinstance(value, datetime) else None


class Happened(NamedTuple):
    """An event to be told, with its facts."""

    type: str
    facts: Mapping[str, Value] = {}


@dataclass(frozen=True, slots=True)
class Derived:
    """What came of it. `memory` None: as it was. What is not in `values` stays as it is."""

    values: Mapping[str, Value] = field(default_factory=dict)
    memory: Memory | None = None
    events: tuple[Happened, ...] = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """One row of the tables of derived values.

    It is worked out when one of its `inputs` changes, and each minute where `passes` (time changes it).
    """

    name: str
    kind: Kind
    inputs: frozenset[str]
    derive: Callable[[Scene], Derived]
    passes: bool = False


def derivation(
    name: str, kind: Kind, inputs: str, derive: Callable[[Scene], Derived], *, passes: bool = False
) -> Derivation:
    """`inputs`: keys of entities between spaces."""
    return Derivation(name, kind, frozenset(inputs.split()), derive, passes)


def at_once(names: str, work_out: Callable[[Scene], Iterable[Value]]) -> Callable[[Scene], Derived]:
    """For what needs no memory: gives the values of these keys, in their order."""
    keys = names.split()
    return lambda scene: Derived(dict(zip(keys, work_out(scene), strict=True)))
