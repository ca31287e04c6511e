"""Outages of the grid and storms, as they come and go (entities.md M23, M28)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bridge.derived.frame import Derived, Happened, Scene, derivation
from bridge.model import Kind, Value

_ON, _OFF = frozenset({"on_grid"}), frozenset({"off_grid", "off_grid_unintentional"})


def _grid_is_up(values: Mapping[str, Value]) -> bool | None:
    """None while nobody can tell. Leaving the grid on purpose is no outage, and ends none."""
    island = values.get("island_status")
    if island in _ON:
        return True
    if island in _OFF:
        return False
    up = values.get("grid_status")
    return up if isinstance(up, bool) and island is None else None


def _outage(scene: Scene) -> Derived:
    is_up, since = _grid_is_up(scene.values), scene.memory.get("since")
    if is_up is False and since is None:
        start = scene.now.isoformat()
        return Derived(memory={"since": start}, events=(Happened("grid_outage_started", {"start": start}),))
    if is_up is True and since is not None:
        seconds = round((scene.now - datetime.fromisoformat(since)).total_seconds())
        # Where the clock was put back, nobody knows how long it was.
        facts = {"start": since, "duration": seconds if seconds >= 0 else None}
        return Derived(memory={}, events=(Happened("grid_outage_ended", facts),))
    return Derived()


def _recorded(scene: Scene) -> Derived:
    """What the site has written down since it was last read. The first time it is history, and no news."""
    outages = scene.values.get("outages")
    if not isinstance(outages, list):
        return Derived()
    before = scene.memory.get("latest")
    starts = [outage["start"] for outage in outages]
    latest = max([*starts, *([before] if before else [])], key=datetime.fromisoformat, default="")
    memory = {"latest": latest}
    if before is None:
        return Derived(memory=memory)
    new = [outage for outage in outages if _is_later(outage["start"], before)]
    return Derived(memory=memory, events=tuple(Happened("grid_outage_recorded", outage) for outage in new))


def _is_later(start: str, before: str) -> bool:
    return not before or datetime.fromisoformat(start) > datetime.fromisoformat(before)


def _storms(scene: Scene) -> Derived:
    storms = scene.values.get("storm_events")
    if not isinstance(storms, list):
        return Derived()
    known: Mapping[str, Any] = scene.memory.get("storms", {})
    now = {str(storm["watch_event_id"]): storm for storm in storms if storm.get("watch_event_id") is not None}
    events = [*_happened("storm_announced", now, known), *_happened("storm_over", known, now)]
    return Derived(memory={"storms": now} if now else {}, events=tuple(events))


def _happened(type_: str, these: Mapping[str, Any], but: Iterable[str]) -> list[Happened]:
    return [Happened(type_, storm) for name, storm in these.items() if name not in but]


GRID = (
    derivation("grid outage", Kind.ENERGY_SITE, "island_status grid_status", _outage),
    derivation("recorded outages", Kind.ENERGY_SITE, "outages", _recorded),
    derivation("storms", Kind.ENERGY_SITE, "storm_events", _storms),
)
