"""Moments to come: when the battery is full, when the car arrives, when charging begins next. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from bridge.derived.frame import Derived, Scene, at_once, derivation
from bridge.model import Kind, Value

# --- now and so many minutes --------------------------------------------------------------------------------

TRAFFIC = timedelta(minutes=2)
STEPS = timedelta(minutes=5)
"""A moment that is off by no more stays: answers take a while, and a car counts the rest of a charge in fives."""

FARTHEST = 60 * 24 * 7
"""Minutes ahead that a car may tell of."""


def _ahead(key: str, minutes: Callable[[Scene], float | None], jitter: timedelta) -> Callable[[Scene], Derived]:
    """Gives `key`: now and so many minutes; None for no minutes."""

    def derive(scene: Scene) -> Derived:
        ahead, before = minutes(scene), scene.moment(key)
        if ahead is None or not 0 <= ahead <= FARTHEST:
            return Derived({key: None})
        at = (scene.now + timedelta(minutes=ahead)).replace(microsecond=0)
        return Derived({} if before and abs(at - before) <= jitter else {key: at})

    return derive


def _to_full(scene: Scene) -> float | None:
    """A car that has just begun to charge says 0: it does not know yet."""
    return (scene.number("minutes_to_full_charge") or None) if scene.values.get("battery_charging") else None


def _to_arrival(scene: Scene) -> float | None:
    return scene.number("route_minutes")


# --- the next charge ----------------------------------------------------------------------------------------


def _next_charge(scene: Scene) -> Iterator[Value]:
    """The next of all starts, wherever they apply: the places are not among the values."""
    told = scene.values.get("charge_schedules") or ()
    schedules = [each for each in told if each.get("enabled") and each.get("start_enabled")]
    offset, planned = scene.number("utc_offset"), scene.moment("scheduled_charging_start")
    if schedules and (offset is None or abs(offset) >= 86_400):
        yield None
        return
    local = scene.now.astimezone(timezone(timedelta(seconds=offset or 0)))
    starts = [start for each in schedules for start in _starts(each, local)]
    starts += [planned] if planned else []
    coming = [start.astimezone(UTC) for start in starts if start > scene.now]
    yield min(coming, default=None)


def _starts(schedule: Mapping[str, Any], local: datetime) -> Iterator[datetime]:
    """Of a week and a day. A one-time schedule without days starts at the next such time of day."""
    minutes, days = schedule.get("start_time"), schedule.get("days_of_week") or 0
    if schedule.get("one_time") and not days:
        days = EVERY_DAY
    if not (isinstance(minutes, int) and isinstance(days, int) and 0 <= minutes < 24 * 60):
        return
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (midnight + timedelta(days=ahead) for ahead in range(8)):
        if days & 1 << day.isoweekday() % 7:  # Sunday is bit 0 (fleet-api.md 3.4)
            yield day + timedelta(minutes=minutes)


EVERY_DAY = 127

MOMENTS = (
    # With `last_seen`: the same minutes, told later, are a later moment.
    derivation(
        "full charge",
        Kind.VEHICLE,
        "minutes_to_full_charge battery_charging last_seen",
        _ahead("full_charge_at", _to_full, STEPS),
    ),
    derivation("arrival", Kind.VEHICLE, "route_minutes last_seen", _ahead("route_arrival", _to_arrival, TRAFFIC)),
    derivation(
        "next charge",
        Kind.VEHICLE,
        "charge_schedules scheduled_charging_start utc_offset",
        at_once("next_charge_start", _next_charge),
        passes=True,
    ),
)
