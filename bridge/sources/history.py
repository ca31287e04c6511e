"""The energy history of a site's own day, summed (fleet-api.md 4.5). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Day(NamedTuple):
    """A calendar day where the site stands: 23, 24 or 25 hours."""

    start: datetime
    end: datetime
    zone: str


def today(now: datetime, zone: str | None) -> Day | None:
    """The site's day; None while its time zone is not known."""
    try:
        local = ZoneInfo(zone or "")
    except (ZoneInfoNotFoundError, ValueError):
        return None
    start = now.astimezone(local).replace(hour=0, minute=0, second=0, microsecond=0)
    # Wall-clock arithmetic: one day later is midnight again, whatever the night's clock change did.
    return Day(start, start + timedelta(days=1) - timedelta(seconds=1), str(local))


def totals(history: Any, day: Day) -> dict[str, Any] | None:
    """Wh of each counter over the day's buckets, and `period_start`; None when the answer holds no day.

    A counter that is in no bucket is left out: Tesla leaves out totals that are zero, but also those that a site
    does not have.
    """
    series = history.get("time_series") if isinstance(history, Mapping) else None
    if not isinstance(series, list):
        return None
    sums: dict[str, Any] = {}
    for bucket in series:
        if isinstance(bucket, Mapping) and _is_within(bucket.get("timestamp"), day):
            for key, value in bucket.items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    sums[key] = sums.get(key, 0) + value
    return {**sums, "period_start": day.start.isoformat()}


def _is_within(timestamp: Any, day: Day) -> bool:
    try:
        moment = datetime.fromisoformat(timestamp)
    except (TypeError, ValueError):
        return False
    return moment.tzinfo is not None and day.start <= moment <= day.end
