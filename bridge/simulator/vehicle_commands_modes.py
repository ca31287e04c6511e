"""Valet, PINs, speed limit, parental controls, software and names (fleet-api.md 3.2)."""

from collections.abc import Callable
from datetime import timedelta
from operator import attrgetter

from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_commands_row import ALREADY_SET, DONE, Row
from bridge.simulator.vehicle_parameters import ON, PIN, Parameter, Params, flag, number, pin, text, whole
from bridge.simulator.vehicle_settings import (
    FASTEST_LIMIT_MPH,
    SLOWEST_LIMIT_MPH,
    WRONG_PIN,
    Lock,
)

Handler = Callable[[Car, Params], str]


def _lock_of(car: Car, which: str) -> Lock:
    lock: Lock = attrgetter(which)(car.settings)
    return lock


def _activate(which: str) -> Handler:
    return lambda car, params: _lock_of(car, which).activate(params["pin"])


def _deactivate(which: str) -> Handler:
    return lambda car, params: _lock_of(car, which).deactivate(params["pin"])


def _clear(which: str) -> Handler:
    return lambda car, params: _lock_of(car, which).clear(params["pin"])


def _clear_as_owner(which: str) -> Handler:
    return lambda car, _: _lock_of(car, which).clear_as_owner()


def _switch(which: str) -> Handler:
    """On and off with a `password`; one must be given while none is known."""

    def handler(car: Car, params: Params) -> str:
        lock = _lock_of(car, which)
        password = params["password"] or lock.pin
        if password is None:
            return "pin_required"
        return lock.activate(password) if params["on"] else _leave(lock, params["password"])

    return handler


def _leave(lock: Lock, password: str | None) -> str:
    """Only who knows the PIN leaves the mode."""
    if lock.active and password != lock.pin:
        return WRONG_PIN
    return lock.deactivate(password or "")


def _limit_speed(car: Car, params: Params) -> str:
    if car.settings.speed_limit_mph == params["limit_mph"]:
        return ALREADY_SET
    car.settings.speed_limit_mph = params["limit_mph"]
    return DONE


def _limit_child(car: Car, params: Params) -> str:
    return car.settings.hide("parental_speed_limit_mph", params["limit_mph"])


def _set_child_setting(car: Car, params: Params) -> str:
    return car.settings.hide(f"parental_{params['setting'].lower()}", params["enable"])


def _hidden(word: str, parameter: str) -> Row:
    """A setting that no answer of the REST API shows."""
    return Row(lambda car, params: car.settings.hide(word, params[parameter]), (Parameter(parameter, flag),))


def _erase(car: Car, _: Params) -> str:
    if not car.settings.hidden.get("guest_mode"):
        return "unavailable"
    return car.settings.hide("guest_mode", value=False)


def _rename(car: Car, params: Params) -> str:
    if car.settings.name == params["vehicle_name"]:
        return ALREADY_SET
    car.settings.name = params["vehicle_name"]
    return DONE


def _schedule_update(car: Car, params: Params) -> str:
    if car.software.status not in {"available", "scheduled"}:
        return "unavailable"
    car.software.schedule(car.now + timedelta(seconds=params["offset_sec"]))
    return DONE


def _cancel_update(car: Car, _: Params) -> str:
    if car.software.status != "scheduled":
        return "unavailable"
    car.software.cancel()
    return DONE


LIMIT = (Parameter("limit_mph", number(SLOWEST_LIMIT_MPH, FASTEST_LIMIT_MPH)),)
PASSWORD = Parameter("password", pin, required=False)
PARKED = ("parked",)

MODES: dict[str, Row] = {
    "set_valet_mode": Row(_switch("valet"), (ON, PASSWORD), PARKED),
    "reset_valet_pin": Row(_clear_as_owner("valet")),
    "set_pin_to_drive": Row(_switch("pin_to_drive"), (ON, PASSWORD)),
    "reset_pin_to_drive_pin": Row(_clear_as_owner("pin_to_drive")),
    "clear_pin_to_drive_admin": Row(_clear_as_owner("pin_to_drive")),
    "guest_mode": _hidden("guest_mode", "enable"),
    "erase_user_data": Row(_erase, needs=PARKED),
    "speed_limit_activate": Row(_activate("speed_limit"), (PIN,)),
    "speed_limit_deactivate": Row(_deactivate("speed_limit"), (PIN,)),
    "speed_limit_clear_pin": Row(_clear("speed_limit"), (PIN,)),
    "speed_limit_clear_pin_admin": Row(_clear_as_owner("speed_limit")),
    "speed_limit_set_limit": Row(_limit_speed, LIMIT),
    "parental_controls_activate": Row(_activate("parental"), (PIN,)),
    "parental_controls_deactivate": Row(_deactivate("parental"), (PIN,)),
    "parental_controls_enable_setting": Row(
        _set_child_setting, (Parameter("setting", text), Parameter("enable", flag))
    ),
    "parental_controls_set_speed_limit": Row(_limit_child, LIMIT),
    "parental_controls_clear_pin_admin": Row(_clear_as_owner("parental")),
    "schedule_software_update": Row(_schedule_update, (Parameter("offset_sec", whole(0, 7 * 86400)),)),
    "cancel_software_update": Row(_cancel_update),
    "set_vehicle_name": Row(_rename, (Parameter("vehicle_name", text),)),
    "set_low_power_mode": _hidden("low_power_mode", "enable"),
    "keep_accessory_power_mode": _hidden("accessory_power_mode", "enable"),
}
