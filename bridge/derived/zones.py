"""In which of the owner's zones a car is: pure distance. A zone is a place: its values are in the group location."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import asin, cos, radians, sin, sqrt

from bridge.derived.frame import Derivation, Derived, Happened, Scene, derivation
from bridge.model import Kind

Zones = Mapping[str, tuple[float, float, float]]
"""Name -> latitude and longitude in degrees, radius in metres."""

HOME = "home"
ELSEWHERE = "elsewhere"

MARGIN = 25.0
"""Metres beyond the radius before a car has left: a parked one seems to move by some metres."""

EARTH = 6_371_000.0


def zones_of(zones: Zones) -> tuple[Derivation, ...]:
    """The derivations for these zones; without any, a zone of former settings is forgotten."""
    return (
        derivation("zone", Kind.VEHICLE, "position", lambda scene: _zone(scene, zones)),
        derivation("charge zone", Kind.VEHICLE, "zone battery_charging", _charge_zone),
    )


def _zone(scene: Scene, zones: Zones) -> Derived:
    """Events are for a move between two zones that are known; the memory outlives what is unknown meanwhile."""
    position, before = scene.values.get("position"), scene.memory.get("zone")
    if not zones or not position:
        return Derived({"zone": None, "at_home": None})
    before = before if before in {*zones, ELSEWHERE} else None
    held = {before, HOME if scene.values.get("at_home") else None}
    within = list(_within(zones, (position["latitude"], position["longitude"]), held))
    now = min(within, key=lambda name: (zones[name][2], name), default=ELSEWHERE)
    values = {"zone": now, "at_home": HOME in within if HOME in zones else None}
    return Derived(values, {"zone": now}, () if now == before else tuple(_moves(before, now)))


def _within(zones: Zones, here: tuple[float, float], held: Collection[str | None]) -> Iterator[str]:
    """The zones that it is in; those that it was in reach a little further."""
    for name, (latitude, longitude, radius) in zones.items():
        if metres(here, (latitude, longitude)) <= radius + (MARGIN if name in held else 0):
            yield name


def _moves(before: str | None, now: str) -> Iterator[Happened]:
    """Without the name: an event is not in the group that an ACL hides."""
    if before not in (None, ELSEWHERE):
        yield Happened("zone_left")
    if before is not None and now != ELSEWHERE:
        yield Happened("zone_entered")


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two places in degrees, on a globe (haversine)."""
    north, east, north_2, east_2 = map(radians, (*one, *other))
    half = sin((north_2 - north) / 2) ** 2 + cos(north) * cos(north_2) * sin((east_2 - east) / 2) ** 2
    return 2 * EARTH * asin(sqrt(min(half, 1.0)))


def _charge_zone(scene: Scene) -> Derived:
    zone = scene.values.get("zone")
    return Derived({"charge_zone": zone} if zone and scene.values.get("battery_charging") else {})
