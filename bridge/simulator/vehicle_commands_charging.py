"""Charging commands (fleet-api.md 3.2)."""

from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_commands_row import ALREADY_SET, DONE, Row
from bridge.simulator.vehicle_life import settle_charging
from bridge.simulator.vehicle_parameters import LATITUDE, LONGITUDE, Parameter, Params, mapping, whole

STANDARD_LIMIT, FULL_LIMIT = 80, 100
MOST_AMPS = 80  # no car takes more; above its own maximum it takes what it can


def _start(car: Car, _: Params) -> str:
    charging = car.charging
    refusals = {"NoPower": "no_power", "Complete": "complete", "Starting": "is_charging", "Charging": "is_charging"}
    if charging.status in refusals:
        return refusals[charging.status]
    charging.enabled_by_user = True
    settle_charging(car)
    return DONE


def _stop(car: Car, _: Params) -> str:
    if not car.charging.active:
        return "not_charging"
    car.charging.enabled_by_user = False
    settle_charging(car)
    return DONE


def _set_limit(car: Car, params: Params) -> str:
    if car.charging.limit == params["percent"]:
        return ALREADY_SET
    car.charging.set_limit(params["percent"], car.battery)
    settle_charging(car)
    return DONE


def _go_to(percent: int, refusal: str) -> Row:
    """Sets a limit and charges up to it."""

    def handler(car: Car, params: Params) -> str:
        if car.charging.limit == percent:
            return refusal
        _set_limit(car, {"percent": percent})
        if car.charging.plugged and not car.charging.active:
            _start(car, params)
        return DONE

    return Row(handler)


def _set_amps(car: Car, params: Params) -> str:
    amps = min(params["charging_amps"], car.charging.max_amps)
    if car.charging.requested_amps == amps:
        return ALREADY_SET
    car.charging.wanted_amps = amps
    return DONE


def _open_port(car: Car, _: Params) -> str:
    """Opens the door; with a cable in it lets go of the cable, unless current flows."""
    if car.charging.active:
        return "is_charging"
    if car.charging.plugged:
        car.charging.unlatch(car.now)
    car.charging.door_open = True
    return DONE


def _close_port(car: Car, _: Params) -> str:
    if car.charging.plugged:
        return "unavailable"
    car.charging.door_open = False
    return DONE


def _remember(word: str, parameter: str) -> Row:
    """Business charging management: accepted, and nothing that REST shows changes."""

    def handler(car: Car, params: Params) -> str:
        return car.settings.hide(word, params[parameter])

    return Row(handler, (Parameter(parameter, MANAGED[parameter]),))


def _move_charger(car: Car, params: Params) -> str:
    location = params["location"]
    return car.settings.hide("managed_charger_location", (location.get("lat"), location.get("lon")))


def _location(value: object) -> dict[str, float]:
    given = mapping(value)
    return {"lat": LATITUDE(given.get("lat")), "lon": LONGITUDE(given.get("lon"))}


MANAGED = {"charging_amps": whole(0, MOST_AMPS), "time": whole(0, 2**40)}

CHARGING: dict[str, Row] = {
    "charge_start": Row(_start, needs=("cable",)),
    "charge_stop": Row(_stop),
    "charge_standard": _go_to(STANDARD_LIMIT, "already_standard"),
    "charge_max_range": _go_to(FULL_LIMIT, "already_max_range"),
    "set_charge_limit": Row(_set_limit, (Parameter("percent", whole(50, 100)),)),
    "set_charging_amps": Row(_set_amps, (Parameter("charging_amps", whole(0, MOST_AMPS)),), ("cable",)),
    "charge_port_door_open": Row(_open_port, needs=("parked",)),
    "charge_port_door_close": Row(_close_port),
    "set_managed_charge_current_request": _remember("managed_charge_current", "charging_amps"),
    "set_managed_scheduled_charging_time": _remember("managed_charging_time", "time"),
    "set_managed_charger_location": Row(_move_charger, (Parameter("location", _location),)),
}
