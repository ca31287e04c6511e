"""Every command of fleet-api.md 3.2 changes what the next read shows, or is refused in Tesla's words."""

from typing import Any

import pytest
from test_vehicle import EVERYTHING, HOME, START, an_awake_car, later, read

from bridge.simulator.errors import BadParameter
from bridge.simulator.vehicle_commands import TABLE
from bridge.simulator.vehicle_commands_signed import SIGNED

Fields = dict[str, Any]
HERE = {"lat": HOME.latitude, "lon": HOME.longitude}
WARM: Fields = {"climate_on": True, "outside_temp": 20, "inside_temp": 21}
INSIDE: Fields = {"user_present": True}
DRIVING: Fields = {"drive_to": "work"}
CHARGE, CLIMATE, STATE = "charge_state.", "climate_state.", "vehicle_state."
WEEKDAYS = {"days_of_week": "Weekdays", "enabled": True, **HERE, "id": 77, "name": "Nights"}
CHARGE_PLAN = WEEKDAYS | {"start_enabled": True, "start_time": 1320}
WARM_PLAN = WEEKDAYS | {"precondition_time": 450}
PIN = {"pin": "1234"}
DESTINATION = {
    "type": "share_ext_content_raw",
    "value": {"android.intent.extra.TEXT": "Town Hall\nhttps://maps"},
    "locale": "en-US",
    "timestamp_ms": "1700000000000",
}

