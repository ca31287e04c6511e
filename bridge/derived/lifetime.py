"""Energy counters that never start again, of the site's own days (entities.md P22 to P27)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from bridge.catalog import convert
from bridge.derived.frame import Derived, Memory, Scene, derivation
from bridge.model import Kind, Value

OPEN_DAYS = 2
"""Past days that may still grow: a gateway that was out of reach tells its energy later."""

_SOURCES = ("solar", "generator", "battery", "grid")

COUNTERS: Mapping[str, tuple[str, ...]] = {
    "solar_generated_lifetime": ("solar_energy_exported",),
    "battery_charged_lifetime": tuple(
        f"battery_energy_imported_from_{word}" for word in ("grid", "solar", "generator")
    ),
    "battery_discharged_lifetime": ("battery_energy_exported",),
    "grid_imported_lifetime": ("grid_energy_imported",),
    "grid_exported_lifetime": tuple(f"grid_energy_exported_from_{word}" for word in _SOURCES[:3]),
    "home_usage_lifetime": tuple(f"consumer_energy_imported_from_{word}" for word in _SOURCES),
}
"""Counter -> the fields of the history that make it up. Tesla's totals are the same sums, but older sites have none."""

Counts = dict[str, float]
"""Counter -> Wh."""


def _derive(scene: Scene) -> Derived:
    memory = scene.memory
    if "past_days" in scene.changed:
        memory = _after_past(memory, scene.values.get("past_days"))
    if not memory:
        return Derived()  # nothing is told before it is known what to begin with: else the first sum would be a jump
    memory = _with_today(memory, scene.values)
    values = {name: _total(memory, name) for name in COUNTERS}
    known: dict[str, Value] = {name: total for name, total in values.items() if total is not None}
    known |= {"lifetime_since": memory["since"], "lifetime_settled_until": memory["until"]}
    return Derived(known, memory)


def _total(memory: Memory, name: str) -> float | None:
    parts = [counts[name] for counts in (memory["base"], *memory["days"].values()) if name in counts]
    return sum(parts) if parts else None


def _with_today(memory: Memory, values: Mapping[str, Value]) -> Memory:
    start = values.get("history_period_start")
    if not isinstance(start, datetime):
        return memory
    return _counted(memory, start.date().isoformat(), values)


def _counted(memory: Memory, day: str, fields: Mapping[str, Any]) -> Memory:
    """A day's counts only grow; a day that is settled stays as it was counted."""
    if day < memory["until"]:
        return memory
    before: Counts = memory["days"].get(day, {})
    now = {name: max(wh, before.get(name, 0)) for name, wh in _counts(fields).items()}
    return {**memory, "days": {**memory["days"], day: {**before, **now}}}


def _counts(fields: Mapping[str, Any]) -> Counts:
    sums = {name: [_wh(fields.get(field)) for field in parts] for name, parts in COUNTERS.items()}
    return {
        name: sum(wh for wh in parts if wh is not None)
        for name, parts in sums.items()
        if any(wh is not None for wh in parts)
    }


def _wh(raw: Any) -> int | None:
    try:
        return max(convert.whole(raw), 0)
    except ValueError:
        return None


# --- the days that are over ---------------------------------------------------------------------------------


def _after_past(memory: Memory, past: Value) -> Memory:
    if not isinstance(past, Mapping):
        return memory
    today = date.fromisoformat(past["today"])
    if not memory:
        return _beginning(past, today)
    days: Mapping[str, Any] = past["days"]
    for day in sorted(days):
        memory = _counted(memory, day, days[day] or {})
    return _settled(memory, days, today - timedelta(days=OPEN_DAYS))


def _beginning(past: Mapping[str, Any], today: date) -> Memory:
    """What is over is counted as Tesla sums it up; without that, the counters begin with today."""
    if "before" not in past:
        return {}
    base = _counts(past["before"] or {})
    since = past["since"] if base else today.isoformat()
    return {"since": since, "until": today.isoformat(), "base": base, "days": {}}


def _settled(memory: Memory, told: Iterable[str], before: date) -> Memory:
    """Days that were asked for when they could not grow any more go into the base, in their order."""
    until, base, days = date.fromisoformat(memory["until"]), dict(memory["base"]), dict(memory["days"])
    while until < before and until.isoformat() in told:
        for name, wh in days.pop(until.isoformat(), {}).items():
            base[name] = base.get(name, 0) + wh
        until += timedelta(days=1)
    return {**memory, "until": until.isoformat(), "base": base, "days": days}


_FIELDS = " ".join(sorted({field for fields in COUNTERS.values() for field in fields}))

LIFETIME = (derivation("lifetime", Kind.ENERGY_SITE, f"{_FIELDS} history_period_start past_days", _derive),)
