"""How old a device's data is, and whether that is a problem. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from bridge.catalog import CATALOGUE
from bridge.model import Kind, Value

MINUTES_TO_STALE: Mapping[Kind, float] = {Kind.VEHICLE: 60, Kind.ENERGY_SITE: 10, Kind.WALL_CONNECTOR: 10}
"""A reachable device whose data is older than this is stale. A parked car is read every 22 minutes."""

MINUTES_OF_GROUP: Mapping[tuple[Kind, str], float] = {
    (Kind.ENERGY_SITE, "settings"): 60,
    (Kind.ENERGY_SITE, "info"): 60,
    (Kind.ENERGY_SITE, "history"): 30,
    (Kind.WALL_CONNECTOR, "info"): 60,
}
"""Groups that are read more rarely than the device's powers."""

NOT_READ = {"vehicle", "bridge", "derived", "stream"}
"""Heads of sources that a group is not read from: the list, ourselves."""


class Learned(Protocol):
    """A value, when it was learned (monotonic seconds), and whence (state.Known)."""

    @property
    def value(self) -> Value: ...
    @property
    def at(self) -> float: ...
    @property
    def source(self) -> str: ...


def freshness(kind: Kind, values: Mapping[str, Value], now: datetime) -> dict[str, Any]:
    """The `bridge` answer with data_age (minutes) and data_stale; empty while nothing was ever seen.

    A sleeping car's values stay true however old they are: only a car that is online can be stale.
    """
    seen = values.get("last_seen")
    if kind not in MINUTES_TO_STALE or not isinstance(seen, datetime):
        return {}
    age = max(0, int((now - seen).total_seconds() // 60))
    return {"data_age": age, "data_stale": not _sleeps(kind, values) and age > MINUTES_TO_STALE[kind]}


def by_group(kind: Kind, learned: Mapping[str, Learned], elapsed: float, now: datetime) -> dict[str, Any]:
    """The `bridge` answer with `freshness`: group -> last_seen, age (minutes), stale, source.

    `elapsed` and `now` are the two times of one clock. What a restart brought back has no time. What a command has
    set is one value, and says nothing of its group.
    """
    groups: dict[str, Learned] = {}
    for key, known in learned.items():
        row = CATALOGUE[kind].entities[key]
        if row.source.split(".")[0] in NOT_READ or known.source == "command":
            continue
        if row.group not in groups or known.at > groups[row.group].at:
            groups[row.group] = known
    sleeps = _sleeps(kind, {key: known.value for key, known in learned.items()})
    limits = {group: MINUTES_OF_GROUP.get((kind, group), MINUTES_TO_STALE[kind]) for group in groups}
    told = {group: _told(known, elapsed - known.at, now) for group, known in groups.items()}
    return {
        "freshness": {
            group: {**facts, "stale": not sleeps and (facts["age"] is None or facts["age"] > limits[group])}
            for group, facts in told.items()
        }
    }


def _told(known: Learned, seconds: float, now: datetime) -> dict[str, Any]:
    if math.isinf(seconds):
        return {"last_seen": None, "age": None, "source": known.source}
    seen = (now - timedelta(seconds=seconds)).replace(microsecond=0)
    return {"last_seen": seen.isoformat(), "age": int(seconds // 60), "source": known.source}


def _sleeps(kind: Kind, values: Mapping[str, Value]) -> bool:
    return kind is Kind.VEHICLE and values.get("connectivity") != "online"
