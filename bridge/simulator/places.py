"""Points on the map and the way between them."""

from dataclasses import dataclass
from math import asin, atan2, cos, degrees, radians, sin, sqrt

EARTH_RADIUS_MILES = 3958.8


@dataclass(frozen=True)
class Place:
    """A point on the map, in degrees."""

    latitude: float
    longitude: float


def miles_between(a: Place, b: Place) -> float:
    """Great-circle distance."""
    north = radians(b.latitude - a.latitude)
    east = radians(b.longitude - a.longitude)
    chord = sin(north / 2) ** 2 + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_MILES * asin(sqrt(chord))


def heading_from(a: Place, b: Place) -> float:
    """Compass degrees from `a` to `b`, 0 is north."""
    east = (b.longitude - a.longitude) * cos(radians((a.latitude + b.latitude) / 2))
    return degrees(atan2(east, b.latitude - a.latitude)) % 360


def between(a: Place, b: Place, fraction: float) -> Place:
    """The point that far along the straight line; flat-earth, good for a few hundred miles."""
    return Place(
        a.latitude + (b.latitude - a.latitude) * fraction,
        a.longitude + (b.longitude - a.longitude) * fraction,
    )


def moved(start: Place, miles: float, heading: float) -> Place:
    """The point so many miles from `start` in that direction."""
    north = degrees(miles * cos(radians(heading)) / EARTH_RADIUS_MILES)
    east = degrees(miles * sin(radians(heading)) / EARTH_RADIUS_MILES)
    return Place(start.latitude + north, start.longitude + east / cos(radians(start.latitude)))
