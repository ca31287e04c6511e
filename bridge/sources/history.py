"""The energy history of a site's own day, summed (fleet-api.md 4.5). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Day(NamedTuple):
    """A calendar day where the site stands: 23, 24 or 25 hours."""

    start: datetime
    end: datetime
    zone: str


def today(now: datetime, zone: str | None) -> Day | None:
    """The site's day; None while its time zone is not known."""
    local = _zone(zone)
    return None if local is None else _day(now.astimezone(local))


def days(first: date, last: date, zone: str | None) -> list[Day]:
    """The site's days from `first` to `last`, both included; none while its time zone is not known."""
    local = _zone(zone)
    if local is None:
        return []
    noons = (datetime.combine(first, _NOON, local) + timedelta(days=n) for n in range((last - first).days + 1))
    return [_day(noon) for noon in noons]


_NOON = time(12)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name or "")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: `Europe` is a directory of the zone files
        return None


def _day(local: datetime) -> Day:
    # The first of two midnights, where the clock goes back across it (Havana).
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    # Wall-clock arithmetic: one day later is midnight again, whatever the night's clock change did. The last second
    # before it is counted in UTC, because the clock's 23:59:59 may come twice (Cairo).
    midnight = (start + timedelta(days=1)).astimezone(UTC)
    return Day(start, (midnight - timedelta(seconds=1)).astimezone(local.tzinfo), str(local.tzinfo))


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
            if _is_energy(value):
                sums[key] = sums.get(key, 0) + value
    return {**sums, "period_start": day.start.isoformat()}


def _is_energy(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < _ABSURD  # false for NaN too


_ABSURD = 1e12
"""Wh in a few minutes: what a large power station makes in a month."""


def _is_within(bucket: Any, day: Day) -> bool:
    try:
        moment = datetime.fromisoformat(bucket["timestamp"])
    except (TypeError, ValueError, KeyError):
        return False
    return moment.tzinfo is not None and day.start <= moment <= day.end
