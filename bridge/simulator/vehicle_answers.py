"""What the API answers about a car: the list entry, `vehicle_data`, `fleet_status` (fleet-api.md 2.1, 2.2, 2.4)."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from bridge.simulator.places import miles_between
from bridge.simulator.vehicle_answers_charge import (
    charge_schedule_data,
    charge_state,
    preconditioning_schedule_data,
)
from bridge.simulator.vehicle_answers_climate import climate_state
from bridge.simulator.vehicle_answers_state import closures_state, vehicle_state
from bridge.simulator.vehicle_battery import RATED_MILES_FULL
from bridge.simulator.vehicle_car import Car, Route
from bridge.simulator.vehicle_config import API_VERSION, OLD_API_VERSION

FIRST_ID = 1_493_131_276_000_000
MISSING = "<missing>"  # in forced answers: leave the field out
DEFAULT_GROUPS = frozenset({
    "charge_state", "climate_state", "closures_state", "drive_state", "gui_settings", "vehicle_config", "vehicle_state",
})  # fmt: skip
# What firmware of 2023 did not have; "group.field" or a whole group.
NEWER = (
    "charge_schedule_data",
    "preconditioning_schedule_data",
    "closures_state",
    "charge_state.managed_charging_active",
    "charge_state.managed_charging_start_time",
    "charge_state.managed_charging_user_canceled",
    "climate_state.bioweapon_mode",
)
MINUTES_PER_MILE = 1.7  # what the navigation of a parked car expects


def entry(car: Car) -> dict[str, Any]:
    """A car in `products` and `vehicles`."""
    return _identity(car) | {
        "display_name": car.settings.name,
        "option_codes": None,
        "cached_data": "",
        "mobile_access_disabled": not car.access.mobile_access,
        "command_signing": car.access.command_signing,
        "release_notes_supported": True,
        "vehicle_config": vehicle_config(car) | {"timestamp": milliseconds(car)},
    }


def data(car: Car, groups: frozenset[str] | None, *, location: bool) -> dict[str, Any]:
    """`vehicle_data`: identity and the groups asked for; a position needs `location_data` and leave to tell it."""
    wanted = DEFAULT_GROUPS if groups is None else groups
    shows_place = location and "location_data" in wanted and not car.access.hide_private
    answer = _identity(car)
    for name, group in GROUPS.items():
        if name in wanted:
            answer[name] = group(car) | {"timestamp": milliseconds(car)}
    if shows_place:
        answer.setdefault("drive_state", {"timestamp": milliseconds(car)}).update(location_data(car))
    if car.access.old_firmware:
        _change(answer, dict.fromkeys(NEWER, MISSING))
    _change(answer, car.access.answers)
    return answer


def fleet_status(car: Car) -> dict[str, Any]:
    """The car's member of `vehicle_info`."""
    old = car.access.old_firmware
    return {
        "firmware_version": car.software.version,
        "vehicle_command_protocol_required": car.access.command_signing == "required",
        "discounted_device_data": car.access.discounted,
        "fleet_telemetry_version": None if old else "1.1.0",
        "total_number_of_keys": car.access.number_of_keys,
        "safety_screen_streaming_toggle_enabled": not old,
    }


def milliseconds(car: Car) -> int:
    """`timestamp` of a group."""
    return int(car.now.timestamp() * 1000)


def vehicle_config(car: Car) -> dict[str, Any]:
    """The equipment, and the time zone the car is in now."""
    offset = car.local.utcoffset() or timedelta(0)
    return car.config | {"utc_offset": int(offset.total_seconds())}


def gui_settings(car: Car) -> dict[str, Any]:
    """How the screen shows things; the answers' units do not follow it."""
    return dict(car.display)


def drive_state(car: Car) -> dict[str, Any]:
    """Gear, speed, power and the way to go; nothing about where."""
    drive = car.drive
    moving = drive.gear is not None
    return {
        "power": _kilowatts(car),
        "shift_state": drive.gear,
        "speed": round(_speed(car)) if moving else None,
        "active_route_traffic_minutes_delay": 0.0,
        **(_route(car, drive.route) if drive.route else {}),
    }


