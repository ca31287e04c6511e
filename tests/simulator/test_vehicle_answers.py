"""The shape of the answers: names and JSON types as owners recorded them (fleet-api.md 2.1, 2.2)."""

import json
from itertools import pairwise
from typing import Any

import pytest
from test_vehicle import EVERYTHING, HOME, START, a_car, an_awake_car, later, read

# Fields of a recorded answer (a parked Model 3, firmware 2023.38) by type; null is allowed for any.
RECORDED: dict[str, dict[type, str]] = {
    "": {
        int: "id user_id vehicle_id api_version",
        str: "vin access_type state id_s",
        bool: "in_service calendar_enabled ble_autopair_enrolled",
        list: "tokens",
        dict: "granular_access",
        type(None): "color backseat_token backseat_token_updated_at",
    },
    "charge_state": {
        bool: "battery_heater_on charge_enable_request charge_port_cold_weather_mode charge_port_door_open"
        " fast_charger_present off_peak_charging_enabled preconditioning_enabled scheduled_charging_pending"
        " supercharger_session_trip_planner trip_charging not_enough_power_to_heat user_charge_enable_request",
        int: "battery_level charge_amps charge_current_request charge_current_request_max charge_limit_soc"
        " charge_limit_soc_max charge_limit_soc_min charge_limit_soc_std charger_actual_current charger_phases"
        " charger_pilot_current charger_power charger_voltage max_range_charge_counter minutes_to_full_charge"
        " off_peak_hours_end_time scheduled_charging_start_time scheduled_charging_start_time_app"
        " scheduled_departure_time scheduled_departure_time_minutes timestamp usable_battery_level",
        float: "battery_range charge_energy_added charge_miles_added_ideal charge_miles_added_rated charge_rate"
        " est_battery_range ideal_battery_range time_to_full_charge",
        str: "charge_port_color charge_port_latch charging_state conn_charge_cable fast_charger_brand"
        " fast_charger_type off_peak_charging_times preconditioning_times scheduled_charging_mode",
    },
    "climate_state": {
        bool: "allow_cabin_overheat_protection auto_seat_climate_left auto_seat_climate_right"
        " auto_steering_wheel_heat battery_heater battery_heater_no_power"
        " cabin_overheat_protection_actively_cooling is_auto_conditioning_on is_climate_on"
        " is_front_defroster_on is_preconditioning is_rear_defroster_on remote_heater_control_enabled"
        " side_mirror_heaters steering_wheel_heater supports_fan_only_cabin_overheat_protection"
        " wiper_blade_heater",
        int: "defrost_mode fan_status left_temp_direction right_temp_direction seat_heater_left"
        " seat_heater_rear_center seat_heater_rear_left seat_heater_rear_right seat_heater_right"
        " steering_wheel_heat_level timestamp",
        float: "driver_temp_setting inside_temp max_avail_temp min_avail_temp outside_temp passenger_temp_setting",
        str: "cabin_overheat_protection climate_keeper_mode cop_activation_temperature hvac_auto_request",
    },
    "drive_state": {
        int: "power timestamp speed",
        float: "active_route_traffic_minutes_delay",
        str: "shift_state",
    },
    "gui_settings": {
        bool: "gui_24_hour_time show_range_units",
        str: "gui_charge_rate_units gui_distance_units gui_range_display gui_temperature_units gui_tirepressure_units",
        int: "timestamp",
    },
    "vehicle_config": {
        str: "aux_park_lamps car_special_type car_type charge_port_type driver_assist efficiency_package"
        " exterior_color exterior_trim exterior_trim_override headlamp_type interior_trim_type"
        " paint_color_override performance_package rear_drive_unit roof_color spoiler_type third_row_seats"
        " trim_badging wheel_type",
        int: "badge_version key_version rear_seat_heaters rear_seat_type timestamp utc_offset seat_type"
        " sun_roof_installed",
        bool: "can_accept_navigation_requests can_actuate_trunks cop_user_set_temp_supported"
        " dashcam_clip_save_supported default_charge_to_max ece_restrictions eu_vehicle has_air_suspension"
        " has_ludicrous_mode has_seat_cooling motorized_charge_port plg pws rhd supports_qr_pairing"
        " use_range_badging webcam_selfie_supported webcam_supported",
    },
    "vehicle_state": {
        int: "api_version center_display_state df dr fd_window fp_window ft pf pr rd_window rp_window rt"
        " santa_mode timestamp tpms_last_seen_pressure_time_fl tpms_last_seen_pressure_time_fr"
        " tpms_last_seen_pressure_time_rl tpms_last_seen_pressure_time_rr vehicle_self_test_progress",
        str: "autopark_state_v2 autopark_style car_version dashcam_state feature_bitmask last_autopark_error"
        " vehicle_name",
        bool: "calendar_supported dashcam_clip_save_available is_user_present locked notifications_supported"
        " parsed_calendar_supported remote_start remote_start_enabled remote_start_supported sentry_mode"
        " sentry_mode_available service_mode service_mode_plus smart_summon_available"
        " summon_standby_mode_enabled tpms_hard_warning_fl tpms_hard_warning_fr tpms_hard_warning_rl"
        " tpms_hard_warning_rr tpms_soft_warning_fl tpms_soft_warning_fr tpms_soft_warning_rl"
        " tpms_soft_warning_rr valet_mode valet_pin_needed vehicle_self_test_requested webcam_available",
        float: "odometer tpms_pressure_fl tpms_pressure_fr tpms_pressure_rl tpms_pressure_rr"
        " tpms_rcp_front_value tpms_rcp_rear_value",
    },
    "vehicle_state.media_info": {float: "audio_volume audio_volume_increment audio_volume_max"},
    "vehicle_state.media_state": {bool: "remote_control_enabled"},
    "vehicle_state.software_update": {
        int: "download_perc expected_duration_sec install_perc",
        str: "status version",
    },
    "vehicle_state.speed_limit_mode": {
        bool: "active pin_code_set",
        float: "current_limit_mph min_limit_mph",
        int: "max_limit_mph",
    },
}
SITUATIONS: dict[str, dict[str, Any]] = {
    "parked": {},
    "unplugged": {"plugged": False},
    "charging": {"charging": True},
    "driving": {"drive_to": "work"},
    "fast charging": {"place": "supercharger", "plugged": True},
    "heating": {"climate_on": True, "outside_temp": -12},
    "offered an update": {"software_update": "available"},
}


