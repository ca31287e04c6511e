"""How old a device's data is, and whether that is a problem. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.model import Kind, Value

MINUTES_TO_STALE: Mapping[Kind, float] = {Kind.VEHICLE: 60, Kind.ENERGY_SITE: 10, Kind.WALL_CONNECTOR: 10}
"""A reachable device whose data is older than this is stale. A parked car is read every 22 minutes."""


def freshness(kind: Kind, values: Mapping[str, Value], now: datetime) -> dict[str, Any]:
    """The `bridge` answer with data_age (minutes) and data_stale; empty while nothing was ever seen.

    A sleeping car's values stay true however old they are: only a car that is online can be stale.
    """
    seen = values.get("last_seen")
    if kind not in MINUTES_TO_STALE or not isinstance(seen, datetime):
        return {}
    age = max(0, int((now - seen).total_seconds() // 60))
    sleeps = kind is Kind.VEHICLE and values.get("connectivity") != "online"
    return {"data_age": age, "data_stale": not sleeps and age > MINUTES_TO_STALE[kind]}