# command, parameters, what the next read shows, what the car was like before
EFFECTS: list[tuple[str, Fields, Fields, Fields]] = [
    ("charge_start", {}, {CHARGE + "charging_state": "Starting", CHARGE + "user_charge_enable_request": True}, {}),
    ("charge_stop", {}, {CHARGE + "charging_state": "Stopped", CHARGE + "user_charge_enable_request": False},
     {"charging": True}),
    ("charge_standard", {}, {CHARGE + "charge_limit_soc": 80},
     {"_limit": 60}),
    ("charge_max_range", {}, {CHARGE + "charge_limit_soc": 100, CHARGE + "charging_state": "Starting"}, {}),
    ("set_charge_limit", {"percent": 90}, {CHARGE + "charge_limit_soc": 90}, {}),
    ("set_charging_amps", {"charging_amps": 7}, {CHARGE + "charge_current_request": 7, CHARGE + "charge_amps": 7}, {}),
    ("set_scheduled_charging", {"enable": True, "time": 120},
     {CHARGE + "scheduled_charging_mode": "StartAt", CHARGE + "scheduled_charging_start_time_app": 120}, {}),
    ("set_scheduled_departure", {"enable": True, "departure_time": 480, "preconditioning_enabled": True},
     {CHARGE + "scheduled_charging_mode": "DepartBy", CHARGE + "scheduled_departure_time_minutes": 480,
      CHARGE + "preconditioning_enabled": True, CHARGE + "preconditioning_times": "all_week"}, {}),
    ("charge_port_door_open", {}, {CHARGE + "charge_port_latch": "Disengaged"}, {}),
    ("charge_port_door_open", {}, {CHARGE + "charge_port_door_open": True}, {"plugged": False}),
    ("auto_conditioning_start", {}, {CLIMATE + "is_climate_on": True, CLIMATE + "is_auto_conditioning_on": True}, {}),
    ("auto_conditioning_stop", {}, {CLIMATE + "is_climate_on": False, CLIMATE + "fan_status": 0}, WARM),
    ("set_temps", {"driver_temp": 19, "passenger_temp": 23.5},
     {CLIMATE + "driver_temp_setting": 19.0, CLIMATE + "passenger_temp_setting": 23.5}, {}),
    ("set_preconditioning_max", {"on": True, "manual_override": False},
     {CLIMATE + "defrost_mode": 2, CLIMATE + "is_climate_on": True, CLIMATE + "is_rear_defroster_on": True}, {}),
    ("set_climate_keeper_mode", {"climate_keeper_mode": 2},
     {CLIMATE + "climate_keeper_mode": "dog", CLIMATE + "is_climate_on": True, STATE + "center_display_state": 8}, {}),
    ("set_cabin_overheat_protection", {"on": True, "fan_only": True},
     {CLIMATE + "cabin_overheat_protection": "FanOnly"}, {}),
    ("set_cop_temp", {"cop_temp": 0}, {CLIMATE + "cop_activation_temperature": "Low"}, {}),
    ("set_bioweapon_mode", {"on": True, "manual_override": True},
     {CLIMATE + "bioweapon_mode": True, CLIMATE + "is_climate_on": True}, {}),
    ("remote_seat_heater_request", {"heater": 5, "level": 2}, {CLIMATE + "seat_heater_rear_right": 2}, WARM),
    ("remote_seat_heater_request", {"seat_position": 0, "level": 1},
     {CLIMATE + "seat_heater_left": 1, CLIMATE + "auto_seat_climate_left": False}, WARM),
    ("remote_seat_cooler_request", {"seat_position": 2, "seat_cooler_level": 3},
     {CLIMATE + "seat_fan_front_right": 3}, WARM | {"_config": {"has_seat_cooling": True}}),
    ("remote_auto_seat_climate_request", {"auto_seat_position": 2, "auto_climate_on": False},
     {CLIMATE + "auto_seat_climate_right": False}, WARM),
    ("remote_steering_wheel_heater_request", {"on": True},
     {CLIMATE + "steering_wheel_heater": True, CLIMATE + "steering_wheel_heat_level": 3}, WARM),
    ("remote_steering_wheel_heat_level_request", {"level": 1}, {CLIMATE + "steering_wheel_heat_level": 1}, WARM),
    ("remote_auto_steering_wheel_heat_climate_request", {"on": True}, {CLIMATE + "auto_steering_wheel_heat": True},
     WARM),
    ("door_lock", {}, {STATE + "locked": True}, {"locked": False}),
    ("door_unlock", {}, {STATE + "locked": False}, {}),
    ("remote_start_drive", {}, {STATE + "remote_start": True}, {}),
    ("actuate_trunk", {"which_trunk": "front"}, {STATE + "ft": 16}, {}),
    ("actuate_trunk", {"which_trunk": "rear"}, {STATE + "rt": 16}, {}),
    ("actuate_trunk", {"which_trunk": "rear"}, {STATE + "rt": 0}, {"rt": 1}),
    ("open_tonneau", {}, {"closures_state.tonneau_percent_open": 100}, {"_config": {"car_type": "cybertruck"}}),
    ("close_tonneau", {}, {"closures_state.tonneau_state": "closed"},
     {"_config": {"car_type": "cybertruck"}, "_before": ("open_tonneau", {})}),
    ("stop_tonneau", {}, {"closures_state.tonneau_percent_open": 50}, {"_config": {"car_type": "cybertruck"}}),
    ("window_control", {"command": "vent", "lat": 0, "lon": 0}, {STATE + "fd_window": 1, STATE + "rp_window": 1}, {}),
    ("window_control", {"command": "close", **HERE}, {STATE + "fp_window": 0}, {"fp_window": 2}),
    ("sun_roof_control", {"state": "vent"}, {STATE + "sun_roof_state": "vent", STATE + "sun_roof_percent_open": 20},
     {"_config": {"sun_roof_installed": 1}}),
    ("set_sentry_mode", {"on": True}, {STATE + "sentry_mode": True, STATE + "dashcam_state": "Recording"}, {}),
    ("set_valet_mode", {"on": True, "password": "0815"},
     {STATE + "valet_mode": True, STATE + "valet_pin_needed": False}, {}),
    ("reset_valet_pin", {}, {STATE + "valet_pin_needed": True},
     {"_before": ("set_valet_mode", {"on": True, "password": "0815"})}),
    ("speed_limit_activate", PIN, {STATE + "speed_limit_mode.active": True,
                                   STATE + "speed_limit_mode.pin_code_set": True}, {}),
    ("speed_limit_set_limit", {"limit_mph": 65}, {STATE + "speed_limit_mode.current_limit_mph": 65.0}, {}),
    ("speed_limit_clear_pin_admin", {}, {STATE + "speed_limit_mode.pin_code_set": False},
     {"_before": ("speed_limit_activate", PIN)}),
    ("schedule_software_update", {"offset_sec": 7200},
     {STATE + "software_update.status": "scheduled",
      STATE + "software_update.scheduled_time_ms": later(hours=2).timestamp() * 1000},
     {"software_update": "available"}),
    ("set_vehicle_name", {"vehicle_name": "Herbie"}, {STATE + "vehicle_name": "Herbie"}, {}),
    ("media_toggle_playback", {}, {STATE + "media_info.media_playback_status": "Playing"}, INSIDE),
    ("media_next_track", {}, {STATE + "media_info.now_playing_title": "Regenerate"}, DRIVING),
    ("media_prev_track", {}, {STATE + "media_info.now_playing_title": "Long Range"}, DRIVING),
    ("media_next_fav", {}, {STATE + "media_info.now_playing_source": "DAB"}, INSIDE),
    ("media_prev_fav", {}, {STATE + "media_info.now_playing_source": "DAB"}, INSIDE),
    ("media_volume_up", {}, {STATE + "media_info.audio_volume": 2.333333}, INSIDE),
    ("media_volume_down", {}, {STATE + "media_info.audio_volume": 1.666667}, INSIDE),
    ("adjust_volume", {"volume": 11}, {STATE + "media_info.audio_volume": 10.333333}, {}),
    ("navigation_request", DESTINATION, {"drive_state.active_route_destination": "Town Hall"}, {}),
    ("navigation_gps_request", {"lat": 52.5, "lon": 13.4, "order": 1},
     {"drive_state.active_route_latitude": 52.5, "drive_state.active_route_longitude": 13.4}, {}),
    ("navigation_sc_request", {"id": 5, "order": 1}, {"drive_state.active_route_destination": "Supercharger 5"}, {}),
    ("navigation_waypoints_request", {"waypoints": "refId:abc,refId:def"},
     {"drive_state.active_route_destination": "abc"}, {}),
]  # fmt: skip