def _member(answer: dict[str, Any], path: str) -> dict[str, Any]:
    for key in path.split(".") if path else ():
        answer = answer[key]
    return answer


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_recorded_field_is_there_with_its_type(situation: str) -> None:
    car = an_awake_car(**SITUATIONS[situation])
    car.advance(later(minutes=2))
    answer = car.data(None, location=False)

    for path, fields in RECORDED.items():
        group = _member(answer, path)
        for kind, names in fields.items():
            for name in names.split():
                assert name in group, f"{path}.{name}"
                assert group[name] is None or type(group[name]) is kind, f"{path}.{name} is {group[name]!r}"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_answers_are_plain_json(situation: str) -> None:
    car = an_awake_car(**SITUATIONS[situation])
    answers = [car.entry(), car.data(EVERYTHING, location=True), car.fleet_status()]

    assert json.loads(json.dumps(answers, allow_nan=False)) == answers


def test_newer_fields_are_there_too() -> None:
    answer = a_car().data(EVERYTHING, location=True)

    assert answer["charge_schedule_data"]["charge_schedules"] == []
    assert "precondition_schedules" in answer["preconditioning_schedule_data"]
    assert "media_playback_status" in answer["vehicle_state"]["media_info"]
    assert "managed_charging_active" in answer["charge_state"]
    assert answer["closures_state"]["locked"] is True


def test_a_list_entry_names_the_car_and_its_state() -> None:
    entry = a_car().entry()

    assert entry["id_s"] == str(entry["id"])
    assert entry["display_name"] == "Blue"
    assert entry["state"] == "asleep"
    assert entry["vehicle_config"]["car_type"] == "model3"


