"""Equipment of a car: `vehicle_config` and `gui_settings` (fleet-api.md 2.2; names as recorded)."""

from collections.abc import Mapping
from typing import Any

CAR_TYPES = {"3": "model3", "Y": "modely", "S": "models", "X": "modelx", "C": "cybertruck"}  # VIN letter 4
API_VERSION, OLD_API_VERSION = 79, 67

EQUIPMENT: dict[str, Any] = {
    "aux_park_lamps": "Eu",
    "badge_version": 0,
    "can_accept_navigation_requests": True,
    "can_actuate_trunks": True,
    "car_special_type": "base",
    "car_type": "model3",
    "charge_port_type": "CCS",
    "cop_user_set_temp_supported": True,
    "dashcam_clip_save_supported": True,
    "default_charge_to_max": False,
    "driver_assist": "TeslaAP3",
    "ece_restrictions": True,
    "efficiency_package": "M32021",
    "eu_vehicle": True,
    "exterior_color": "MidnightSilver",
    "exterior_trim": "Black",
    "exterior_trim_override": "",
    "has_air_suspension": False,
    "has_ludicrous_mode": False,
    "has_seat_cooling": False,
    "headlamp_type": "Global",
    "interior_trim_type": "Black2",
    "key_version": 2,
    "motorized_charge_port": True,
    "paint_color_override": "24,24,27,0.9,0.3",
    "performance_package": "Base",
    "plg": True,
    "pws": True,
    "rear_drive_unit": "PM216MOSFET",
    "rear_seat_heaters": 1,
    "rear_seat_type": 0,
    "rhd": False,
    "roof_color": "RoofColorGlass",
    "seat_type": None,
    "spoiler_type": "None",
    "sun_roof_installed": None,
    "supports_qr_pairing": False,
    "third_row_seats": "None",
    "trim_badging": "74d",
    "use_range_badging": True,
    "webcam_selfie_supported": True,
    "webcam_supported": True,
    "wheel_type": "StilettoRefresh19",
}

DISPLAY: dict[str, Any] = {
    "gui_24_hour_time": True,
    "gui_charge_rate_units": "kW",
    "gui_distance_units": "km/hr",
    "gui_range_display": "Rated",
    "gui_temperature_units": "C",
    "gui_tirepressure_units": "Bar",
    "show_range_units": False,
}


def equipment(vin: str, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the car has: the usual things for its model, then the `options`."""
    car_type = CAR_TYPES.get(vin[3:4], "model3")
    return EQUIPMENT | {"car_type": car_type} | dict(options or {})
