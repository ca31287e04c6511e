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
    """Wh of each counter over the day's buckets, and `period_start`; None while the day has no bucket.

    A bucket leaves out the totals (`total_...`) that are zero in it, as recorded answers show; the catalogue's rows
    know that.
    """
    series = history.get("time_series") if isinstance(history, Mapping) else None
    buckets = [bucket for bucket in series if _is_within(bucket, day)] if isinstance(series, list) else []
    if not buckets:
        return None
    sums: dict[str, Any] = {}
    for bucket in buckets:
        for key, value in bucket.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                sums[key] = sums.get(key, 0) + value
    return {**sums, "period_start": day.start.isoformat()}


def _is_within(bucket: Any, day: Day) -> bool:
    try:
        moment = datetime.fromisoformat(bucket["timestamp"])
    except (TypeError, ValueError, KeyError):
        return False
    return moment.tzinfo is not None and day.start <= moment <= day.end
