"""The start, end and period of a history request (fleet-api.md 4.5)."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.simulator.errors import BadParameter

# The first day of the period that holds a day; None: since the site was installed.
FIRST_DAYS: dict[str, Callable[[date], date] | None] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "year": lambda day: day.replace(month=1, day=1),
    "lifetime": None,
}


class Window(NamedTuple):
    """A span of time, `end` not included."""

    begin: datetime
    end: datetime

    @property
    def first_day(self) -> date:
        return self.begin.date()

    @property
    def last_day(self) -> date:
        return (self.end - timedelta(microseconds=1)).date()

    def holds(self, epoch: float) -> bool:
        return self.begin.timestamp() <= epoch < self.end.timestamp()


def read_window(start: str | None, end: str | None, period: str, *, now: datetime, installed: date) -> Window:
    """The window in the zone of `now`; without an end up to now, without a start the end's whole period."""
    if period not in FIRST_DAYS:
        raise BadParameter(f"period must be one of {', '.join(FIRST_DAYS)}, not {period!r}")
    zone = now.tzinfo
    last = min(_instant("end_date", end, zone), now) if end else now
    if start:
        return Window(_instant("start_date", start, zone), last)
    first_day = FIRST_DAYS[period]
    day = first_day(last.date()) if first_day else installed
    return Window(datetime.combine(day, time(), zone), last)


def check_zone(name: str | None) -> None:
    """BadParameter for a time_zone that is no IANA zone; the answer is in the site's own zone anyway."""
    try:
        ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadParameter(f"time_zone {name!r} is unknown") from error


def _instant(name: str, text: str, zone: tzinfo | None) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise BadParameter(f"{name} needs an offset, such as 2024-01-31T00:00:00-08:00, not {text!r}")
        return instant.astimezone(zone)
    except (ValueError, OverflowError) as error:
        raise BadParameter(f"{name} must be RFC 3339, not {text!r}") from error
