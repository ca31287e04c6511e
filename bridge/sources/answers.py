"""The calls that polling makes, and what it needs to know of their answers. Pure; values are read by the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from bridge.catalog import convert
from bridge.fleet.calls import Call
from bridge.model import Connectivity


class Api(Protocol):
    """The calls that polling makes; `send` makes any other."""

    async def products(self) -> list[Any]: ...
    async def vehicles(self) -> list[Any]: ...
    async def vehicle_data(self, vin: str, groups: Collection[str]) -> Mapping[str, Any]: ...
    async def live_status(self, site: str) -> Mapping[str, Any]: ...
    async def site_info(self, site: str) -> Mapping[str, Any]: ...
    async def energy_history(
        self, site: str, *, start: datetime, end: datetime, period: str, zone: str, kind: str = "energy"
    ) -> Mapping[str, Any] | None: ...
    async def send(self, call: Call) -> Any: ...
    async def backup_time_remaining(self, site: str) -> Mapping[str, Any]: ...
    async def charge_history(self, site: str, *, start: datetime, end: datetime, zone: str) -> Any: ...


DATA_GROUPS = ("charge_state", "climate_state", "drive_state", "gui_settings", "vehicle_config", "vehicle_state")
"""Asked for always (fleet-api.md 2.2)."""


def groups(*, has_place: bool) -> tuple[str, ...]:
    """What to ask a car for: `location_data` too when the token may tell where it is."""
    return (*DATA_GROUPS, "location_data") if has_place else DATA_GROUPS


def connectivity(entry: Mapping[str, Any]) -> Connectivity | None:
    """The `state` of a list entry; None for null and for words that are not known."""
    return next((word for word in Connectivity if word == entry.get("state")), None)


def newest(body: Mapping[str, Any]) -> datetime | None:
    """When the car last spoke: the newest `timestamp` (ms) of its groups."""
    stamps = [group.get("timestamp") for group in body.values() if isinstance(group, Mapping)]
    moments = [_or_none(convert.millis_epoch, stamp) for stamp in stamps if stamp]
    return max((moment for moment in moments if moment), default=None)


def seen(moment: datetime) -> Mapping[str, Any]:
    """What the bridge adds to an answer: when the device last spoke, and how we know."""
    return {"last_seen": moment, "data_source": "poll"}


def wall_connectors(answer: Any) -> list[Mapping[str, Any]]:
    """The `wall_connectors` of an answer: a list, or null, or something else altogether (fleet-api.md 4.2)."""
    entries = answer.get("wall_connectors") if isinstance(answer, Mapping) else None
    known = entries if isinstance(entries, list) else []
    return [entry for entry in known if isinstance(entry, Mapping) and is_id(entry.get("din"))]


def is_id(raw: Any) -> bool:
    """Can it be a VIN, a site id or a DIN, and so a level of a topic? (reliability.md D10)."""
    return isinstance(raw, str) and bool(_ID.fullmatch(raw))


_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def moment(raw: Any) -> datetime | None:
    """ISO 8601 with an offset; None for anything else."""
    return _or_none(convert.iso, raw)


def _or_none(read: Callable[[Any], datetime], raw: Any) -> datetime | None:
    try:
        return read(raw)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
