"""What the car is and has (entities.md H)."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    sensor,
    topic,
)
from bridge.catalog.rows import Entity


def _fitted(key: str, name: str, field: str, **options: Any) -> Entity:
    """Something that the car has or has not."""
    return binary_sensor(key, name, f"vehicle_config.{field}", **options)


def _fact(key: str, name: str, field: str, **options: Any) -> Entity:
    return sensor(key, name, f"vehicle_config.{field}", **options)


CONFIG = group(
    "config",
    (
        topic("vehicle_name", "Vehicle name", "vehicle_state.vehicle_name", stream="VehicleName"),
        topic(
            "has_tonneau",
            "Tonneau fitted",
            "vehicle_config.car_type",
            read=convert.one_of("cybertruck"),
            stream="CarType",
        ),
        topic(
            "cybertruck",
            "Cybertruck",
            "vehicle_config.car_type",
            read=convert.one_of("cybertruck"),
            stream="CarType",
        ),
        *diagnostics(
            sensor("vin", "VIN", "vehicle.vin"),
            _fact("car_type", "Model", "car_type", stream="CarType"),
            _fact("car_special_type", "Special type", "car_special_type"),
            _fact("trim_badging", "Trim badging", "trim_badging", stream="Trim"),
            _fact("performance_package", "Performance package", "performance_package"),
            _fact("efficiency_package", "Efficiency package", "efficiency_package", stream="EfficiencyPackage"),
            _fact("rear_drive_unit", "Rear drive unit", "rear_drive_unit"),
            _fact("driver_assist", "Driver assistance computer", "driver_assist"),
            _fact("exterior_colour", "Exterior colour", "exterior_color", stream="ExteriorColor"),
            _fact("exterior_trim", "Exterior trim", "exterior_trim"),
            _fact("roof_colour", "Roof colour", "roof_color", stream="RoofColor"),
            _fact("wheel_type", "Wheel type", "wheel_type", stream="WheelType"),
            _fact("spoiler_type", "Spoiler type", "spoiler_type"),
            _fact("interior_trim", "Interior trim", "interior_trim_type"),
            _fact("headlamp_type", "Headlamp type", "headlamp_type"),
            _fact("parking_lamps", "Parking lamps", "aux_park_lamps"),
            _fact("seat_type", "Seat type", "seat_type", read=convert.mapped({})),
            _fact("rear_seat_type", "Rear seat type", "rear_seat_type", read=convert.mapped({})),
            _fact(
                "rear_seat_heaters",
                "Rear seat heaters",
                "rear_seat_heaters",
                read=convert.number,
                note="A code; 0 is none.",
                stream="RearSeatHeaters",
            ),
            _fact("third_row_seats", "Third row seats", "third_row_seats", read=convert.word),
            enum(
                "charge_port_type",
                "Charge port type",
                "vehicle_config.charge_port_type",
                "us eu gb ccs",
                stream="ChargePort",
            ),
            _fact("key_version", "Key version", "key_version", read=convert.number),
            _fact("utc_offset", "UTC offset", "utc_offset", unit="s"),
            _fitted("has_seat_cooling", "Seat cooling fitted", "has_seat_cooling"),
            _fitted("has_air_suspension", "Air suspension fitted", "has_air_suspension"),
            _fitted("has_ludicrous_mode", "Ludicrous mode fitted", "has_ludicrous_mode"),
            _fitted("power_liftgate", "Power liftgate fitted", "plg"),
            _fitted("pedestrian_warning", "Pedestrian warning fitted", "pws"),
            _fitted("can_actuate_trunks", "Trunks can be opened remotely", "can_actuate_trunks"),
            _fitted("motorised_charge_port", "Motorised charge port fitted", "motorized_charge_port"),
            _fitted("accepts_navigation", "Accepts navigation requests", "can_accept_navigation_requests"),
            _fitted("default_charge_to_max", "Charges to maximum by default", "default_charge_to_max"),
            _fitted(
                "cabin_overheat_temperature_supported",
                "Cabin overheat temperature can be set",
                "cop_user_set_temp_supported",
            ),
            _fitted("dashcam_clip_supported", "Dashcam clips supported", "dashcam_clip_save_supported"),
            _fitted("webcam_supported", "Webcam supported", "webcam_supported"),
            _fitted("webcam_selfie_supported", "Webcam selfies supported", "webcam_selfie_supported"),
            _fitted("qr_pairing_supported", "QR code pairing supported", "supports_qr_pairing"),
            _fitted("range_badging", "Range badging", "use_range_badging"),
            _fitted("european", "European vehicle", "eu_vehicle", stream="EuropeVehicle"),
            _fitted("ece_restrictions", "ECE restrictions", "ece_restrictions"),
            _fitted("right_hand_drive", "Right-hand drive", "rhd", stream="RightHandDrive"),
            binary_sensor(
                "sunroof_installed",
                "Sunroof installed",
                "vehicle_config.sun_roof_installed",
                read=convert.nonzero,
                stream="SunroofInstalled",
            ),
            enum(
                "distance_unit",
                "Distance unit",
                "gui_settings.gui_distance_units",
                "km_hr mi_hr",
                stream="SettingDistanceUnit",
            ),
            enum(
                "temperature_unit",
                "Temperature unit",
                "gui_settings.gui_temperature_units",
                "c f",
                stream="SettingTemperatureUnit",
            ),
            enum(
                "tyre_pressure_unit",
                "Tyre pressure unit",
                "gui_settings.gui_tirepressure_units",
                "psi bar",
                stream="SettingTirePressureUnit",
            ),
            enum(
                "charge_unit",
                "Charge unit",
                "gui_settings.gui_charge_rate_units",
                "kw km_hr mi_hr",
                read=convert.mapped({"kW": "kw", "km/hr": "km_hr", "mi/hr": "mi_hr"}),
                stream="SettingChargeUnit",
            ),
            enum("range_display", "Range display", "gui_settings.gui_range_display", "rated ideal"),
            binary_sensor(
                "clock_24_hours", "Clock with 24 hours", "gui_settings.gui_24_hour_time", stream="Setting24HourTime"
            ),
            binary_sensor("shows_range", "Shows range", "gui_settings.show_range_units"),
            binary_sensor("calendar_supported", "Calendar supported", "vehicle_state.calendar_supported"),
            binary_sensor(
                "notifications_supported", "Notifications supported", "vehicle_state.notifications_supported"
            ),
        ),
    ),
)
