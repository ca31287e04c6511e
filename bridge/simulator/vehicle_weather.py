"""Outside temperature and sunshine: pure functions of time and place, the same for every car there."""

from datetime import datetime, timedelta
from functools import lru_cache
from math import cos, pi
from random import Random

from bridge.simulator.places import Place

WARMEST_DAY = 205  # late July in the north
WARMEST_HOUR = 15.0
BRIGHTEST_HOUR = 12.5
EQUATOR = 27.0  # °C, the year's mean
COOLING, SWING = 0.31, 0.17  # °C per degree of latitude: the mean falls, winter and summer part


def outside_temperature(when: datetime, place: Place) -> float:
    """Season, hour and the mood of the day, °C."""
    solar = _solar_time(when, place)
    season = _season(solar, place)
    hour = solar.hour + solar.minute / 60
    daily = (4 + season) * cos((hour - WARMEST_HOUR) / 24 * 2 * pi)
    away = abs(place.latitude)
    return EQUATOR - COOLING * away + SWING * away * season + daily + _mood(solar, place)


def sunshine(when: datetime, place: Place) -> float:
    """0 at night up to 1 on a summer noon."""
    solar = _solar_time(when, place)
    daylight_hours = 12 + 4 * _season(solar, place)
    offset = abs(solar.hour + solar.minute / 60 - BRIGHTEST_HOUR)
    if offset >= daylight_hours / 2:
        return 0.0
    return cos(offset / daylight_hours * pi) * daylight_hours / 16


def _solar_time(when: datetime, place: Place) -> datetime:
    return when + timedelta(hours=place.longitude / 15)


def _season(solar: datetime, place: Place) -> float:
    wave = cos((solar.timetuple().tm_yday - WARMEST_DAY) / 365 * 2 * pi)
    return wave if place.latitude >= 0 else -wave


def _mood(solar: datetime, place: Place) -> float:
    """Warm and cold days blend into each other, so that midnight makes no step."""
    day = solar.toordinal()
    passed = (solar.hour * 60 + solar.minute) / 1440
    return _day_offset(day, place) * (1 - passed) + _day_offset(day + 1, place) * passed


@lru_cache(maxsize=512)
def _day_offset(day: int, place: Place) -> float:
    return Random(f"{day}:{place.latitude:.0f}:{place.longitude:.0f}").uniform(-3.5, 3.5)
