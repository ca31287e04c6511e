"""How much of where a car is may be seen, and what the mask leaves of a value. Pure (docs/decisions/0014)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bridge.model import Value


class Location(StrEnum):
    """What the owner lets out."""

    EXACT = "exact"
    ROUNDED = "rounded"
    ZONE = "zone"
    OFF = "off"


class Place(StrEnum):
    """How a row tells where a car is."""

    COORDINATES = "coordinates"
    """By numbers, or it goes with them: these can be rounded."""
    SPOT = "spot"
    """By something exact that cannot be rounded: a name, a way, a direction, what is near."""
    ZONE = "zone"
    """By one of the owner's own places: a zone, or the wall connector at home."""


_TOLD: Mapping[Location, frozenset[Place]] = {
    Location.EXACT: frozenset(Place),
    Location.ROUNDED: frozenset({Place.COORDINATES, Place.ZONE}),
    Location.ZONE: frozenset({Place.ZONE}),
    Location.OFF: frozenset(),
}


def is_told(place: Place | None, location: Location) -> bool:
    """May a row be seen that tells of this kind of place? None: of none."""
    return place is None or place in _TOLD[location]


DECIMALS = 2
"""Of a degree: at most 0.56 km off to the north or south, and as much or less to the east or west."""

ACCURACY = 800
"""Metres: the corner of such a square at the equator, 0.79 km away."""


def rounded(value: Value) -> Value:
    """A place in degrees, or one of its numbers, with two decimals; all else as it is. No place becomes none."""
    if isinstance(value, float):
        return round(value, DECIMALS) + 0.0  # -0.001 is 0, not -0
    if isinstance(value, dict) and "latitude" in value:
        return {key: rounded(each) for key, each in value.items()} | {"gps_accuracy": ACCURACY}
    return value
