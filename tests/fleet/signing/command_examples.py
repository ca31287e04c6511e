"""One call of every command: parameters that a car takes, and the state that it needs first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOME = {"lat": 37.4419, "lon": -122.143}
SEAT = {"heater": 4, "seat_position": 4, "level": 2}
PIN = {"pin": "1234"}
NO_ADDRESS = {"home": True, "work": False, "other": True}
WEEK = {"days_of_week": "Mon,Tues,Sat", "enabled": True, "one_time": False, "id": 4711, "name": "mine", **HOME}
DEPARTURE = {
    "enable": True,
    "departure_time": 450,
    "preconditioning_enabled": True,
    "preconditioning_weekdays_only": True,
    "off_peak_charging_enabled": True,
    "off_peak_charging_weekdays_only": False,
    "end_off_peak_time": 360,
}

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "charge_start": {},
    "charge_stop": {},
    "charge_standard": {},
    "charge_max_range": {},
    "set_charge_limit": {"percent": 71},
    "set_charging_amps": {"charging_amps": 7},
    "charge_port_door_open": {},
    "charge_port_door_close": {},
    "set_scheduled_charging": {"enable": True, "time": 150},
    "set_scheduled_departure": DEPARTURE,
    "add_charge_schedule": WEEK | {"start_enabled": True, "start_time": 90, "end_enabled": True, "end_time": 300},
    "remove_charge_schedule": {"id": 4711},
    "batch_remove_charge_schedules": NO_ADDRESS,
    "add_precondition_schedule": WEEK | {"precondition_time": 430},
    "remove_precondition_schedule": {"id": 4711},
    "batch_remove_precondition_schedules": NO_ADDRESS,
    "set_managed_charge_current_request": {"charging_amps": 9},
    "set_managed_charger_location": {"location": HOME},
    "set_managed_scheduled_charging_time": {"time": 60},
    "auto_conditioning_start": {},
    "auto_conditioning_stop": {},
    "set_temps": {"driver_temp": 21.3, "passenger_temp": 19.5},
    "set_preconditioning_max": {"on": True, "manual_override": False},
    "set_climate_keeper_mode": {"climate_keeper_mode": 2, "manual_override": False},
    "set_cabin_overheat_protection": {"on": True, "fan_only": True},
    "set_cop_temp": {"cop_temp": 2},
    "set_bioweapon_mode": {"on": True, "manual_override": False},
    "remote_seat_heater_request": SEAT,
    "remote_seat_cooler_request": {"seat_position": 2, "seat_cooler_level": 3},
    "remote_auto_seat_climate_request": {"auto_seat_position": 1, "auto_climate_on": True},
    "remote_steering_wheel_heater_request": {"on": True},
    "remote_steering_wheel_heat_level_request": {"level": 3},
    "remote_auto_steering_wheel_heat_climate_request": {"on": True},
    "door_lock": {},
    "door_unlock": {},
    "actuate_trunk": {"which_trunk": "rear"},
    "open_tonneau": {},
    "close_tonneau": {},
    "stop_tonneau": {},
    "window_control": {"command": "vent"},
    "sun_roof_control": {"state": "vent"},
    "trigger_homelink": HOME | {"token": "garage"},
    "flash_lights": {},
    "honk_horn": {},
    "remote_boombox": {"sound": 2000},
    "remote_start_drive": {},
    "set_sentry_mode": {"on": False},
    "set_valet_mode": {"on": True, "password": "1234"},
    "reset_valet_pin": {},
    "set_pin_to_drive": {"on": True, "password": "1234"},
    "reset_pin_to_drive_pin": {},
    "clear_pin_to_drive_admin": {},
    "guest_mode": {"enable": True},
    "erase_user_data": {},
    "speed_limit_activate": PIN,
    "speed_limit_deactivate": PIN,
    "speed_limit_clear_pin": PIN,
    "speed_limit_clear_pin_admin": {},
    "speed_limit_set_limit": {"limit_mph": 72.5},
    "parental_controls_activate": PIN,
    "parental_controls_deactivate": PIN,
    "parental_controls_enable_setting": {"setting": "Curfew", "enable": True},
    "parental_controls_set_speed_limit": {"limit_mph": 60.0},
    "parental_controls_clear_pin_admin": {},
    "schedule_software_update": {"offset_sec": 120},
    "cancel_software_update": {},
    "set_vehicle_name": {"vehicle_name": "Zoë"},
    "set_low_power_mode": {"enable": True},
    "keep_accessory_power_mode": {"enable": True},
    "media_toggle_playback": {},
    "media_next_track": {},
    "media_prev_track": {},
    "media_next_fav": {},
    "media_prev_fav": {},
    "media_volume_up": {},
    "media_volume_down": {},
    "adjust_volume": {"volume": 4.5},
    "navigation_request": {"type": "share_ext_content_raw", "value": {"android.intent.extra.TEXT": "Oak Street 1"}},
    "navigation_gps_request": HOME | {"order": 1},
    "navigation_sc_request": {"id": 12, "order": 1},
    "navigation_waypoints_request": {"waypoints": "refId:abc,refId:def"},
    "upcoming_calendar_entries": {"calendar_data": "{}"},
    "take_drivenote": {"note": "rattles"},
}

READY: Mapping[str, Any] = {
    "state": "online",
    "place": "home",
    "plugged": True,
    "charging": False,
    "battery_level": 50,
    "user_present": True,
    "climate_on": True,
    "sentry_mode": True,
    "locked": False,
    "software_update": "available",
}
"""In which most commands change something."""

BEFORE: Mapping[str, Mapping[str, Any]] = {
    "charge_stop": {"charging": True},
    "charge_port_door_close": {"plugged": False},
    "auto_conditioning_start": {"climate_on": False},
    "door_unlock": {"locked": True},
}
"""And what else, where that would not do."""
