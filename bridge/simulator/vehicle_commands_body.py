"""Locks, doors, windows, lights and horn (fleet-api.md 3.2)."""

from collections.abc import Callable

from bridge.simulator.vehicle_body import REMOTE_START, TRUNK_OPEN
from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_commands_row import DONE, Row
from bridge.simulator.vehicle_parameters import (
    LAT,
    LATITUDE,
    LON,
    LONGITUDE,
    ON,
    Parameter,
    Params,
    choice,
    text,
)

VENTED = 1
VENT_PERCENT, OPEN_PERCENT, HALF_WAY = 20, 100, 50
STOPPED_AT = {"vent": VENT_PERCENT, "close": 0, "stop": HALF_WAY}


def _lock(car: Car, _: Params) -> str:
    car.body.locked = True
    return DONE


def _unlock(car: Car, _: Params) -> str:
    car.body.locked = False
    return DONE


def _start_drive(car: Car, _: Params) -> str:
    car.body.started_until = car.now + REMOTE_START
    return DONE


def _move_trunk(car: Car, params: Params) -> str:
    """The front one only opens; the rear one toggles when it has a motor (`plg`), else it only opens."""
    if params["which_trunk"] == "front":
        car.body.front_trunk = TRUNK_OPEN
    else:
        closes = car.body.rear_trunk and car.has("plg")
        car.body.rear_trunk = 0 if closes else TRUNK_OPEN
    return DONE


def _move_windows(car: Car, params: Params) -> str:
    wanted = VENTED if params["command"] == "vent" else 0
    car.body.windows = dict.fromkeys(car.body.windows, wanted)
    return DONE


def _move_sun_roof(car: Car, params: Params) -> str:
    car.body.sun_roof_percent = STOPPED_AT[params["state"]]
    return DONE


def _tonneau(percent: int) -> Row:
    def handler(car: Car, _: Params) -> str:
        car.body.tonneau_percent = percent
        return DONE

    return Row(handler, needs=("tonneau", "parked"))


def _set_sentry(car: Car, params: Params) -> str:
    if car.body.sentry == params["on"]:
        return "already on" if params["on"] else "already off"
    car.body.sentry = params["on"]
    return DONE


def noticed(word: str) -> Callable[[Car, Params], str]:
    """Nothing in the answers changes; somebody in the street heard or saw it."""

    def handler(car: Car, _: Params) -> str:
        car.body.noticed.append((word, car.now))
        return DONE

    return handler


PARKED = ("parked",)
OPTIONAL_PLACE = (
    Parameter("lat", LATITUDE, required=False, default=0.0),
    Parameter("lon", LONGITUDE, required=False, default=0.0),
)

BODY: dict[str, Row] = {
    "door_lock": Row(_lock),
    "door_unlock": Row(_unlock),
    "remote_start_drive": Row(_start_drive, needs=PARKED),
    "actuate_trunk": Row(_move_trunk, (Parameter("which_trunk", choice("front", "rear")),), PARKED),
    "open_tonneau": _tonneau(OPEN_PERCENT),
    "close_tonneau": _tonneau(0),
    "stop_tonneau": _tonneau(HALF_WAY),
    "window_control": Row(_move_windows, (Parameter("command", choice("vent", "close")), *OPTIONAL_PLACE), PARKED),
    "sun_roof_control": Row(_move_sun_roof, (Parameter("state", choice(*STOPPED_AT)),), ("sun_roof", *PARKED)),
    "trigger_homelink": Row(noticed("homelink"), (LAT, LON, Parameter("token", text, required=False)), ("homelink",)),
    "honk_horn": Row(noticed("horn"), needs=PARKED),
    "flash_lights": Row(noticed("lights"), needs=PARKED),
    "remote_boombox": Row(noticed("boombox"), (Parameter("sound", choice(0, 2000)),), PARKED),
    "set_sentry_mode": Row(_set_sentry, (ON,), PARKED),
}