# Commands after another command, each a line of (command, parameters); the last one's effect.
SEQUENCES: list[tuple[list[tuple[str, Fields]], Fields]] = [
    ([("charge_port_door_open", {}), ("charge_port_door_close", {})], {CHARGE + "charge_port_door_open": False}),
    ([("add_charge_schedule", CHARGE_PLAN), ("remove_charge_schedule", {"id": 77})],
     {"charge_schedule_data.charge_schedules": []}),
    ([("add_charge_schedule", CHARGE_PLAN), ("batch_remove_charge_schedules", {"home": True})],
     {"charge_schedule_data.charge_schedules": []}),
    ([("add_precondition_schedule", WARM_PLAN), ("remove_precondition_schedule", {"id": 77})],
     {"preconditioning_schedule_data.precondition_schedules": []}),
    ([("add_precondition_schedule", WARM_PLAN), ("batch_remove_precondition_schedules", {"home": True})],
     {"preconditioning_schedule_data.precondition_schedules": []}),
    ([("speed_limit_activate", PIN), ("speed_limit_deactivate", PIN)], {STATE + "speed_limit_mode.active": False}),
    ([("speed_limit_activate", PIN), ("speed_limit_clear_pin", PIN)], {STATE + "speed_limit_mode.pin_code_set": False}),
    ([("schedule_software_update", {"offset_sec": 600}), ("cancel_software_update", {})],
     {STATE + "software_update.status": "available"}),
    ([("set_climate_keeper_mode", {"climate_keeper_mode": 1}), ("set_climate_keeper_mode", {"climate_keeper_mode": 0})],
     {CLIMATE + "climate_keeper_mode": "off", CLIMATE + "is_climate_on": False}),
    ([("set_valet_mode", {"on": True, "password": "0815"}), ("set_valet_mode", {"on": False, "password": "0815"})],
     {STATE + "valet_mode": False}),
]  # fmt: skip