def location_data(car: Car) -> dict[str, Any]:
    """What a position adds to drive_state."""
    latitude, longitude = round(car.place.latitude, 6), round(car.place.longitude, 6)
    position: dict[str, Any] = {
        "gps_as_of": int(car.now.timestamp()),
        "heading": round(car.drive.heading) % 360,
        "latitude": latitude,
        "longitude": longitude,
        "native_latitude": latitude,
        "native_location_supported": 1,
        "native_longitude": longitude,
        "native_type": "wgs",
    }
    if car.drive.route:
        position["active_route_latitude"] = round(car.drive.route.place.latitude, 6)
        position["active_route_longitude"] = round(car.drive.route.place.longitude, 6)
    return position


GROUPS: dict[str, Callable[[Car], dict[str, Any]]] = {
    "charge_state": charge_state,
    "climate_state": climate_state,
    "closures_state": closures_state,
    "drive_state": drive_state,
    "gui_settings": gui_settings,
    "vehicle_config": vehicle_config,
    "vehicle_state": vehicle_state,
    "charge_schedule_data": charge_schedule_data,
    "preconditioning_schedule_data": preconditioning_schedule_data,
}


def _identity(car: Car) -> dict[str, Any]:
    random = Random(car.vin)
    number = FIRST_ID + car.number
    return {
        "id": number,
        "user_id": 910_234,
        "vehicle_id": 2_000_000 + car.number,
        "vin": car.vin,
        "color": None,
        "access_type": car.access.access_type,
        "granular_access": {"hide_private": car.access.hide_private},
        "tokens": [f"{random.getrandbits(64):016x}" for _ in range(2)],
        "state": car.sleep.state,
        "in_service": car.access.in_service,
        "id_s": str(number),
        "calendar_enabled": True,
        "api_version": OLD_API_VERSION if car.access.old_firmware else API_VERSION,
        "backseat_token": None,
        "backseat_token_updated_at": None,
        "ble_autopair_enrolled": False,
    }


def _speed(car: Car) -> float:
    drive = car.drive
    return drive.covered.speed if drive.covered else drive.speed


def _kilowatts(car: Car) -> int:
    """Negative is regeneration or charging (fleet-api.md 2.2)."""
    if car.charging.watts:
        return -round(car.charging.watts / 1000)
    driving = car.drive.covered.power if car.drive.covered else 0.0
    return round(driving + car.climate.kilowatts)


def _route(car: Car, route: Route) -> dict[str, Any]:
    miles, minutes = _way_left(car, route)
    percent = car.battery.percent - miles / RATED_MILES_FULL * 100
    return {
        "active_route_destination": route.name,
        "active_route_energy_at_arrival": max(0, round(percent)),
        "active_route_miles_to_arrival": round(miles, 6),
        "active_route_minutes_to_arrival": round(minutes, 6),
    }


def _way_left(car: Car, route: Route) -> tuple[float, float]:
    drive = car.drive
    own = drive.to is not None and drive.to.name == route.name
    if own and drive.journey and drive.departed and drive.covered:
        seconds = drive.journey.seconds - (car.now - drive.departed).total_seconds()
        return drive.journey.miles - drive.covered.miles, seconds / 60
    miles = miles_between(car.place, route.place)
    return miles, miles * MINUTES_PER_MILE


def _change(answer: dict[str, Any], fields: dict[str, Any]) -> None:
    """Puts forced values in, or takes fields out; only in groups that were asked for."""
    for path, value in fields.items():
        *parents, key = path.split(".")
        target: Any = answer
        for parent in parents:
            target = target.get(parent) if isinstance(target, dict) else None
        if isinstance(target, dict) and (parents or key in answer):
            _put(target, key, value)


def _put(target: dict[str, Any], key: str, value: Any) -> None:
    if value == MISSING:
        target.pop(key, None)
    else:
        target[key] = value
