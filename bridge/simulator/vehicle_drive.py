"""What drivers do: get in, drive off, arrive, lock, plug in. Each a small act at its time."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from bridge.simulator.places import miles_between
from bridge.simulator.vehicle_battery import RATED_MILES_FULL
from bridge.simulator.vehicle_car import Car, Drive, Route
from bridge.simulator.vehicle_journey import Journey
from bridge.simulator.vehicle_routine import Stop, idle_wakes, legs_of, next_midnight

LEAD = timedelta(seconds=90)  # the car is awake so long before it drives
LATER = timedelta(minutes=5)
FAST_CHARGE = timedelta(minutes=35)
RESERVE_PERCENT = 6.0  # nobody sets out to arrive with less
EXTRA_ENERGY = 1.4  # what winter and hurry may take above rated consumption


def plan_day(car: Car) -> None:
    """Puts the local day's drives and idle wake-ups on the agenda, and the next planning."""
    today = car.local.date()
    first = max(car.now, car.busy_from)
    for leg in legs_of(car.story, car.seed, today, car.zone):
        if leg.departs - LEAD >= first:
            car.agenda.at(leg.departs - LEAD, partial(leave, car, leg.to))
    for wake in idle_wakes(car.seed, today, car.zone):
        if wake >= first:
            car.agenda.at(wake, partial(_wake_up, car))
    car.agenda.at(next_midnight(car.now, car.zone), partial(plan_day, car))


def leave(car: Car, to: str) -> None:
    """Gets ready for a drive to a stop; later when the car is on its way or being updated."""
    if not car.parked or car.software.installing:
        car.agenda.at(car.now + LATER, partial(leave, car, to))
    elif not car.is_at(car.stops[to]):
        stop = _within_range(car, to)
        for seconds, act in GETTING_IN:
            car.agenda.at(car.now + timedelta(seconds=seconds), partial(act, car))
        car.agenda.at(car.now + LEAD, partial(drive_off, car, stop))


def drive_off(car: Car, stop: Stop) -> None:
    """Shifts to D and goes."""
    car.charging.unplug()
    car.body.close_all()
    car.body.locked = car.body.user_present = True
    car.body.sentry, car.body.started_until = False, None
    car.climate.start(car.now)
    car.media.status = "Playing"
    journey = Journey(car.place, stop.place, f"{car.seed}:{car.now.isoformat()}")
    car.drive = Drive(
        gear="D",
        journey=journey,
        departed=car.now,
        covered=journey.at(0),
        to=stop,
        route=Route(stop.name, stop.place),
    )
    car.agenda.at(car.now + timedelta(seconds=journey.seconds), partial(_arrive, car, journey, stop))


def roll(car: Car) -> None:
    """Brings a drive up to the car's `now`: miles, energy, position."""
    drive = car.drive
    if not (drive.journey and drive.departed and drive.covered):
        return
    moment = drive.journey.at((car.now - drive.departed).total_seconds())
    car.odometer += moment.miles - drive.covered.miles
    car.battery.change(drive.covered.kwh - moment.kwh)
    car.place, drive.heading = moment.place, moment.heading
    drive.covered = moment
    car.last_drive = car.now


def halt(car: Car) -> None:
    """Parks where it is; a drive under way is over."""
    car.drive = Drive(heading=car.drive.heading)


def park_at(car: Car, stop: Stop) -> None:
    """Parks at a stop; the driver still sits inside."""
    halt(car)
    car.place = stop.place


def step_out(car: Car) -> None:
    """The driver leaves; music and climate end, unless the climate is to be kept."""
    car.body.step_out()
    car.media.status = "Stopped"
    if car.climate.keeper == "off":
        car.climate.stop()


def _arrive(car: Car, journey: Journey, stop: Stop) -> None:
    if car.drive.journey is not journey:
        return
    park_at(car, stop)
    for seconds, act in WAITING_INSIDE if stop.driver_stays else GETTING_OUT:
        car.agenda.at(car.now + timedelta(seconds=seconds), partial(_if_still_there, car, stop, act))


def _if_still_there(car: Car, stop: Stop, act: Callable[[Car, Stop], None]) -> None:
    if car.parked and car.is_at(stop):
        act(car, stop)


def _within_range(car: Car, to: str) -> Stop:
    """The stop itself, or a fast charger first when the battery is too low to get there."""
    stop = car.stops[to]
    needed = miles_between(car.place, stop.place) / RATED_MILES_FULL * 100 * EXTRA_ENERGY
    charger = car.stops["fast_charger"]
    if car.battery.percent - needed > RESERVE_PERCENT or car.is_at(charger):
        return stop
    car.agenda.at(car.now + FAST_CHARGE, partial(leave, car, to))
    return charger


def _wake_up(car: Car) -> None:
    if car.sleep.asleep:
        car.sleep.rouse(car.now)


def _get_in(car: Car) -> None:
    car.charging.unplug()
    car.body.step_in()


def _shut_door(car: Car) -> None:
    car.body.doors["df"] = 0


def _open_door(car: Car, _: Stop) -> None:
    car.body.locked = False
    car.body.doors["df"] = 1


def _walk_away(car: Car, _: Stop) -> None:
    step_out(car)


def _lock(car: Car, stop: Stop) -> None:
    car.body.locked = True
    car.body.sentry = stop.sentry


def _plug_in(car: Car, stop: Stop) -> None:
    if stop.supply and not car.charging.plugged:
        car.charging.plug(stop.supply)


def _get_back_in(car: Car, _: Stop) -> None:
    _shut_door(car)


# Seconds after the wake-up, and after the arrival.
GETTING_IN = ((0, _wake_up), (30, _get_in), (50, _shut_door))
GETTING_OUT = ((15, _open_door), (35, _walk_away), (50, _lock), (70, _plug_in))
WAITING_INSIDE = ((15, _open_door), (35, _plug_in), (50, _get_back_in))