# Nothing that REST shows changes: seen in the street, or kept in the car.
NOTICED = [
    ("honk_horn", {}, "horn"),
    ("flash_lights", {}, "lights"),
    ("remote_boombox", {"sound": 2000}, "boombox"),
    ("trigger_homelink", HERE, "homelink"),
]
HIDDEN: list[tuple[str, Fields, str, object]] = [
    ("guest_mode", {"enable": True}, "guest_mode", True),
    ("set_low_power_mode", {"enable": True}, "low_power_mode", True),
    ("keep_accessory_power_mode", {"enable": True}, "accessory_power_mode", True),
    ("set_pin_to_drive", {"on": True, "password": "1111"}, "pin_to_drive", True),
    ("reset_pin_to_drive_pin", {}, "pin_to_drive", False),
    ("clear_pin_to_drive_admin", {}, "pin_to_drive", False),
    ("parental_controls_activate", PIN, "parental_controls", True),
    ("parental_controls_clear_pin_admin", {}, "parental_controls", False),
    ("parental_controls_enable_setting", {"setting": "CURFEW", "enable": True}, "parental_curfew", True),
    ("parental_controls_set_speed_limit", {"limit_mph": 70}, "parental_speed_limit_mph", 70.0),
    ("set_managed_charge_current_request", {"charging_amps": 12}, "managed_charge_current", 12),
    ("set_managed_scheduled_charging_time", {"time": 1700000000}, "managed_charging_time", 1700000000),
    ("set_managed_charger_location", {"location": {"lat": 1, "lon": 2}}, "managed_charger_location", (1.0, 2.0)),
    ("upcoming_calendar_entries", {"calendar_data": "BEGIN:VCALENDAR"}, "calendar", "BEGIN:VCALENDAR"),
    ("take_drivenote", {"note": "rattles"}, "drivenote", "rattles"),
]

# command, parameters, reason, what the car was like before
REFUSALS: list[tuple[str, Fields, str, Fields]] = [
    ("charge_start", {}, "disconnected", {"plugged": False}),
    ("charge_start", {}, "complete", {"battery_level": 85}),
    ("charge_start", {}, "is_charging", {"charging": True}),
    ("charge_start", {}, "no_power", {"no_power": True}),
    ("charge_stop", {}, "not_charging", {}),
    ("charge_standard", {}, "already_standard", {}),
    ("charge_max_range", {}, "already_max_range", {"_limit": 100}),
    ("set_charge_limit", {"percent": 80}, "already_set", {}),
    ("set_charging_amps", {"charging_amps": 16}, "already_set", {}),
    ("set_charging_amps", {"charging_amps": 32}, "already_set", {}),
    ("set_charging_amps", {"charging_amps": 8}, "disconnected", {"plugged": False}),
    ("charge_port_door_open", {}, "is_charging", {"charging": True}),
    ("charge_port_door_close", {}, "unavailable", {}),
    ("auto_conditioning_start", {}, "already on", WARM),
    ("auto_conditioning_stop", {}, "already off", {}),
    ("set_climate_keeper_mode", {"climate_keeper_mode": 0}, "already_set", {}),
    ("set_cop_temp", {"cop_temp": 2}, "already_set", {}),
    ("remote_seat_heater_request", {"heater": 0, "level": 1}, "cabin comfort remote settings not enabled", {}),
    ("remote_seat_heater_request", {"heater": 7, "level": 1}, "not_supported", WARM),
    ("remote_seat_cooler_request", {"seat_position": 1, "seat_cooler_level": 1}, "not_supported", WARM),
    ("sun_roof_control", {"state": "vent"}, "not_supported", {}),
    ("open_tonneau", {}, "not_supported", {}),
    ("honk_horn", {}, "not_parked", {"shift_state": "D"}),
    ("flash_lights", {}, "not_parked", {"shift_state": "R"}),
    ("actuate_trunk", {"which_trunk": "rear"}, "not_parked", {"drive_to": "work"}),
    ("set_sentry_mode", {"on": True}, "not_parked", {"shift_state": "D"}),
    ("set_sentry_mode", {"on": False}, "already off", {}),
    ("trigger_homelink", HERE, "unavailable", {"at_home": False}),
    ("media_next_track", {}, "user_not_present", {}),
    ("speed_limit_deactivate", PIN, "already_set", {}),
    ("speed_limit_clear_pin", PIN, "invalid_pin", {}),
    ("set_valet_mode", {"on": True}, "pin_required", {}),
    ("schedule_software_update", {"offset_sec": 0}, "unavailable", {}),
    ("cancel_software_update", {}, "unavailable", {"software_update": "available"}),
    ("erase_user_data", {}, "unavailable", {}),
    ("set_vehicle_name", {"vehicle_name": "Blue"}, "already_set", {}),
    ("guest_mode", {"enable": True}, "already_set", {"_before": ("guest_mode", {"enable": True})}),
    ("parental_controls_deactivate", PIN, "already_set", {}),
]

