"""Fields of Tesla's answers that are no rows, and why: every other field is a value."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

LEFT_OUT: Mapping[str, str] = {
    "count": "how many products are listed",
    "*_state.timestamp": "when the car made the group; last_seen tells it",
    "vehicle_config.timestamp": "when the car made the group; last_seen tells it",
    "gui_settings.timestamp": "when the car made the group; last_seen tells it",
    "energy_history.timestamp": "the bucket's time; the buckets of the day are summed",
    "vehicle.id": "a number of the account",
    "vehicle.id_s": "a number of the account",
    "vehicle.user_id": "a number of the account",
    "vehicle.vehicle_id": "a number of the account",
    "*.tokens": "old tokens of the car, not to be published",
    "*.backseat_token*": "old tokens of the car, not to be published",
    "*.cached_data": "encoded data of the app",
    "*.color": "always null; exterior_colour tells it",
    "*.option_codes": "always null or outdated; the config group tells it",
    "vehicle.api_version": "again in vehicle_state",
    "vehicle.display_name": "the device's name",
    "wall_connector.din": "the device's id, in its topics",
    "charge_state.time_to_full_charge": "minutes_to_full_charge, in hours",
    "charge_state.charge_enable_request": "read together with charging_state",
    "charge_state.user_charge_enable_request": "read together with charging_state",
    "climate_state.battery_heater": "again in charge_state, as battery_heater_on",
    "climate_state.battery_heater_no_power": "again in charge_state, as not_enough_power_to_heat",
    "climate_state.*_temp_direction": "positions of a motor",
    "vehicle_config.badge_version": "of no meaning to a person",
    "vehicle_config.*_override": "of no meaning to a person",
    "vehicle_state.feature_bitmask": "of no meaning to a person",
    "vehicle_state.parsed_calendar_supported": "again as calendar_supported",
    "vehicle_state.autopark_state_v2": "autopark_state_v3 is newer",
    "product.*_banner_enabled": "what the phone app may show",
    "product.*_set": "what the phone app may show",
    "product.*_interested_in": "what the phone app may show",
    "product.*_enabled": "storm mode is read from site_info; the others are what the phone app may show",
    "product.features.*": "what the phone app may show",
    "product.components.*": "read from site_info, which has more",
    "product.*": "live_status and site_info tell it anew every minute",
    "energy_history.serial_number": "of the gateway",
    "energy_history.period": "always `day` as asked",
    "energy_history.installation_time_zone": "read from site_info",
    "energy_history.*raw_timestamp": "the bucket's time; the buckets of the day are summed",
}
"""Pattern of the dotted path, headed by the answer's name -> reason. The first that fits counts."""


def reason(path: str) -> str | None:
    """Why a field is left out; None: it is not."""
    return next((why for pattern, why in LEFT_OUT.items() if fnmatchcase(path, pattern)), None)
