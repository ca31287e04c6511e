"""Climate and comfort commands (fleet-api.md 3.2)."""

from collections.abc import Callable

from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_climate import COLDEST_SETTING, COOLED_SEATS, FRONT_SEATS, WARMEST_SETTING
from bridge.simulator.vehicle_commands_row import ALREADY_SET, DONE, NOT_SUPPORTED, Row
from bridge.simulator.vehicle_parameters import ON, Parameter, Params, choice, flag, number, whole

KEEPERS = ("off", "on", "dog", "camp")
OVERHEAT_LEVELS = ("Low", "Medium", "High")
DEFROST_MAX = 2
WHEEL_LOW, WHEEL_HIGH = 1, 3
# Index of a seat in remote_seat_heater_request.
SEATS = (
    "seat_heater_left",
    "seat_heater_right",
    "seat_heater_rear_left",
    "seat_heater_rear_left_back",
    "seat_heater_rear_center",
    "seat_heater_rear_right",
    "seat_heater_rear_right_back",
    "seat_heater_third_row_left",
    "seat_heater_third_row_right",
)


def _start(car: Car, _: Params) -> str:
    if car.climate.on:
        return "already on"
    car.climate.start(car.now)
    return DONE


def _stop(car: Car, _: Params) -> str:
    if not car.climate.on:
        return "already off"
    car.climate.stop()
    return DONE


def _set_temps(car: Car, params: Params) -> str:
    car.climate.driver, car.climate.passenger = params["driver_temp"], params["passenger_temp"]
    return DONE


def _set_defrost(car: Car, params: Params) -> str:
    wanted = DEFROST_MAX if params["on"] else 0
    if car.climate.defrost == wanted:
        return ALREADY_SET
    if params["on"]:
        car.climate.start(car.now)
    car.climate.defrost = wanted
    return DONE


def _set_keeper(car: Car, params: Params) -> str:
    wanted = KEEPERS[params["climate_keeper_mode"]]
    if car.climate.keeper == wanted:
        return ALREADY_SET
    if wanted == "off":
        car.climate.stop()
    else:
        car.climate.start(car.now)
    car.climate.keeper = wanted
    return DONE


def _set_overheat(car: Car, params: Params) -> str:
    wanted = "Off" if not params["on"] else "FanOnly" if params["fan_only"] else "On"
    if car.climate.overheat == wanted:
        return ALREADY_SET
    car.climate.overheat = wanted
    return DONE


def _set_overheat_level(car: Car, params: Params) -> str:
    wanted = OVERHEAT_LEVELS[params["cop_temp"]]
    if car.climate.overheat_level == wanted:
        return ALREADY_SET
    car.climate.overheat_level = wanted
    return DONE


def _set_bioweapon(car: Car, params: Params) -> str:
    if car.climate.bioweapon == params["on"]:
        return ALREADY_SET
    if params["on"]:
        car.climate.start(car.now)
    car.climate.bioweapon = params["on"]
    return DONE


def _heat_seat(car: Car, params: Params) -> str:
    seat = SEATS[params["heater"]]
    if seat not in car.climate.seats:
        return NOT_SUPPORTED
    car.climate.seats[seat] = params["level"]
    if seat in car.climate.auto_seats:
        car.climate.auto_seats[seat] = False
    return DONE


def _cool_seat(car: Car, params: Params) -> str:
    car.climate.fans[COOLED_SEATS[params["seat_position"] - 1]] = params["seat_cooler_level"]
    return DONE


def _set_auto_seat(car: Car, params: Params) -> str:
    car.climate.auto_seats[FRONT_SEATS[params["auto_seat_position"] - 1]] = params["auto_climate_on"]
    return DONE


def _switch_wheel(car: Car, params: Params) -> str:
    return _heat_wheel(car, WHEEL_HIGH if params["on"] else 0)


def _set_wheel_level(car: Car, params: Params) -> str:
    return _heat_wheel(car, params["level"])


def _heat_wheel(car: Car, level: int) -> str:
    car.climate.wheel = level
    car.climate.auto_wheel = False
    return DONE


def _set_auto_wheel(car: Car, params: Params) -> str:
    car.climate.auto_wheel = params["on"]
    return DONE


def _settable(handler: Callable[[Car, Params], str], name: str) -> Row:
    return Row(handler, (Parameter(name, whole(0, 3)), OVERRIDE))


OVERRIDE = Parameter("manual_override", flag, required=False, default=False)
TEMPERATURE = number(COLDEST_SETTING, WARMEST_SETTING)
FRONT = whole(1, 2)
COMFORT = ("climate",)

CLIMATE: dict[str, Row] = {
    "auto_conditioning_start": Row(_start),
    "auto_conditioning_stop": Row(_stop),
    "set_temps": Row(_set_temps, (Parameter("driver_temp", TEMPERATURE), Parameter("passenger_temp", TEMPERATURE))),
    "set_preconditioning_max": Row(_set_defrost, (ON, OVERRIDE)),
    "set_climate_keeper_mode": _settable(_set_keeper, "climate_keeper_mode"),
    "set_cabin_overheat_protection": Row(
        _set_overheat, (ON, Parameter("fan_only", flag, required=False, default=False))
    ),
    "set_cop_temp": Row(_set_overheat_level, (Parameter("cop_temp", whole(0, 2)),)),
    "set_bioweapon_mode": Row(_set_bioweapon, (ON, OVERRIDE)),
    "remote_seat_heater_request": Row(
        _heat_seat,
        (Parameter("heater", whole(0, 8), also="seat_position"), Parameter("level", whole(0, 3))),
        COMFORT,
    ),
    "remote_seat_cooler_request": Row(
        _cool_seat,
        (Parameter("seat_position", FRONT), Parameter("seat_cooler_level", whole(0, 3))),
        ("seat_cooling", *COMFORT),
    ),
    "remote_auto_seat_climate_request": Row(
        _set_auto_seat,
        (Parameter("auto_seat_position", FRONT), Parameter("auto_climate_on", flag)),
        COMFORT,
    ),
    "remote_steering_wheel_heater_request": Row(_switch_wheel, (ON,), COMFORT),
    "remote_steering_wheel_heat_level_request": Row(
        _set_wheel_level, (Parameter("level", choice(0, WHEEL_LOW, WHEEL_HIGH)),), COMFORT
    ),
    "remote_auto_steering_wheel_heat_climate_request": Row(_set_auto_wheel, (ON,), COMFORT),
}
