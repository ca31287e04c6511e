"""Does a car sleep, what keeps it from it, and is it the bridge? What does parking cost its battery?

A car that nothing keeps awake falls asleep after about a quarter of an hour, and on many cars a data call begins that
quarter anew (performance.md 6, two worlds). So all the time that a car is awake can be told apart: a reason that the
car shows; the first quarter without one; what our own calls add to it; and the rest, which is somebody else's doing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bridge.derived.frame import Derived, Memory, Scene, derivation
from bridge.model import Connectivity, Kind, Value

WINDOW = timedelta(minutes=16)
"""In which a car falls asleep that nothing keeps awake."""

GAP = timedelta(minutes=10)
"""Of a longer time without a look, such as while the bridge is off, nothing is known."""

LONG_ENOUGH = timedelta(hours=6)
"""Parked for so long, a loss of whole percents begins to say something."""


class Cause(StrEnum):
    """Why a car is awake."""

    NOTHING = "nothing"
    """It is not."""
    DRIVING = "driving"
    USER = "user_present"
    CHARGING = "charging"
    UPDATE = "update"
    CLIMATE = "climate"
    SENTRY = "sentry"
    SETTLING = "settling"
    """Nothing keeps it awake: it is about to fall asleep."""
    BRIDGE = "bridge"
    """It might sleep by now, but for our last paid call."""
    OTHER = "other_app"
    """It was left alone for long enough, and is awake: another app asks it, or it has reasons of its own."""


# --- sleep ------------------------------------------------------------------------------------------------


def watch(values: Mapping[str, Value], memory: Memory, now: datetime) -> tuple[dict[str, Value], dict[str, Any]]:
    """What the time since the last look was spent with; today is the day of `now`."""
    last = Cause(memory.get("cause", Cause.NOTHING))
    free_since = _moment(memory.get("free_since"))
    spent = _spent(memory, last, now)
    ours = memory.get("ours", 0.0) + (_elapsed(memory, now) if last is Cause.BRIDGE else 0.0)
    busy = _busy_with(values)
    if busy is not None:
        free_since, ours, cause = None, 0.0, busy
    else:
        free_since = free_since or now
        cause = _idle(last, free_since, values.get("last_paid_call"), now)
    kept = {
        "at": now.isoformat(),
        "day": now.date().isoformat(),
        "cause": cause.value,
        "asleep": _sleeps(values),
        "free_since": free_since.isoformat() if free_since else None,
        "ours": ours,
        "spent": spent,
    }
    return _told(cause, spent, ours), kept


def _busy_with(values: Mapping[str, Value]) -> Cause | None:
    """What the car itself shows as its reason; None: none, and it is awake."""
    if values.get("connectivity") != Connectivity.ONLINE:
        return Cause.NOTHING
    if values.get("shift_state") in {"d", "r", "n"}:
        return Cause.DRIVING
    reasons = {
        Cause.USER: values.get("user_present"),
        Cause.CHARGING: values.get("charging"),
        Cause.UPDATE: values.get("update_status") == "installing",
        Cause.CLIMATE: values.get("climate_on") or values.get("cabin_overheat_active"),
        Cause.SENTRY: values.get("sentry_mode"),
    }
    return next((cause for cause, is_so in reasons.items() if is_so), None)


def _idle(last: Cause, free_since: datetime, last_call: Value, now: datetime) -> Cause:
    """Once it has stayed awake through a whole window of our silence, the rest is not ours, whatever we ask then."""
    if now < free_since + WINDOW:
        return Cause.SETTLING
    if last is not Cause.OTHER and isinstance(last_call, datetime) and now < last_call + WINDOW:
        return Cause.BRIDGE
    return Cause.OTHER


def _spent(memory: Memory, last: Cause, now: datetime) -> dict[str, float]:
    """Seconds today by cause, and asleep."""
    today = memory.get("day") == now.date().isoformat()
    spent: dict[str, float] = dict(memory.get("spent", {})) if today else {}
    name = "asleep" if memory.get("asleep") else last.value
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    spent[name] = spent.get(name, 0.0) + min(_elapsed(memory, now), (now - midnight).total_seconds())
    return spent


def _elapsed(memory: Memory, now: datetime) -> float:
    """Seconds since the last look; 0 where nobody looked for long, or the clock was set back."""
    at = _moment(memory.get("at"))
    return (now - at).total_seconds() if at and timedelta() <= now - at <= GAP else 0.0


def _sleeps(values: Mapping[str, Value]) -> bool:
    return values.get("connectivity") == Connectivity.ASLEEP


def _told(cause: Cause, spent: Mapping[str, float], ours: float) -> dict[str, Value]:
    return {
        "awake_because": cause.value,
        "asleep_today": round(spent.get("asleep", 0.0) / 3600, 2),
        "awake_for_bridge_today": round(spent.get(Cause.BRIDGE, 0.0) / 60, 1),
        "awake_for_others_today": round(spent.get(Cause.OTHER, 0.0) / 3600, 2),
        "kept_awake_by_bridge": ours > WINDOW.total_seconds(),
    }


# --- what parking costs -----------------------------------------------------------------------------------


def drain(values: Mapping[str, Value], memory: Memory, now: datetime) -> tuple[dict[str, Value], dict[str, Any]]:
    """Percent a day that the battery has lost since the car was parked; known once it has stood for hours.

    Until then it is that of the last time.
    """
    kept = _parked(values, memory, now)
    return {"phantom_drain": kept.get("drain")}, kept


def _parked(values: Mapping[str, Value], memory: Memory, now: datetime) -> dict[str, Any]:
    """When it was parked and with how much; a drive or a charge that nobody saw shows in the odometer or the level."""
    level, seen, odometer = values.get("battery_level"), values.get("last_seen"), values.get("odometer")
    if not isinstance(level, int | float) or not isinstance(seen, datetime) or seen > now:
        return dict(memory)
    begun = _moment(memory.get("at"))
    is_busy = _busy_with(values) in {Cause.DRIVING, Cause.CHARGING}
    if is_busy or begun is None or memory["odometer"] != odometer or level > memory["level"]:
        return {"at": seen.isoformat(), "level": level, "odometer": odometer, "drain": memory.get("drain")}
    if seen - begun < LONG_ENOUGH:
        return dict(memory)
    lost = (memory["level"] - level) / ((seen - begun) / timedelta(days=1))
    return {**memory, "drain": round(lost, 2)}


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


# --- rows -------------------------------------------------------------------------------------------------


def _watched(scene: Scene) -> Derived:
    return Derived(*watch(scene.values, scene.memory, scene.now))


def _drained(scene: Scene) -> Derived:
    return Derived(*drain(scene.values, scene.memory, scene.now))


SLEEP = (
    derivation(
        "sleep",
        Kind.VEHICLE,
        "connectivity shift_state user_present charging update_status climate_on cabin_overheat_active sentry_mode "
        "last_paid_call",
        _watched,
        passes=True,
    ),
    derivation("drain", Kind.VEHICLE, "battery_level last_seen odometer charging shift_state", _drained),
)
