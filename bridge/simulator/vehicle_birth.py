"""A new car: its places, its equipment, and the state it begins its life in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from bridge.simulator.places import Place, moved
from bridge.simulator.vehicle_battery import Battery
from bridge.simulator.vehicle_body import Tyres
from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_charging import Charging, Supply
from bridge.simulator.vehicle_climate import Climate
from bridge.simulator.vehicle_drive import plan_day
from bridge.simulator.vehicle_life import live
from bridge.simulator.vehicle_routine import STORIES, Stop
from bridge.simulator.vehicle_schedules import WORKDAYS, Schedule
from bridge.simulator.vehicle_settings import Settings
from bridge.simulator.vehicle_sleep import Sleep
from bridge.simulator.vehicle_software import Software
from bridge.simulator.vehicle_weather import outside_temperature

LIVED_BEFORE = timedelta(days=1)
FIRST_HOUR = 3  # local; everybody is at home
REST = timedelta(minutes=20)
FAST = Supply(amps=0, phases=0, dc_kilowatts=150.0)


def born(
    *,
    vin: str,
    number: int,
    name: str,
    seed: int,
    start: datetime,
    zone: str,
    story: str,
    stops: Mapping[str, Stop],
    config: dict[str, Any],
) -> Car:
    """A car that has lived a day already when it is `start`, so that nothing begins from nothing."""
    told, begin = STORIES[story], _birth(start, ZoneInfo(zone))
    random = Random(f"{seed}:{vin}")
    outside = outside_temperature(begin, stops["home"].place)
    car = Car(
        vin=vin, number=number, seed=seed, zone=ZoneInfo(zone), stops=stops, story=told, config=config,
        now=begin,
        place=stops["home"].place,
        odometer=random.uniform(4_000, 38_000),
        battery=Battery(0.0),
        charging=Charging(since=begin, limit=told.limit),
        climate=Climate(inside=outside + 1, outside=outside, since=begin),
        tyres=Tyres(degrees=outside, seen_at=begin - timedelta(hours=9)),
        software=Software(published_at=start + told.update_after, since=begin),
        settings=Settings(name=name),
        sleep=Sleep(random=random, quiet_since=begin),
        busy_from=start + REST if told.rests_first else begin,
    )  # fmt: skip
    _furnish(car)
    live(car, start.astimezone(UTC))
    return car


def stops_around(home: Place, work: Place | None, supply: Supply) -> dict[str, Stop]:
    """The car's world; what is not given lies where a map would have it."""
    return {
        "home": Stop("Home", home, supply),
        "work": Stop("Work", work or moved(home, 21, 62)),
        "shop": Stop("Market Hall", moved(home, 3.4, 155), sentry=True),
        "fast_charger": Stop("Fast charger, Bypass Road", moved(home, 5.2, 20), FAST),
        "supercharger": Stop("Supercharger, Motorway North", moved(home, 58, 338), FAST),
        "lake": Stop("Lake Shore Car Park", moved(home, 79, 331), sentry=True),
    }


def _birth(start: datetime, zone: ZoneInfo) -> datetime:
    local = (start - LIVED_BEFORE).astimezone(zone)
    local = local.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)
    return local.astimezone(UTC)


def _furnish(car: Car) -> None:
    story = car.story
    car.battery.energy = car.battery.capacity * story.level / 100
    if car.home.supply:
        car.charging.plug(car.home.supply)
    car.charging.enabled_by_user = False if story.charging_stopped else None
    for index, (stop, minutes) in enumerate(story.warms_up):
        warm_up = _weekday_warm_up(index, car.stops[stop].place, minutes)
        car.timetable.precondition.append(warm_up)
    car.agenda.at(car.now, partial(plan_day, car))


def _weekday_warm_up(index: int, place: Place, minutes: int) -> Schedule:
    return {
        "id": 1_690_000_000 + index,
        "name": "",
        "days_of_week": WORKDAYS,
        "precondition_time": minutes,
        "one_time": False,
        "enabled": True,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }
