"""The present or last trip of a car: from the gear, the odometer and the battery, of what was read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bridge.derived.frame import Derived, Happened, Memory, Scene, derivation
from bridge.model import Kind, Value

UNSEEN = 50.0
"""km that a trip may have gone before it was seen driving, since a car at rest is left alone for 22 minutes.

What is more was another trip."""

GAP = 300.0
"""Seconds. A car that is seen parked later than this after it was seen driving has parked at some time between."""

LOST = 3600.0
"""Seconds unseen after which it is another trip, and another odometer."""

FIRST_KILOMETRE = 1.0
"""km from which on a consumption means something."""


def _trip(scene: Scene) -> Derived:
    memory, is_driving = scene.memory, _is_driving(scene)
    if "start" not in memory:
        return _begun(scene) if is_driving and _is_fresh(scene) else _parked(scene, is_driving=is_driving)
    if is_driving is None:
        return Derived()
    before = _before(scene, memory)
    unseen = _passed(scene, memory) - (before["trip_duration"] or 0)
    if unseen > LOST:
        return _finished(before, _at_rest(scene))
    values = _values(scene, memory, before)
    if is_driving:
        return Derived(values)
    values |= _before_the_cable(scene, values, before)
    # When it parked in a gap is not known: it drove at least until it was last seen driving.
    return _finished(values | ({"trip_duration": before["trip_duration"]} if unseen > GAP else {}), _at_rest(scene))


def _before_the_cable(scene: Scene, values: Mapping[str, Value], before: Mapping[str, Value]) -> Mapping[str, Value]:
    """It may have charged since it parked: then it had taken more when it was last seen driving."""
    now, then = values["trip_energy"], before["trip_energy"]
    has_charged = isinstance(then, float) and isinstance(now, float) and now < then
    if not has_charged or scene.values.get("plugged_in") is not True:
        return {}
    return {key: before[key] for key in ("trip_energy", "trip_consumption")}


def _finished(values: Mapping[str, Value], memory: Memory) -> Derived:
    facts = {name: values[f"trip_{name}"] for name in ("distance", "duration", "energy")}
    return Derived(values, memory, (Happened("trip_finished", facts),))


def _is_driving(scene: Scene) -> bool | None:
    """A sleeping car stands, also one that was last seen driving."""
    if scene.values.get("connectivity") == "asleep":
        return False
    driving = scene.values.get("driving")
    return driving if isinstance(driving, bool) else None


def _is_fresh(scene: Scene) -> bool:
    """Not what was known before the car slept."""
    return not scene.changed.isdisjoint({"driving", "last_seen"})


def _parked(scene: Scene, *, is_driving: bool | None) -> Derived:
    return Derived(memory=_at_rest(scene) if is_driving is False else None)


def _at_rest(scene: Scene) -> Memory:
    """The odometer of a parked car is where its next trip begins."""
    odometer = scene.number("odometer")
    return {"parked": scene.memory.get("parked") if odometer is None else odometer}


def _begun(scene: Scene) -> Derived:
    odometer, parked = scene.number("odometer"), scene.memory.get("parked")
    unseen = odometer - parked if odometer is not None and parked is not None else -1
    memory = {
        "start": _seen(scene).isoformat(),
        "odometer": parked if 0 <= unseen <= UNSEEN else odometer,
        "first": {key: scene.number(key) for key in ("odometer", "battery_range", "energy_remaining")},
    }
    # Two trips that begin in the same second, as a car may tell that parks for a moment, are shown as one.
    return Derived(_values(scene, memory, _before(scene, memory)), memory, (Happened("trip_started"),))


def _seen(scene: Scene) -> datetime:
    """The car's own time: ours may jump, or stand still, while it drives."""
    return scene.moment("last_seen") or scene.now


def _passed(scene: Scene, memory: Memory) -> float:
    """Seconds since the start."""
    return (_seen(scene) - datetime.fromisoformat(memory["start"])).total_seconds()


VALUES = tuple(
    f"trip_{name}"
    for name in ("start", "distance", "duration", "maximum_speed", "maximum_power", "energy", "consumption")
)


def _before(scene: Scene, memory: Memory) -> dict[str, Value]:
    """What is known already of this trip: nothing where the values are still those of the last."""
    start = datetime.fromisoformat(memory["start"])
    is_same = scene.moment("trip_start") == start
    return {key: scene.values.get(key) if is_same else None for key in VALUES} | {"trip_start": start}


def _values(scene: Scene, memory: Memory, before: Mapping[str, Value]) -> dict[str, Value]:
    """Of the trip so far: what it has gone, how long and how fast, never shrinks."""
    energy = _energy(scene, memory["first"])
    return {
        "trip_start": datetime.fromisoformat(memory["start"]),
        "trip_distance": _largest(_since(scene, "odometer", memory["odometer"]), before["trip_distance"]),
        "trip_duration": _largest(round(_passed(scene, memory)), before["trip_duration"], 0),
        "trip_maximum_speed": _largest(scene.number("speed"), before["trip_maximum_speed"]),
        "trip_maximum_power": _largest(scene.number("drive_power"), before["trip_maximum_power"]),
        "trip_energy": None if energy is None else round(energy, 2),
        "trip_consumption": _consumption(energy, _since(scene, "odometer", memory["first"]["odometer"])),
    }


def _largest(*numbers: float | None) -> float | None:
    return max((number for number in numbers if number is not None), default=None)


def _since(scene: Scene, key: str, first: float | None) -> float | None:
    """How much more it is than at first; None where it is less."""
    now = scene.number(key)
    return round(now - first, 2) if now is not None and first is not None and now >= first else None


def _energy(scene: Scene, first: Mapping[str, float | None]) -> float | None:
    """Since it was first seen driving, in kWh; below 0 after a descent."""
    held, held_first = scene.number("energy_remaining"), first["energy_remaining"]
    if held is not None and held_first is not None:
        return held_first - held
    reach, reach_first, rated = scene.number("battery_range"), first["battery_range"], scene.number("rated_consumption")
    if reach is None or reach_first is None or rated is None:
        return None
    return (reach_first - reach) * rated / 1000


def _consumption(energy: float | None, distance: float | None) -> float | None:
    """Wh/km, both since it was first seen driving."""
    if energy is None or distance is None or distance < FIRST_KILOMETRE:
        return None
    return round(energy * 1000 / distance)


TRIPS = (derivation("trip", Kind.VEHICLE, "driving connectivity last_seen speed drive_power odometer", _trip),)
