"""Time passes: what flows between two moments, and what settles at each."""

from datetime import datetime, timedelta

from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_climate import OVERHEAT_WATCH
from bridge.simulator.vehicle_drive import roll
from bridge.simulator.vehicle_software import IN_PROGRESS
from bridge.simulator.vehicle_weather import outside_temperature, sunshine

MINUTE = timedelta(minutes=1)
ASLEEP_KILOWATTS, AWAKE_KILOWATTS, SENTRY_KILOWATTS = 0.022, 0.18, 0.22
LOW_PERCENT = 20.0  # below it the car keeps its energy for driving


def live(car: Car, until: datetime) -> None:
    """Brings the car up to a moment, in steps that end at every minute and every event."""
    while car.now < until:
        before = car.now
        car.now = min(until, _next_moment(car))
        _flow(car, (car.now - before).total_seconds())
        settle(car)


def settle(car: Car) -> None:
    """Lets everything due at this moment happen; without time passing."""
    car.agenda.run(car.now)
    car.body.expire(car.now)
    _settle_climate(car)
    settle_charging(car)
    car.software.settle(car.now, has_wifi=car.at_home and not car.sleep.asleep, can_install=car.parked)
    car.sleep.rebooting = car.software.rebooting(car.now)
    car.sleep.settle(car.now, busy=is_busy(car))


def settle_charging(car: Car) -> None:
    """Brings the charge port to the state that everything asks for."""
    car.timetable.expire(car.local)
    car.charging.settle(car.battery, car.now, allowed=_charging_allowed(car))


def _charging_allowed(car: Car) -> bool:
    if not (car.charging.plugged and car.timetable.plans_charging):
        return True
    needed = car.charging.hours_needed(car.battery)
    running = car.charging.status == "Charging"
    return car.timetable.charging_allowed(car.local, car.place, needed, running=running)


def is_busy(car: Car) -> bool:
    """Whether something keeps the car from sleeping."""
    return (
        not car.parked
        or car.charging.active
        or car.climate.working
        or car.body.sentry
        or car.body.user_present
        or car.body.remote_started
        or car.software.status in IN_PROGRESS
    )


def _next_moment(car: Car) -> datetime:
    next_minute = car.now.replace(second=0, microsecond=0) + MINUTE
    events = (
        car.agenda.next_at,
        car.charging.next_at,
        car.software.next_at,
        car.sleep.next_at,
        car.body.started_until,
    )
    return min([next_minute, *(event for event in events if event and event > car.now)])


def _flow(car: Car, seconds: float) -> None:
    outside = _outside(car)
    kilowatts = _standby(car) + car.climate.flow(outside, sunshine(car.now, car.home.place), seconds)
    car.battery.change(-kilowatts * seconds / 3600)
    car.charging.flow(car.battery, car.now, seconds)
    car.tyres.flow(outside, seconds, car.now, driving=car.drive.journey is not None)
    car.media.flow(seconds)
    roll(car)


def _outside(car: Car) -> float:
    if car.forced_outside is not None:
        return car.forced_outside
    return outside_temperature(car.now, car.home.place)


def _standby(car: Car) -> float:
    if car.sleep.asleep:
        return ASLEEP_KILOWATTS
    return AWAKE_KILOWATTS + (SENTRY_KILOWATTS if car.body.sentry else 0.0)


def _settle_climate(car: Car) -> None:
    _warm_up(car)
    if car.climate.expired(car.now) and car.parked and not car.body.user_present:
        car.climate.stop()
    if car.climate.keeper != "off" and car.battery.percent < LOW_PERCENT:
        car.climate.stop()
    car.climate.guard(watching=_watches_overheating(car))


def _warm_up(car: Car) -> None:
    """Scheduled preconditioning acts when its time begins and ends: in between the owner is free to stop it."""
    due = car.parked and car.timetable.warming(car.local, car.place)
    if due and not car.warming_was_due and car.battery.percent > LOW_PERCENT:
        car.climate.start(car.now, preconditioning=True)
    if car.warming_was_due and not due and car.climate.preconditioning and not car.body.user_present:
        car.climate.stop()
    car.warming_was_due = due


def _watches_overheating(car: Car) -> bool:
    return (
        car.parked
        and not car.sleep.asleep
        and not car.body.user_present
        and car.battery.percent > LOW_PERCENT
        and car.last_drive is not None
        and car.now < car.last_drive + OVERHEAT_WATCH
    )
