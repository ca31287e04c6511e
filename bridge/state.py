"""What is known of every device: the newest value of each entity, and whence. Pure."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, cast

from bridge.catalog import CATALOGUE, masked, places
from bridge.catalog.places import Location, Place, rounded
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
    """Keeps the newest value of each entity. Older updates are dropped, equal ones change nothing.

    Where a car is comes in here exact, and can be seen as far as `location` allows: everything that leaves the bridge
    is made of `values`. What is worked out of an exact place gets it from `exact`, which is kept nowhere else.
    """

    def __init__(self, location: Location = Location.EXACT) -> None:
        self._location = location
        self._behind = Store() if location in _KEPT_BEHIND else None
        self._origins: dict[DeviceId, dict[str, _Origin]] = {}
        self._values: dict[DeviceId, dict[str, Value]] = {}

    def apply(self, update: Update) -> Change | None:
        """Takes what is newer; gives what differs, or None."""
        seen = self._take(self._masked(update))
        hidden = self._behind.apply(_of_places(update)) if self._behind else None
        if hidden is None:
            return seen
        shown = seen.values if seen else {}
        return Change(update.device, shown, frozenset(hidden.values.keys() - shown.keys()))

    def recall(self, device: DeviceId, values: Mapping[str, Value]) -> None:
        """What was known last: older than anything that will be heard. Of a place it is what could be seen."""
        self._take(self._masked(Update(device, values, -math.inf, "restart")))

    def _masked(self, update: Update) -> Update:
        """As it may be seen."""
        told, hidden = places(update.device.kind), masked(update.device.kind, self._location)
        if self._location is Location.EXACT or told.keys().isdisjoint(update.values):
            return update
        seen = {key: value for key, value in update.values.items() if key not in hidden}
        coordinates = {key: rounded(seen[key]) for key in seen.keys() & told.keys() if told[key] is Place.COORDINATES}
        return replace(update, values=seen | coordinates)

    def _take(self, update: Update) -> Change | None:
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

    def exact(self, device: DeviceId) -> Mapping[str, Value]:
        """The same, with the exact place while it is known. Never for anything that leaves the bridge."""
        if self._behind is None:
            return self.values(device)
        layers = (self._behind.values(device), _unknown(device.kind), self.values(device))
        return ChainMap(*map(_dict, layers))

    def known(self, device: DeviceId, key: str) -> Known | None:
        origin = self._origins.get(device, {}).get(key)
        return Known(self._values[device][key], *origin) if origin else None

    @property
    def all(self) -> Mapping[DeviceId, Mapping[str, Value]]:
        """What is known of every device; it goes with the times."""
        return self._values

    def learned(self, device: DeviceId) -> Mapping[str, Known]:
        """Entity key -> its value, when it was learned, and whence."""
        origins = self._origins.get(device, {})
        return {key: Known(value, *origins[key]) for key, value in self.values(device).items()}

    def devices(self) -> Iterable[DeviceId]:
        return tuple(self._values)

    def forget(self, device: DeviceId) -> None:
        """A device that has left the account."""
        self._origins.pop(device, None)
        self._values.pop(device, None)
        if self._behind:
            self._behind.forget(device)


class Exact(Mapping[DeviceId, Mapping[str, Value]]):
    """Every device that was heard of: `Store.exact` of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, device: DeviceId) -> Mapping[str, Value]:
        if device not in self._store.all:
            raise KeyError(device)
        return self._store.exact(device)

    def __iter__(self) -> Iterator[DeviceId]:
        return iter(self._store.all)

    def __len__(self) -> int:
        return len(self._store.all)


_KEPT_BEHIND = frozenset({Location.ROUNDED, Location.ZONE})
"""With `off` the exact place is not even kept in memory."""


def _of_places(update: Update) -> Update:
    told = places(update.device.kind)
    return replace(update, values={key: value for key, value in update.values.items() if key in told})


def _dict(values: Mapping[str, Value]) -> dict[str, Value]:
    return cast("dict[str, Value]", values)  # ChainMap could also be written to


@cache
def _unknown(kind: Kind) -> dict[str, Value]:
    """A place that was rounded is not an exact one: after a restart none is known until it is told anew."""
    return dict.fromkeys(key for key, place in places(kind).items() if place is Place.COORDINATES)


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
