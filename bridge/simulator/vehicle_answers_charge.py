"""`charge_state`, `charge_schedule_data` and `preconditioning_schedule_data` as Tesla answers them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.simulator.vehicle_battery import RECENT_CONSUMPTION, Battery
from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_charging import Charging
from bridge.simulator.vehicle_schedules import EVERY_DAY, Timetable

INVALID = "<invalid>"
MINUTES_STEP = 5  # the car counts the rest of a charge in such steps
FIELDS_OF_CABLE = ("conn_charge_cable", "fast_charger_type", "fast_charger_brand")
CABLES = {  # by "direct current"
    None: (INVALID, INVALID, INVALID),
    False: ("IEC", "ACSingleWireCAN", ""),
    True: ("IEC", "Combo", "Tesla"),
}


def charge_state(car: Car) -> dict[str, Any]:
    """The group without its timestamp."""
    return {
        **_battery(car),
        **_session(car.charging, car.battery, car.now),
        **_limits(car.charging),
        **_port(car.charging, car.now),
        **_schedule(car),
        "battery_heater_on": car.charging.active and car.climate.outside < 0,
        "charge_port_cold_weather_mode": car.climate.outside < 0 and car.charging.plugged,
        "managed_charging_active": False,
        "managed_charging_start_time": None,
        "managed_charging_user_canceled": False,
        "max_range_charge_counter": 0,
        "not_enough_power_to_heat": False if car.charging.active else None,
        "supercharger_session_trip_planner": False,
        "trip_charging": bool(car.charging.supply and car.charging.supply.is_dc),
    }


def _battery(car: Car) -> dict[str, Any]:
    battery = car.battery
    return {
        "battery_level": battery.level,
        "usable_battery_level": battery.usable_level(car.climate.outside),
        "battery_range": round(battery.rated_miles, 2),
        "ideal_battery_range": round(battery.rated_miles, 2),
        "est_battery_range": round(battery.rated_miles * RECENT_CONSUMPTION, 2),
    }


def _session(charging: Charging, battery: Battery, now: datetime) -> dict[str, Any]:
    minutes = _rest_minutes(charging.hours_to_limit(battery))
    miles = round(battery.miles_of(charging.energy_added) * 2) / 2
    is_dc = bool(charging.supply and charging.supply.is_dc)
    return {
        "charging_state": charging.status,
        "charge_energy_added": round(charging.energy_added, 2),
        "charge_miles_added_ideal": miles,
        "charge_miles_added_rated": miles,
        "charge_rate": _miles_per_hour(charging, battery),
        "charger_actual_current": 0 if is_dc else round(charging.amps),
        "charger_phases": _phases(charging),
        "charger_pilot_current": _pilot(charging),
        "charger_power": round(charging.watts / 1000),
        "charger_voltage": round(charging.volts(now)),
        "minutes_to_full_charge": minutes,
        "time_to_full_charge": round(minutes / 60, 2),
    }


def _rest_minutes(hours: float) -> int:
    return -(-round(hours * 60) // MINUTES_STEP) * MINUTES_STEP


def _miles_per_hour(charging: Charging, battery: Battery) -> float:
    return round(battery.miles_of(charging.watts / 1000), 1)


def _phases(charging: Charging) -> int | None:
    """None without alternating current (fleet-api.md 2.2); recorded with a number when complete."""
    supply = charging.supply
    if supply is None or supply.is_dc or charging.status not in {"Charging", "Complete"}:
        return None
    return supply.phases


def _pilot(charging: Charging) -> int:
    return charging.supply.amps if charging.supply and charging.has_power else 0


def _limits(charging: Charging) -> dict[str, Any]:
    return {
        "charge_amps": charging.requested_amps,
        "charge_current_request": charging.requested_amps,
        "charge_current_request_max": charging.max_amps,
        "charge_enable_request": charging.enabled_by_user is not False,
        "user_charge_enable_request": charging.enabled_by_user,
        "charge_limit_soc": charging.limit,
        "charge_limit_soc_max": 100,
        "charge_limit_soc_min": 50,
        "charge_limit_soc_std": 80,
    }


def _port(charging: Charging, now: datetime) -> dict[str, Any]:
    is_dc = charging.supply.is_dc if charging.supply else None
    return {
        "charge_port_color": INVALID,  # recorded so by two owners, plugged in
        "charge_port_door_open": charging.door_open,
        "charge_port_latch": _latch(charging, now),
        "fast_charger_present": bool(is_dc),
        **dict(zip(FIELDS_OF_CABLE, CABLES[is_dc], strict=True)),
    }


def _latch(charging: Charging, now: datetime) -> str:
    unlatched = charging.unlatched_until is not None and now < charging.unlatched_until
    empty = charging.door_open and not charging.plugged
    return "Disengaged" if unlatched or empty else "Engaged"


def _schedule(car: Car) -> dict[str, Any]:
    table = car.timetable
    start = table.next_start(car.local, car.place, car.charging.hours_needed(car.battery))
    waits = car.charging.status == "Stopped" and car.charging.enabled_by_user is None
    return {
        "scheduled_charging_mode": table.mode,
        "scheduled_charging_pending": waits and start is not None,
        "scheduled_charging_start_time": int(start.timestamp()) if start else None,
        "scheduled_charging_start_time_app": table.start_minutes,
        "scheduled_departure_time": int(_departure(car).timestamp()),
        "scheduled_departure_time_minutes": table.departure_minutes,
        "off_peak_charging_enabled": table.off_peak,
        "off_peak_charging_times": _days(table.off_peak_days),
        "off_peak_hours_end_time": table.off_peak_end,
        "preconditioning_enabled": table.preconditioning,
        "preconditioning_times": _days(table.preconditioning_days),
    }


def _departure(car: Car) -> datetime:
    """The coming time of day of the scheduled departure."""
    midnight = car.local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + timedelta(minutes=car.timetable.departure_minutes)
    return (at if at > car.local else at + timedelta(days=1)).astimezone(UTC)


def _days(mask: int) -> str:
    return "all_week" if mask == EVERY_DAY else "weekdays"


def charge_schedule_data(car: Car) -> dict[str, Any]:
    """The charge schedules; key names of the list [M], the rest from the protobuf [L] (fleet-api.md 2.2)."""
    return {
        "charge_buffer": 0,
        "charge_schedules": [dict(schedule) for schedule in car.timetable.charge],
        "max_num_charge_schedules": 200,
        "next_schedule": _any_enabled(car.timetable, "charge"),
        "show_schedule_complete_state": False,
    }


def preconditioning_schedule_data(car: Car) -> dict[str, Any]:
    """The precondition schedules."""
    return {
        "precondition_schedules": [dict(schedule) for schedule in car.timetable.precondition],
        "max_num_precondition_schedules": 200,
        "next_schedule": _any_enabled(car.timetable, "precondition"),
        "preconditioning_schedule_window": None,
    }


def _any_enabled(table: Timetable, which: str) -> bool:
    return any(schedule["enabled"] for schedule in getattr(table, which))
