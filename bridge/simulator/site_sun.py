"""The sun over a site: real geometry, seeded clouds, panels on a tilted roof."""

from functools import lru_cache
from math import asin, atan2, cos, degrees, pi, radians, sin
from random import Random
from typing import NamedTuple

DAY = 86_400
J2000 = 10_957.5  # days from 1970-01-01T00Z to 2000-01-01T12Z
TILT = radians(30)
# What reaches the meter of the panels' peak: wiring, inverter, dust, heat.
SYSTEM_EFFICIENCY = 0.88
DIFFUSE = 0.12  # of the direct light, from the whole sky
# weight, least and most light of an hour
MOODS = ((45, 0.88, 1.0), (35, 0.30, 0.95), (20, 0.10, 0.35))


class Sun(NamedTuple):
    """Declination in radians; equation of time in seconds."""

    declination: float
    equation_of_time: float


@lru_cache(maxsize=64)
def sun_of_day(day: int) -> Sun:
    """The sun at noon UTC of a day since 1970; Astronomical Almanac, low precision (0.01 degrees)."""
    days = day + 0.5 - J2000
    anomaly = radians(357.529 + 0.98560028 * days)
    mean_longitude = 280.459 + 0.98564736 * days
    longitude = radians(mean_longitude + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439)
    ascension = degrees(atan2(cos(tilt) * sin(longitude), cos(longitude)))
    error = (mean_longitude - ascension + 180) % 360 - 180
    return Sun(asin(sin(tilt) * sin(longitude)), error * 240)


def hour_angle(epoch: float, longitude: float) -> float:
    """Radians, 0 at solar noon, negative before; longitude in degrees, east positive."""
    solar_time = epoch + longitude * 240 + sun_of_day(int(epoch // DAY)).equation_of_time
    return (solar_time % DAY) / DAY * 2 * pi - pi


def elevation(epoch: float, latitude: float, longitude: float) -> float:
    """Degrees of the sun above the horizon."""
    return degrees(asin(_facing(epoch, radians(latitude), hour_angle(epoch, longitude))))


@lru_cache(maxsize=128)
def sky(seed: int, day: int) -> tuple[float, ...]:
    """How much light the clouds let through in each of 24 hours, 0..1."""
    dice = Random(f"sky {seed} {day}")
    ((_, least, most),) = dice.choices(MOODS, weights=[mood[0] for mood in MOODS])
    return tuple(dice.uniform(least, most) for _ in range(24))


class Panels:
    """Photovoltaics on a roof that faces the equator."""

    def __init__(self, *, seed: int, latitude: float, longitude: float, peak_watts: float) -> None:
        self._seed = seed
        self._latitude = radians(latitude)
        # A tilted plane sees the sun as level ground nearer the equator does.
        self._roof = self._latitude - TILT if latitude >= 0 else self._latitude + TILT
        self._longitude = longitude
        self._peak = peak_watts

    def watts(self, epoch: float) -> float:
        """What the panels could deliver; 0 at night."""
        angle = hour_angle(epoch, self._longitude)
        height = _facing(epoch, self._latitude, angle)
        if height <= 0 or not self._peak:
            return 0.0
        light = _direct_light(height)
        on_roof = light * (max(_facing(epoch, self._roof, angle), 0.0) + DIFFUSE)
        return float(min(on_roof * SYSTEM_EFFICIENCY, 1.0) * self._peak * self._clouds(epoch))

    def _clouds(self, epoch: float) -> float:
        hours = (epoch + self._longitude * 240) / 3600
        hour = int(hours // 1)
        now, then = self._hour_of_sky(hour), self._hour_of_sky(hour + 1)
        return now + (then - now) * (hours - hour)

    def _hour_of_sky(self, hour: int) -> float:
        return sky(self._seed, hour // 24)[hour % 24]


def _facing(epoch: float, latitude: float, angle: float) -> float:
    """Sine of the sun's height over level ground at that latitude (radians)."""
    declination = sun_of_day(int(epoch // DAY)).declination
    return sin(declination) * sin(latitude) + cos(declination) * cos(latitude) * cos(angle)


def _direct_light(height: float) -> float:
    """Direct light as a share of 1000 W/m2 for a sine of the sun's height; Meinel's clear sky."""
    air_mass = 1 / (height + 0.01)
    return 1.353 * float(0.7 ** (air_mass**0.678))