BAD: list[tuple[str, Fields, str]] = [
    ("set_charge_limit", {}, "missing percent param"),
    ("set_charge_limit", {"percent": 49}, "invalid percent param"),
    ("set_charge_limit", {"percent": "80"}, "invalid percent param"),
    ("set_charge_limit", {"percent": True}, "invalid percent param"),
    ("set_charge_limit", {"percent": 80.5}, "invalid percent param"),
    ("set_charging_amps", {"charging_amps": -1}, "invalid charging_amps param"),
    ("set_temps", {"driver_temp": 21}, "missing passenger_temp param"),
    ("set_temps", {"driver_temp": 29, "passenger_temp": 21}, "invalid driver_temp param"),
    ("set_sentry_mode", {"on": "true"}, "invalid on param"),
    ("set_scheduled_charging", {"enable": True}, "missing time param"),
    ("set_scheduled_charging", {"enable": True, "time": 1440}, "invalid time param"),
    ("add_charge_schedule", CHARGE_PLAN | {"days_of_week": "Caturday"}, "invalid days_of_week param"),
    ("remote_seat_heater_request", {"level": 1}, "missing heater param"),
    ("remote_steering_wheel_heat_level_request", {"level": 2}, "invalid level param"),
    ("actuate_trunk", {"which_trunk": "side"}, "invalid which_trunk param"),
    ("speed_limit_activate", {"pin": "12"}, "invalid pin param"),
    ("remote_boombox", {"sound": 1}, "invalid sound param"),
    ("navigation_request", DESTINATION | {"value": {}}, "invalid value param"),
    ("navigation_waypoints_request", {"waypoints": "abc"}, "invalid waypoints param"),
    ("set_managed_charger_location", {"location": {"lat": 95, "lon": 0}}, "invalid location param"),
]


def _car(before: Fields) -> Any:
    """An awake car; names with an underscore are set by other means than `force`."""
    car = an_awake_car(**{name: value for name, value in before.items() if not name.startswith("_")})
    if "_limit" in before:
        car._car.charging.limit = before["_limit"]
    car._car.config.update(before.get("_config", {}))
    if "_before" in before:
        name, params = before["_before"]
        car.command(name, params, START)
    return car


def _shown(answer: Fields, path: str) -> Any:
    shown: Any = answer
    for key in path.split("."):
        shown = shown[key]
    return shown


def test_the_table_is_complete() -> None:
    tried = {
        *(row[0] for row in (*EFFECTS, *NOTICED, *HIDDEN, *REFUSALS)),
        *(name for commands, _ in SEQUENCES for name, _ in commands),
    }

    assert tried == TABLE.keys() - SIGNED.keys()  # those are in tests/fleet/signing/test_every_command.py


@pytest.mark.parametrize(("command", "params", "shows", "before"), EFFECTS)
def test_the_next_read_shows_what_a_command_did(command: str, params: Fields, shows: Fields, before: Fields) -> None:
    car = _car(before)
    earlier = car.data(EVERYTHING, location=True)

    assert car.command(command, params, START) == (True, "")

    answer = car.data(EVERYTHING, location=True)
    for path, value in shows.items():
        assert _shown(answer, path) == value, path
    assert answer != earlier


@pytest.mark.parametrize(("commands", "shows"), SEQUENCES)
def test_commands_undo_each_other(commands: list[tuple[str, Fields]], shows: Fields) -> None:
    unplugged = commands[0][0] == "charge_port_door_open"
    car = an_awake_car(plugged=not unplugged, software_update="available")
    *firsts, (command, params) = commands
    for first, first_params in firsts:
        assert car.command(first, first_params, START) == (True, "")
    assert _differs(car, shows), "the first command should have changed it"

    assert car.command(command, params, START) == (True, "")

    assert not _differs(car, shows)


def _differs(car: Any, shows: Fields) -> bool:
    answer = car.data(EVERYTHING, location=True)
    return any(_shown(answer, path) != value for path, value in shows.items())


