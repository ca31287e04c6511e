"""The site's backup history: when the grid was away (fleet-api.md 4.5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple


class _Outage(NamedTuple):
    start: datetime
    duration: float


LONG_FOR_ALL = 1000
"""Seconds. Of several outages at least one is shorter: most last seconds or minutes."""


def outages(history: Any, now: datetime) -> dict[str, Any] | None:
    """`events`, oldest first: start, end, duration in seconds; `count` of all. None where the answer has no list."""
    listed = history.get("events") if isinstance(history, Mapping) else None
    if not isinstance(listed, list):
        return None
    found = sorted(outage for outage in map(_outage, listed) if outage)
    factor = 0.001 if _are_milliseconds(found, now) else 1.0
    events = [_event(outage.start, outage.duration * factor) for outage in found]
    total = history.get("total_events")
    is_count = isinstance(total, int) and not isinstance(total, bool) and total >= len(events)
    return {"events": events, "count": total if is_count else len(events)}


def _outage(raw: Any) -> _Outage | None:
    try:
        start, duration = datetime.fromisoformat(raw["timestamp"]), float(raw["duration"])
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    is_sound = start.tzinfo is not None and 0 <= duration < _ABSURD
    return _Outage(start, duration) if is_sound else None


_ABSURD = 1e12


def _are_milliseconds(found: Iterable[_Outage], now: datetime) -> bool:
    """The official text says seconds, others saw milliseconds (fleet-api.md 4.5).

    They are no seconds if an outage would then last into the next one or into the future, or if of three none was
    shorter than a quarter of an hour.
    """
    known = list(found)
    starts = [*(outage.start for outage in known[1:]), now]
    overlaps = any(
        outage.duration > (then - outage.start).total_seconds() for outage, then in zip(known, starts, strict=False)
    )
    return overlaps or (len(known) > 2 and all(outage.duration >= LONG_FOR_ALL for outage in known))


def _event(start: datetime, seconds: float) -> dict[str, Any]:
    end = start + timedelta(seconds=seconds)
    return {"start": start.isoformat(), "end": end.isoformat(), "duration": round(seconds, 1)}
