"""`climate_state` as Tesla answers it."""

from typing import Any

from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_climate import COLDEST_SETTING, FRONT_SEATS, WARMEST_SETTING, Climate


def climate_state(car: Car) -> dict[str, Any]:
    """The group without its timestamp."""
    return {
        **_temperatures(car.climate),
        **_running(car.climate),
        **_defrosting(car.climate),
        **_overheating(car.climate),
        **_comfort(car),
    }


def _temperatures(climate: Climate) -> dict[str, Any]:
    return {
        "inside_temp": round(climate.inside, 1),
        "outside_temp": round(climate.outside * 2) / 2,
        "driver_temp_setting": climate.driver,
        "passenger_temp_setting": climate.passenger,
        "min_avail_temp": COLDEST_SETTING,
        "max_avail_temp": WARMEST_SETTING,
    }


def _running(climate: Climate) -> dict[str, Any]:
    return {
        "is_climate_on": climate.on,
        "is_auto_conditioning_on": climate.on,
        "is_preconditioning": climate.preconditioning,
        "climate_keeper_mode": climate.keeper,
        "bioweapon_mode": climate.bioweapon,
        "fan_status": climate.fan,
        "hvac_auto_request": "Override" if climate.defrost else "On",
        "left_temp_direction": 428,
        "right_temp_direction": 428,
        "remote_heater_control_enabled": climate.on,
    }


def _defrosting(climate: Climate) -> dict[str, Any]:
    on = climate.defrost > 0
    return {
        "defrost_mode": climate.defrost,
        "is_front_defroster_on": on,
        "is_rear_defroster_on": on,
        "side_mirror_heaters": on,
        "wiper_blade_heater": on,
        "battery_heater": on and climate.outside < 0,
        "battery_heater_no_power": None,
    }


def _overheating(climate: Climate) -> dict[str, Any]:
    return {
        "allow_cabin_overheat_protection": True,
        "supports_fan_only_cabin_overheat_protection": True,
        "cabin_overheat_protection": climate.overheat,
        "cabin_overheat_protection_actively_cooling": climate.overheat_cooling,
        "cop_activation_temperature": climate.overheat_level,
    }


def _comfort(car: Car) -> dict[str, Any]:
    climate = car.climate
    left, right = FRONT_SEATS
    return {
        **climate.seats,
        **(climate.fans if car.has("has_seat_cooling") else {}),
        "auto_seat_climate_left": climate.auto_seats[left],
        "auto_seat_climate_right": climate.auto_seats[right],
        "auto_steering_wheel_heat": climate.auto_wheel,
        "steering_wheel_heat_level": climate.wheel,
        "steering_wheel_heater": climate.wheel > 0,
    }
