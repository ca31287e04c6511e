"""The hand of a test or of the demo: what `Vehicle.force` can set (the table stands in its docstring)."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.simulator.errors import BadParameter
from bridge.simulator.places import Place
from bridge.simulator.vehicle_body import DOORS, WINDOWS
from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_charging import Supply
from bridge.simulator.vehicle_drive import drive_off, halt, park_at, step_out
from bridge.simulator.vehicle_parameters import LATITUDE, LONGITUDE, choice, flag, mapping, number, text, whole

Setter = Callable[[Car, Any], None]
WHEELS = ("fl", "fr", "rl", "rr")
SOCKET = Supply(amps=10, phases=1)  # where a cable is plugged in away from home


def force(car: Car, wanted: Mapping[str, Any]) -> None:
    """Sets fields in the order given; BadParameter for an unknown name or a value that does not fit."""
    unknown = sorted(wanted.keys() - FIELDS.keys())
    if unknown:
        raise BadParameter(f"unknown field {', '.join(unknown)}; known: {', '.join(sorted(FIELDS))}")
    for name, value in wanted.items():
        try:
            FIELDS[name](car, value)
        except (ValueError, TypeError) as error:
            raise BadParameter(f"invalid {name}: {error}") from error


def _state(car: Car, value: Any) -> None:
    state = choice("online", "asleep", "offline")(value)
    _offline(car, state == "offline")
    if state == "online":
        car.sleep.rouse(car.now)
    if state == "asleep":
        _quiet(car)
        car.sleep.asleep, car.sleep.wake_at = True, None


def _offline(car: Car, value: Any) -> None:
    car.sleep.unreachable = flag(value)


def _quiet(car: Car) -> None:
    """Ends everything that keeps a car awake."""
    halt(car)
    step_out(car)
    car.climate.stop()
    car.climate.overheat_cooling = car.body.sentry = False
    car.body.started_until = None
    if car.charging.active:
        car.charging.enabled_by_user = False


def _battery_level(car: Car, value: Any) -> None:
    car.battery.energy = car.battery.capacity * number(0, 100)(value) / 100


def _plugged(car: Car, value: Any) -> None:
    if not flag(value):
        car.charging.unplug()
    elif not car.charging.plugged:
        here = (stop.supply for stop in car.stops.values() if car.is_at(stop) and stop.supply)
        car.charging.plug(next(here, SOCKET))


def _charging(car: Car, value: Any) -> None:
    if not flag(value):
        car.charging.enabled_by_user = False
        return
    _plugged(car, value=True)
    car.charging.enabled_by_user = True


def _no_power(car: Car, value: Any) -> None:
    car.charging.has_power = not flag(value)


def _at_home(car: Car, value: Any) -> None:
    _place(car, "home" if flag(value) else "work")


def _place(car: Car, value: Any) -> None:
    car.charging.unplug()
    park_at(car, car.stops[_stop_name(car, value)])
    step_out(car)


def _drive_to(car: Car, value: Any) -> None:
    stop = car.stops[_stop_name(car, value)]
    if car.is_at(stop):
        raise ValueError(f"it is at {value} already")
    car.sleep.rouse(car.now)
    drive_off(car, stop)


def _stop_name(car: Car, value: Any) -> str:
    return str(choice(*car.stops)(value))


def _location(car: Car, value: Any) -> None:
    given = mapping(value)
    car.place = Place(LATITUDE(given.get("latitude")), LONGITUDE(given.get("longitude")))


def _shift_state(car: Car, value: Any) -> None:
    gear = None if value is None else str(choice("P", "D", "R", "N")(value))
    if gear is None:
        halt(car)
        return
    car.sleep.rouse(car.now)
    car.drive.gear = gear


def _speed(car: Car, value: Any) -> None:
    car.drive.speed = number(0, 200)(value)
    if car.drive.gear is None:
        car.drive.gear = "D"


def _climate_on(car: Car, value: Any) -> None:
    if flag(value):
        car.climate.start(car.now)
    else:
        car.climate.stop()


def _outside_temp(car: Car, value: Any) -> None:
    car.forced_outside = None if value is None else number(-50, 60)(value)


def _inside_temp(car: Car, value: Any) -> None:
    car.climate.inside = number(-50, 90)(value)


def _software_update(car: Car, value: Any) -> None:
    status = str(choice("", "available", "downloading", "downloading_wifi_wait")(value))
    car.software.status, car.software.since, car.software.scheduled_at = status, car.now, None


def _odometer(car: Car, value: Any) -> None:
    car.odometer = number(0, 2e6)(value)


def _wake_fails(car: Car, value: Any) -> None:
    car.sleep.wake_fails = flag(value)


def _polling_keeps_awake(car: Car, value: Any) -> None:
    car.polling_keeps_awake = flag(value)


def _body(name: str) -> Setter:
    def setter(car: Car, value: Any) -> None:
        setattr(car.body, name, flag(value))

    return setter


def _opening(group: str, name: str) -> Setter:
    def setter(car: Car, value: Any) -> None:
        getattr(car.body, group)[name] = whole(0, 255)(value)

    return setter


def _trunk(name: str) -> Setter:
    def setter(car: Car, value: Any) -> None:
        setattr(car.body, name, whole(0, 255)(value))

    return setter


def _tyre(wheel: str) -> Setter:
    def setter(car: Car, value: Any) -> None:
        """So that it reads like this now; it goes on changing with the temperature."""
        wanted = number(0, 5)(value)
        car.tyres.cold[wheel] = (wanted + 1.013) * 288 / (car.tyres.degrees + 273) - 1.013

    return setter


def _access(name: str, kind: type) -> Setter:
    def setter(car: Car, value: Any) -> None:
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise TypeError(f"not a {kind.__name__}")
        setattr(car.access, name, value)

    return setter


def _read_delay(car: Car, value: Any) -> None:
    car.access.read_delay = number(0, 600)(value)


def _refuse(car: Car, value: Any) -> None:
    reasons = [value] if isinstance(value, str) else list(value or ())
    car.access.refuse = [text(reason) for reason in reasons]


def _equipment(car: Car, value: Any) -> None:
    car.config = car.config | mapping(value)


def _command_signing(car: Car, value: Any) -> None:
    car.access.command_signing = str(choice("off", "allowed", "required")(value))


FIELDS: dict[str, Setter] = {
    "state": _state,
    "offline": _offline,
    "wake_fails": _wake_fails,
    "polling_keeps_awake": _polling_keeps_awake,
    "battery_level": _battery_level,
    "plugged": _plugged,
    "charging": _charging,
    "no_power": _no_power,
    "at_home": _at_home,
    "place": _place,
    "drive_to": _drive_to,
    "location": _location,
    "shift_state": _shift_state,
    "speed": _speed,
    "climate_on": _climate_on,
    "inside_temp": _inside_temp,
    "outside_temp": _outside_temp,
    "software_update": _software_update,
    "odometer": _odometer,
    "locked": _body("locked"),
    "sentry_mode": _body("sentry"),
    "user_present": _body("user_present"),
    **{door: _opening("doors", door) for door in DOORS},
    **{window: _opening("windows", window) for window in WINDOWS},
    "ft": _trunk("front_trunk"),
    "rt": _trunk("rear_trunk"),
    **{f"tpms_pressure_{wheel}": _tyre(wheel) for wheel in WHEELS},
    "hide_private": _access("hide_private", bool),
    "key_paired": _access("key_paired", bool),
    "mobile_access": _access("mobile_access", bool),
    "in_service": _access("in_service", bool),
    "discounted": _access("discounted", bool),
    "old_firmware": _access("old_firmware", bool),
    "access_type": _access("access_type", str),
    "number_of_keys": _access("number_of_keys", int),
    "answers": _access("answers", dict),
    "read_delay": _read_delay,
    "refuse": _refuse,
    "command_signing": _command_signing,
    "equipment": _equipment,
}