def test_without_endpoints_all_but_location_and_schedules_are_answered() -> None:
    answer = a_car().data(None, location=True)

    assert {"charge_state", "climate_state", "drive_state", "gui_settings", "vehicle_config", "vehicle_state"} <= (
        answer.keys()
    )
    assert "charge_schedule_data" not in answer
    assert "latitude" not in answer["drive_state"]


def test_only_the_groups_asked_for_are_answered() -> None:
    answer = a_car().data(frozenset({"charge_state"}), location=True)

    assert {key for key, value in answer.items() if isinstance(value, dict)} == {"charge_state", "granular_access"}


def test_a_position_needs_the_group_the_scope_and_an_owner_who_shares_it() -> None:
    car = a_car()
    groups = frozenset({"drive_state", "location_data"})

    assert car.data(groups, location=True)["drive_state"]["latitude"] == HOME.latitude
    assert "latitude" not in car.data(groups, location=False)["drive_state"]
    assert "latitude" not in car.data(frozenset({"drive_state"}), location=True)["drive_state"]
    car.force(hide_private=True)
    assert "latitude" not in car.data(groups, location=True)["drive_state"]


def test_a_position_alone_comes_inside_drive_state() -> None:
    answer = a_car().data(frozenset({"location_data"}), location=True)

    assert answer["drive_state"]["longitude"] == HOME.longitude
    assert "location_data" not in answer


def test_times_are_milliseconds_in_groups_and_seconds_for_the_position() -> None:
    car = an_awake_car()
    answer = car.data(EVERYTHING, location=True)

    assert answer["charge_state"]["timestamp"] == START.timestamp() * 1000
    assert answer["drive_state"]["gps_as_of"] == START.timestamp()


def test_a_parked_car_has_neither_speed_nor_gear() -> None:
    drive = read(a_car(), "drive_state")

    assert drive["speed"] is drive["shift_state"] is None
    assert drive["power"] == 0
    assert "active_route_destination" not in drive


def test_without_a_cable_its_fields_are_invalid() -> None:
    charge = read(an_awake_car(plugged=False), "charge_state")

    assert charge["conn_charge_cable"] == charge["fast_charger_type"] == "<invalid>"
    assert charge["charger_phases"] is None
    assert charge["charge_port_door_open"] is False


def test_old_firmware_answers_less() -> None:
    answer = a_car(old_firmware=True).data(EVERYTHING, location=True)

    assert "charge_schedule_data" not in answer
    assert "managed_charging_active" not in answer["charge_state"]
    assert answer["api_version"] == 67


def test_any_field_can_be_null_invalid_or_missing() -> None:
    car = a_car(
        answers={
            "charge_state.battery_level": None,
            "charge_state.charge_port_latch": "<invalid>",
            "vehicle_state.software_update.status": "<missing>",
            "climate_state": None,
            "charge_state.brand_new": 5,
        }
    )

    answer = car.data(None, location=False)

    assert answer["charge_state"]["battery_level"] is None
    assert answer["charge_state"]["charge_port_latch"] == "<invalid>"
    assert "status" not in answer["vehicle_state"]["software_update"]
    assert answer["climate_state"] is None
    assert answer["charge_state"]["brand_new"] == 5


def test_a_forced_group_comes_only_when_asked_for() -> None:
    answer = a_car(answers={"climate_state": None}).data(frozenset({"charge_state"}), location=False)

    assert "climate_state" not in answer


def test_equipment_follows_the_options() -> None:
    car = an_awake_car()
    assert "seat_fan_front_left" not in read(car, "climate_state")
    assert "sun_roof_state" not in read(car, "vehicle_state")

    car._car.config |= {"has_seat_cooling": True, "sun_roof_installed": 1}

    assert read(car, "climate_state")["seat_fan_front_left"] == 0
    assert read(car, "vehicle_state")["sun_roof_state"] == "closed"


def test_the_odometer_never_falls() -> None:
    car = a_car("commuter")
    readings = []
    for hours in range(1, 48):
        car.advance(later(hours=hours))
        readings.append(read(car, "vehicle_state")["odometer"])

    assert all(b >= a for a, b in pairwise(readings))
    assert readings[-1] > readings[0] + 40