@pytest.mark.parametrize(("command", "params", "word"), NOTICED)
def test_what_only_the_street_notices(command: str, params: Fields, word: str) -> None:
    car = an_awake_car()

    assert car.command(command, params, later(seconds=3)) == (True, "")

    assert car.noticed == [(word, later(seconds=3))]


@pytest.mark.parametrize(("command", "params", "word", "value"), HIDDEN)
def test_what_no_answer_shows_is_kept(command: str, params: Fields, word: str, value: object) -> None:
    car = an_awake_car()

    assert car.command(command, params, START) == (True, "")

    assert car.hidden[word] == value


@pytest.mark.parametrize(("command", "params", "reason", "before"), REFUSALS)
def test_what_cannot_be_is_refused_and_changes_nothing(
    command: str, params: Fields, reason: str, before: Fields
) -> None:
    car = _car(before)
    earlier = car.data(EVERYTHING, location=True)

    assert car.command(command, params, START) == (False, reason)

    assert car.data(EVERYTHING, location=True) == earlier


@pytest.mark.parametrize(("command", "params", "message"), BAD)
def test_bad_parameters_are_named(command: str, params: Fields, message: str) -> None:
    with pytest.raises(BadParameter, match=f"^{message}$"):
        an_awake_car().command(command, params, START)


def test_a_track_ends_and_the_next_begins() -> None:
    car = an_awake_car(user_present=True)
    car.command("media_toggle_playback", {}, START)
    first = read(car, "vehicle_state")["media_info"]

    car.command("media_next_track", {}, later(seconds=30))
    second = read(car, "vehicle_state")["media_info"]
    car.advance(later(minutes=4))
    third = read(car, "vehicle_state")["media_info"]

    assert len({playing["now_playing_title"] for playing in (first, second, third)}) == 3
    assert third["now_playing_elapsed"] == (240 - 30 - second["now_playing_duration"] / 1000) * 1000


def test_a_schedule_without_an_id_is_a_new_one_each_time_and_with_one_it_is_replaced() -> None:
    car = an_awake_car()
    nameless = {key: value for key, value in CHARGE_PLAN.items() if key != "id"}
    for _ in range(2):
        car.command("add_charge_schedule", nameless, START)
        car.command("add_charge_schedule", CHARGE_PLAN, START)

    schedules = read(car, "charge_schedule_data")["charge_schedules"]

    assert sorted(schedule["id"] for schedule in schedules) == [77, START.timestamp(), START.timestamp() + 1]
    assert {schedule["days_of_week"] for schedule in schedules} == {62}


def test_a_mode_is_left_only_with_its_pin() -> None:
    car = an_awake_car()
    car.command("speed_limit_activate", {"pin": "1234"}, START)
    car.command("set_valet_mode", {"on": True, "password": "1234"}, START)

    assert car.command("speed_limit_deactivate", {"pin": "9999"}, START) == (False, "invalid_pin")
    assert car.command("set_valet_mode", {"on": False, "password": "9999"}, START) == (False, "invalid_pin")
    assert read(car, "vehicle_state")["speed_limit_mode"]["active"] is True


def test_a_remote_start_lasts_two_minutes() -> None:
    car = an_awake_car()
    car.command("remote_start_drive", {}, START)

    car.advance(later(seconds=119))
    assert read(car, "vehicle_state")["remote_start"] is True
    car.advance(later(seconds=121))
    assert read(car, "vehicle_state")["remote_start"] is False


def test_an_unlatched_cable_is_held_again_when_nobody_pulls_it() -> None:
    car = an_awake_car()
    car.command("charge_port_door_open", {}, START)

    car.advance(later(minutes=1))

    assert read(car, "charge_state")["charge_port_latch"] == "Engaged"


def test_erasing_needs_and_ends_guest_mode() -> None:
    car = an_awake_car()
    car.command("guest_mode", {"enable": True}, START)

    assert car.command("erase_user_data", {}, START) == (True, "")
    assert car.hidden["guest_mode"] is False


def test_a_point_appended_behind_a_destination_leaves_it_first() -> None:
    car = an_awake_car()
    car.command("navigation_gps_request", {"lat": 52.0, "lon": 13.0, "order": 1}, START)
    car.command("navigation_gps_request", {"lat": 50.0, "lon": 11.0, "order": 3}, START)

    assert read(car, "drive_state")["active_route_latitude"] == 52.0
