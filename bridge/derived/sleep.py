"""Does a car sleep, what keeps it from it, and is it the bridge? What does parking cost its battery?

A car that nothing keeps awake falls asleep after about a quarter of an hour, and on many cars a data call begins that
quarter anew (performance.md 6, two worlds). So all the time that a car is awake can be told apart: a reason that the
car shows; the first quarter without one; what our own calls add to it; and the rest, which is somebody else's doing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, NamedTuple

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

ASLEEP, UNCOUNTED = "asleep", ""


class Shown(NamedTuple):
    """How time of a kind is shown: as so many `step` seconds, of which a unit has so many, rounded down."""

    key: str
    step: float
    steps: int

    def value(self, seconds: float) -> float:
        return int(seconds // self.step) / self.steps

    def seconds(self, value: Value) -> float:
        return round(value * self.steps) * self.step if isinstance(value, int | float) else 0.0


COUNTED: Mapping[str, Shown] = {
    ASLEEP: Shown("asleep_today", 36, 100),
    Cause.BRIDGE: Shown("awake_for_bridge_today", 6, 10),
    Cause.OTHER: Shown("awake_for_others_today", 36, 100),
}
"""State of a car -> the value that shows the time of the day that it was in it."""


def watch(values: Mapping[str, Value], memory: Memory, now: datetime) -> tuple[dict[str, Value], Memory]:
    """What the day's time was spent with; to be looked at each minute.

    The memory holds in which `state` it is `since` when, and what was `spent` until then. It changes when the state
    does, and so is written seldom. What is shown goes on each minute and is saved each minute, though not flushed:
    so it tells after a restart until when the state was seen, and after a power cut until a little before.
    """
    memory = _as_of_now(values, memory if "state" in memory else _nothing(now), now)
    cause, free_since = _cause(values, memory, now)
    state = _counted_as(values, cause)
    free = free_since.isoformat() if free_since else None
    if (state, free) != (memory["state"], memory["free_since"]):
        memory = {**_counted(memory, now), "state": state, "since": now.isoformat(), "free_since": free}
        memory["ours"] = memory["ours"] if free else 0.0
    return _told(cause, _counted(memory, now)), memory


def _counted_as(values: Mapping[str, Value], cause: Cause) -> str:
    state = ASLEEP if values.get("connectivity") == Connectivity.ASLEEP else cause.value
    return state if state in COUNTED else UNCOUNTED


def _nothing(now: datetime) -> dict[str, Any]:
    at = {"day": now.date().isoformat(), "state": UNCOUNTED, "since": now.isoformat(), "free_since": None}
    return {**at, "spent": {}, "ours": 0.0}


def _counted(memory: Memory, until: datetime) -> dict[str, Any]:
    """With the time that it is in its state until then."""
    state, spent = memory["state"], memory["spent"]
    if state == UNCOUNTED:
        return dict(memory)
    passed = (until - datetime.fromisoformat(memory["since"])).total_seconds()
    ours = memory["ours"] + (passed if state == Cause.BRIDGE else 0.0)
    return {**memory, "spent": {**spent, state: spent.get(state, 0.0) + passed}, "ours": ours}


def _as_of_now(values: Mapping[str, Value], memory: Memory, now: datetime) -> Memory:
    """Begins anew where nobody looked for long, where the clock was set back, and at midnight."""
    seen = _seen_until(values, memory, now)
    if not seen <= now <= seen + GAP:
        memory = {**_counted(memory, seen), "since": now.isoformat()}
    today = now.astimezone(_zone(values))
    if memory["day"] == today.date().isoformat():
        return memory
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = min(max(midnight, datetime.fromisoformat(memory["since"])), now)
    return {**_counted(memory, begin), "spent": {}, "since": begin.isoformat(), "day": today.date().isoformat()}


def _seen_until(values: Mapping[str, Value], memory: Memory, now: datetime) -> datetime:
    """When it was last seen in its state, to less than a minute; now, where it makes no difference."""
    state = memory["state"]
    if state == UNCOUNTED:
        return now
    shown = COUNTED[state].seconds(values.get(COUNTED[state].key))
    passed = max(shown - memory["spent"].get(state, 0.0), 0.0)
    return datetime.fromisoformat(memory["since"]) + timedelta(seconds=passed)


def _zone(values: Mapping[str, Value]) -> timezone:
    """The car's, of which it tells the offset in seconds."""
    offset = values.get("utc_offset")
    if isinstance(offset, int | float) and abs(offset) < 86_400:
        return timezone(timedelta(seconds=offset))
    return UTC


def _cause(values: Mapping[str, Value], memory: Memory, now: datetime) -> tuple[Cause, datetime | None]:
    """And since when the car has shown no reason, where it is awake for none."""
    busy = _busy_with(values)
    if busy is not None:
        return busy, None
    free_since = _moment(memory["free_since"]) or now
    return _idle(memory["state"], free_since, values.get("last_paid_call"), now), free_since


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


def _idle(last: str, free_since: datetime, last_call: Value, now: datetime) -> Cause:
    """Once it has stayed awake through a whole window of our silence, the rest is not ours, whatever we ask then."""
    if now < free_since + WINDOW:
        return Cause.SETTLING
    if last != Cause.OTHER and isinstance(last_call, datetime) and now < last_call + WINDOW:
        return Cause.BRIDGE
    return Cause.OTHER


def _told(cause: Cause, counted: Mapping[str, Any]) -> dict[str, Value]:
    spent = {shown.key: shown.value(counted["spent"].get(state, 0.0)) for state, shown in COUNTED.items()}
    return {"awake_because": cause.value, **spent, "kept_awake_by_bridge": counted["ours"] > WINDOW.total_seconds()}


# --- what parking costs -----------------------------------------------------------------------------------


def drain(values: Mapping[str, Value], memory: Memory, now: datetime) -> tuple[dict[str, Value], Memory]:
    """Percent a day that the battery has lost since the car was parked; known once it has stood for hours.

    Until then it stays that of the last time. The memory is when it was parked and with how much; a drive or a charge
    that nobody saw shows in the odometer or the level.
    """
    level, seen, odometer = values.get("battery_level"), values.get("last_seen"), values.get("odometer")
    if not isinstance(level, int | float) or not isinstance(seen, datetime) or seen > now:
        return {}, memory
    if _busy_with(values) in {Cause.DRIVING, Cause.CHARGING}:
        return {}, {}  # the first look after it is the beginning
    begun = _moment(memory.get("at"))
    if begun is None or memory["odometer"] != odometer or level > memory["level"]:
        return {}, {"at": seen.isoformat(), "level": level, "odometer": odometer}
    if seen - begun < LONG_ENOUGH:
        return {}, memory
    lost = (memory["level"] - level) / ((seen - begun) / timedelta(days=1))
    return {"phantom_drain": round(lost, 2)}, memory


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


# --- rows -------------------------------------------------------------------------------------------------


def _watched(scene: Scene) -> Derived:
    return Derived(*watch(scene.values, scene.memory, scene.now))


def _drained(scene: Scene) -> Derived:
    return Derived(*drain(scene.values, scene.memory, scene.now))


SLEEP = (
    # Without inputs: its values are saved with the others right after each minute's look, and `watch` relies on it.
    derivation("sleep", Kind.VEHICLE, "", _watched, passes=True),
    derivation("drain", Kind.VEHICLE, "battery_level last_seen odometer charging shift_state", _drained),
)
