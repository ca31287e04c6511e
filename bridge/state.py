"""What is known of every device: the newest value of each entity, and whence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bridge.catalog import CATALOGUE
from bridge.model import Change, DeviceId, Kind, Update, Value


class Known(NamedTuple):
    """A value, when it was learned (monotonic seconds), and from which source."""

    value: Value
    at: float
    source: str


class _Origin(NamedTuple):
    at: float
    source: str


class Store:
    """Keeps the newest value of each entity. Older updates are dropped, equal ones change nothing."""

    def __init__(self) -> None:
        self._origins: dict[DeviceId, dict[str, _Origin]] = {}
        self._values: dict[DeviceId, dict[str, Value]] = {}

    def apply(self, update: Update) -> Change | None:
        """Takes what is newer; gives what differs, or None."""
        origins = self._origins.setdefault(update.device, {})
        values = self._values.setdefault(update.device, {})
        changed: dict[str, Value] = {}
        origin = _Origin(update.at, update.source)  # shared: a car has hundreds of values, and most stay as they are
        for key, value in update.values.items():
            before = origins.get(key)
            if before is None:
                values[key] = changed[key] = value
            elif before.at > update.at:
                continue
            elif (old := values[key]) is not value and not _same(old, value):
                values[key] = changed[key] = value
            origins[key] = origin
        return Change(update.device, changed) if changed else None

    def values(self, device: DeviceId) -> Mapping[str, Value]:
        """Entity key -> value, of everything known."""
        return self._values.get(device, {})

    def known(self, device: DeviceId, key: str) -> Known | None:
        origin = self._origins.get(device, {}).get(key)
        return Known(self._values[device][key], *origin) if origin else None

    @property
    def all(self) -> Mapping[DeviceId, Mapping[str, Value]]:
        """What is known of every device; it goes with the times."""
        return self._values

    def devices(self) -> Iterable[DeviceId]:
        return tuple(self._values)

    def forget(self, device: DeviceId) -> None:
        """A device that has left the account."""
        self._origins.pop(device, None)
        self._values.pop(device, None)


def _same(one: Value, other: Value) -> bool:
    # True == 1 in Python, but `true` and `1` are different payloads.
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def kept_as(at: DeviceId) -> str:
    """A device's name in what is kept."""
    return f"{at.kind}/{at.id}"


def kept(known: Mapping[DeviceId, Mapping[str, Value]]) -> dict[str, Any]:
    """Everything known, as JSON that `recalled` reads: device -> entity key -> value."""
    return {kept_as(at): {key: _written(value) for key, value in values.items()} for at, values in known.items()}


def recalled(kept_values: Mapping[str, Mapping[str, Any]]) -> dict[DeviceId, dict[str, Value]]:
    """What `kept` wrote; kinds and rows that are not in the catalogue, of a newer or older version, are left out."""
    found: dict[DeviceId, dict[str, Value]] = {}
    for name, values in kept_values.items():
        kind, _, id_ = name.partition("/")
        if kind in set(Kind):
            entities = CATALOGUE[Kind(kind)].entities
            found[DeviceId(Kind(kind), id_)] = {key: _read(value) for key, value in values.items() if key in entities}
    return found


def _written(value: Value) -> Any:
    return {_MOMENT: value.isoformat()} if isinstance(value, datetime) else value


def _read(value: Any) -> Value:
    is_moment = isinstance(value, dict) and value.keys() == {_MOMENT}
    return datetime.fromisoformat(value[_MOMENT]) if is_moment else value


_MOMENT = "$moment"
