"""A car's life for derived values: the real Store and Deriver, joined as the bridge joins them, and no disk."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fakes import FakeClock

from bridge.derived import derivations
from bridge.derived.deriver import Deriver
from bridge.derived.frame import Derivation
from bridge.derived.zones import Zones
from bridge.model import Change, DeviceId, Happening, Kind, Update, Value
from bridge.state import Store, kept, recalled

CAR = DeviceId(Kind.VEHICLE, "5YJ3E1EA7KF000001")
SITE = DeviceId(Kind.ENERGY_SITE, "1")


class Shelf:
    """Memories on no disk; counts how often one is written."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.writes = 0

    def memories(self) -> Mapping[str, Mapping[str, Any]]:
        return self.kept

    def remember(self, device: str, name: str, memory: Mapping[str, Any]) -> None:
        self.writes += 1
        self.kept.setdefault(device, {})[name] = dict(memory)


class Life:
    """`see` what a source saw, `beat` once a minute, `restart`; `told` is every value that was given out since."""

    def __init__(self, rows: Iterable[Derivation] | None = None, zones: Zones | None = None) -> None:
        self.clock = FakeClock()
        self.shelf = Shelf()
        self.told: list[tuple[str, Value]] = []
        self.happened: list[Happening] = []
        self._rows = tuple(derivations(zones or {}) if rows is None else rows)
        self._saved: dict[str, Any] = {}
        self._begin()

    def _begin(self) -> None:
        self.store = Store()
        for at, values in recalled(self._saved).items():
            self.store.apply(Update(at, values, -math.inf, "restart"))
        self.deriver = Deriver(self._rows, self.shelf, self.store.all, self.clock.now)

    def see(self, device: DeviceId = CAR, **values: Value) -> None:
        self._learn(Update(device, values, self.clock.monotonic(), "poll"))

    def read(self, after: float = 60.0, **values: Value) -> None:
        """The car answers, so many seconds later, with all that it says."""
        self.clock.advance(after)
        self.see(last_seen=self.clock.now(), **values)

    def _learn(self, update: Update) -> None:
        _, happenings = self.deriver.learn(update, self._apply, self.clock.monotonic())
        self.happened += happenings

    def _apply(self, update: Update) -> Change | None:
        change = self.store.apply(update)
        if change and update.source == "derived":
            self.told += change.values.items()
        return change

    def beat(self) -> None:
        self._pass()
        self.keep()

    def _pass(self) -> None:
        for at, values, happenings in self.deriver.passed():
            self._learn(Update(at, values, self.clock.monotonic(), "derived"))
            self.happened += happenings

    def keep(self) -> None:
        """The values are saved, as each minute."""
        self._saved = kept(self.store.all)

    def restart(self) -> None:
        """Killed: memories are as they were, values as they were last saved. The first heartbeat comes at once."""
        self._begin()
        self._pass()

    def __getitem__(self, key: str) -> Value:
        return self.store.values(CAR).get(key)

    def all_told(self, key: str) -> list[Value]:
        return [value for name, value in self.told if name == key]

    @property
    def events(self) -> list[str]:
        return [happening.type for happening in self.happened]

    def wall(self, now: datetime) -> None:
        self.clock.set_wall(now)
