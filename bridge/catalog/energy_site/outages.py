"""When the grid was away, as the site remembers it (fleet-api.md 4.5; entities.md P33, P34)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import group, sensor, timestamp, topic

_UNIT = "Whether Tesla tells seconds or milliseconds is not certain: what cannot be seconds is read as milliseconds."


def _hours(events: Any) -> float:
    return round(sum(convert.number(event["duration"]) for event in convert.objects()(events)) / 3600, 2)


def _last(field: str) -> Callable[[Any], datetime | None]:
    def read(events: Any) -> datetime | None:
        known = convert.objects()(events)
        return convert.iso(known[-1][field]) if known else None

    return read


OUTAGES = group(
    "outages",
    (
        sensor(
            "outage_count",
            "Grid outages",
            "backup_history.count",
            read=convert.whole,
            state_class="total",
            category="diagnostic",
            needs="has_battery",
            note="Since the site was installed, as Tesla counts them.",
        ),
        sensor(
            "outage_duration",
            "Grid outages duration",
            "backup_history.events",
            read=_hours,
            unit="h",
            device_class="duration",
            state_class="total",
            category="diagnostic",
            needs="has_battery",
            note=_UNIT,
        ),
        timestamp(
            "last_outage_start",
            "Last outage start",
            "backup_history.events",
            read=_last("start"),
            category="diagnostic",
            needs="has_battery",
        ),
        timestamp(
            "last_outage_end",
            "Last outage end",
            "backup_history.events",
            read=_last("end"),
            category="diagnostic",
            needs="has_battery",
            note=_UNIT,
        ),
        topic(
            "outages",
            "Outages",
            "backup_history.events",
            read=convert.objects(),
            note="List of {start, end, duration in seconds}, oldest first.",
        ),
    ),
)
