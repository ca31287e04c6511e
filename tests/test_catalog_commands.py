"""What the command rows promise, and what setting a value calls."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
from catalog_cases import COMMANDS, COMPOSITES, ENTITIES, ROWS, command_of, every, keys_of

from bridge.catalog import commands_of
from bridge.catalog.offer import Offer
from bridge.catalog.rows import Command, Composite, Entity, Parameter
from bridge.catalog.writes import Invocation
from bridge.model import Kind, Value

WRITABLE = [(kind, row) for kind, row in ENTITIES if row.write]


def _samples(row: Entity) -> tuple[Value, ...]:
    if row.options:
        return row.options
    if row.component == "time":
        return "00:00:00", "23:59:00"
    if row.check:
        return (row.example,)
    return (row.limits.minimum, row.limits.maximum) if row.limits else (True, False)


def _invocations(row: Entity) -> Iterator[Invocation]:
    calls = (_invocation(row, value) for value in _samples(row))
    return (call for call in calls if call)


def _invocation(row: Entity, value: Value) -> Invocation | None:
    assert row.write
    try:
        return row.write(value)
    except ValueError as refusal:
        if str(refusal) in ONE_WAY:
            return None
        raise


ONE_WAY = {
    "the frunk can only be closed by hand",
    "the car locks the cable itself when it is plugged in",
}


def accepts(parameter: Parameter, value: Value) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if parameter.type in {int, float}:
        low = -math.inf if parameter.minimum is None else parameter.minimum
        high = math.inf if parameter.maximum is None else parameter.maximum
        fits = number and low <= value <= high
    else:
        fits = isinstance(value, parameter.type)
    return fits and (not parameter.choices or value in parameter.choices)


@every(WRITABLE)
def test_every_value_that_can_be_set_makes_a_whole_command(kind: Kind, row: Entity) -> None:
    for invocation in _invocations(row):
        parameters = {each.name: each for each in command_of(kind, invocation.command).parameters}
        assert invocation.parameters.keys() <= parameters.keys()
        for name, value in invocation.parameters.items():
            assert accepts(parameters[name], value), (name, value)
        missing = parameters.keys() - invocation.parameters.keys()
        # A PIN is given with the value: nobody knows it but the owner.
        unfilled = [each for name, each in parameters.items() if name in missing and each.required and not each.secret]
        assert all(each.fill or each.default is not None for each in unfilled)


@every(WRITABLE)
def test_every_writable_row_calls_something(kind: Kind, row: Entity) -> None:
    assert commands_of(row) <= {command.name for command in ROWS[kind][1]}
    assert commands_of(row)


@every(COMMANDS)
def test_command_is_well_formed(kind: Kind, row: Command) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", row.name)
    assert len({each.name for each in row.parameters}) == len(row.parameters)
    assert {each.fill for each in row.parameters} - {None} <= set(keys_of(kind))
    assert row.needs is None or row.needs in keys_of(kind)
    assert row.cost in ({"data", "free"} if row.is_local else {"command", "wake", "energy"})
    assert row.title[0].isupper()


@every([(kind, row) for kind, row in COMMANDS if row.button])
def test_a_button_needs_nothing_that_a_press_cannot_give(kind: Kind, row: Command) -> None:
    required = [each for each in row.parameters if each.required]
    assert all(each.fill or each.default is not None for each in required)


@every([(kind, row) for kind, row in COMMANDS if row.parameters])
def test_defaults_are_valid_values(kind: Kind, row: Command) -> None:
    for each in row.parameters:
        assert each.default is None or accepts(each, each.default)


@every(COMPOSITES)
def test_composite_is_made_of_rows_that_exist(kind: Kind, row: Composite) -> None:
    writable = {entity.key for entity in ROWS[kind][0] if entity.write}
    direct = {command.name for command in ROWS[kind][1] if command.direct}
    assert set(row.states.values()) <= set(keys_of(kind))
    assert set(row.commands.values()) <= writable | direct


def test_what_must_never_be_done_twice() -> None:
    """The commands of fleet-api.md 3.1, the schedules without an id, and what leaves a trace each time."""
    assert {row.name for _, row in COMMANDS if not row.repeatable} == {
        "actuate_trunk",
        "trigger_homelink",
        "honk_horn",
        "flash_lights",
        "remote_boombox",
        "media_toggle_playback",
        "media_next_track",
        "media_prev_track",
        "media_next_fav",
        "media_prev_fav",
        "media_volume_up",
        "media_volume_down",
        "navigation_request",
        "navigation_gps_request",
        "navigation_sc_request",
        "navigation_waypoints_request",
        "add_charge_schedule",
        "add_precondition_schedule",
        "upcoming_calendar_entries",
        "take_drivenote",
        "erase_user_data",
        "time_of_use_settings",
        "start_light_show",
        "dashcam_save_clip",
    }


def test_what_the_owner_must_enable_by_name() -> None:
    assert {row.name for _, row in COMMANDS if row.dangerous} == {
        "door_unlock",
        "remote_start_drive",
        "actuate_trunk",
        "window_control",
        "sun_roof_control",
        "trigger_homelink",
        "open_tonneau",
        "close_tonneau",
        "stop_tonneau",
        "erase_user_data",
        "set_valet_mode",
        "reset_valet_pin",
        "set_pin_to_drive",
        "reset_pin_to_drive_pin",
        "clear_pin_to_drive_admin",
        "guest_mode",
        "speed_limit_activate",
        "speed_limit_deactivate",
        "speed_limit_clear_pin",
        "speed_limit_clear_pin_admin",
        "parental_controls_activate",
        "parental_controls_deactivate",
        "parental_controls_enable_setting",
        "parental_controls_set_speed_limit",
        "parental_controls_clear_pin",
        "parental_controls_clear_pin_admin",
        "vent_windows",
        "auto_secure_vehicle",
        "start_light_show",
        "delete_dashcam_clips",
        "format_usb",
        "set_tent_mode",
        "set_suspension_level",
    }


DANGERS = re.compile(
    r"unlock|open|trunk|tonneau|window|sun_roof|homelink|start_drive|erase|^format|delete|invit|share|off_grid|island"
    r"|valet|guest|pin\b|_pin_|parental|speed_limit_(?!set)|tent_mode|suspension|light_show|secure"
)
HARMLESS = {
    "charge_port_door_open": "a flap; with a cable in it, the charge ends",
    "stop_light_show": "it ends what was dangerous",
    "off_grid_vehicle_charging_reserve": "how much is kept for the house while the grid is away",
    "set_powershare_feature": "the car's plug gives power to who is plugged in; nothing is shared with anybody",
    "set_powershare_request": "the same",
    "set_powershare_discharge_limit": "the same",
}
"""Why it is not off, though its name sounds like it."""


@every([(kind, row) for kind, row in COMMANDS if DANGERS.search(row.name)])
def test_whatever_opens_starts_unlocks_erases_or_shares_is_off_until_it_is_named(kind: Kind, row: Command) -> None:
    assert row.dangerous == (row.name not in HARMLESS)
    assert Offer(enabled_commands={"all", "*", "", "true", row.name.upper()}).is_enabled(row) is not row.dangerous
    assert Offer(enabled_commands={row.name}).is_enabled(row)


def test_no_command_takes_the_house_off_the_grid_or_shares_the_car() -> None:
    """Tesla's calls for that, invitations and drivers too, are not among ours."""
    words = re.compile(r"island|go_off_grid|invitation|(?<!power)share_|drivers|transfer|sign_command")
    assert [row.name for _, row in COMMANDS if words.search(f"{row.name} {row.endpoint}")] == []


def test_an_installation_is_deliberate_and_can_be_called_off() -> None:
    """It opens, starts, unlocks and erases nothing (docs/decisions/0008)."""
    install = command_of(Kind.VEHICLE, "schedule_software_update")
    assert (install.dangerous, install.button) == (False, False)
    assert not command_of(Kind.VEHICLE, "cancel_software_update").dangerous


@every([(kind, row) for kind, row in COMMANDS if row.parameters])
def test_pins_are_secret(kind: Kind, row: Command) -> None:
    for each in row.parameters:
        assert each.secret == (each.name in {"pin", "password"})


def _written(kind: Kind, key: str, value: Value) -> tuple[str, Mapping[str, Value]]:
    row = next(row for each, row in WRITABLE if each is kind and row.key == key)
    assert row.write
    invocation = row.write(value)
    return invocation.command, invocation.parameters


@pytest.mark.parametrize(
    ("key", "value", "command", "parameters"),
    [
        ("charging", True, "charge_start", {}),
        ("charging", False, "charge_stop", {}),
        ("charge_limit", 80, "set_charge_limit", {"percent": 80}),
        ("charge_current", 13, "set_charging_amps", {"charging_amps": 13}),
        ("charge_cable_lock", False, "charge_port_door_open", {}),
        ("locked", True, "door_lock", {}),
        ("locked", False, "door_unlock", {}),
        ("frunk", True, "actuate_trunk", {"which_trunk": "front"}),
        ("trunk", True, "actuate_trunk", {"which_trunk": "rear"}),
        ("windows", True, "window_control", {"command": "vent"}),
        ("windows", False, "window_control", {"command": "close"}),
        ("climate_mode", "off", "auto_conditioning_stop", {}),
        ("climate_mode", "heat_cool", "auto_conditioning_start", {}),
        ("climate_preset", "none", "set_climate_keeper_mode", {"climate_keeper_mode": 0}),
        ("climate_preset", "camp", "set_climate_keeper_mode", {"climate_keeper_mode": 3}),
        ("climate_keeper_mode", "keep", "set_climate_keeper_mode", {"climate_keeper_mode": 1}),
        ("target_temperature", 21.5, "set_temps", {"driver_temp": 21.5}),
        ("cabin_overheat_mode", "fan_only", "set_cabin_overheat_protection", {"on": True, "fan_only": True}),
        ("cabin_overheat_mode", "off", "set_cabin_overheat_protection", {"on": False, "fan_only": False}),
        ("cabin_overheat_temperature", 30, "set_cop_temp", {"cop_temp": 0}),
        ("cabin_overheat_temperature", 40, "set_cop_temp", {"cop_temp": 2}),
        (
            "seat_heater_rear_center",
            "medium",
            "remote_seat_heater_request",
            {"heater": 4, "seat_position": 4, "level": 2},
        ),
        (
            "seat_heater_third_row_right",
            "off",
            "remote_seat_heater_request",
            {"heater": 8, "seat_position": 8, "level": 0},
        ),
        (
            "seat_cooler_right",
            "high",
            "remote_seat_cooler_request",
            {"seat_position": 2, "seat_cooler_level": 3},
        ),
        (
            "auto_seat_climate_left",
            True,
            "remote_auto_seat_climate_request",
            {"auto_seat_position": 1, "auto_climate_on": True},
        ),
        ("steering_wheel_heater_level", "high", "remote_steering_wheel_heat_level_request", {"level": 3}),
        ("speed_limit", 80.47, "speed_limit_set_limit", {"limit_mph": 50.0}),
        ("speed_limit", 193.12, "speed_limit_set_limit", {"limit_mph": 120.0}),
        ("defrost", True, "set_preconditioning_max", {"on": True}),
        ("scheduled_charging", False, "set_scheduled_charging", {"enable": False}),
        ("scheduled_charging_time_of_day", "02:30:00", "set_scheduled_charging", {"enable": True, "time": 150}),
        (
            "scheduled_departure_time_of_day",
            "00:00:00",
            "set_scheduled_departure",
            {"enable": True, "departure_time": 0},
        ),
        ("climate_fan_mode", "bioweapon", "set_bioweapon_mode", {"on": True}),
        ("climate_fan_mode", "auto", "set_bioweapon_mode", {"on": False}),
        ("recirculation", True, "set_recirculation", {"on": True}),
        ("charge_on_solar", True, "update_charge_on_solar", {"enabled": True}),
        ("charge_on_solar_lower_limit", 40, "update_charge_on_solar", {"lower_charge_limit": 40}),
        ("guest_mode_active", True, "guest_mode", {"enable": True}),
        ("speed_limit_lock", True, "speed_limit_activate", {}),
        ("speed_limit_lock", False, "speed_limit_deactivate", {}),
        ("parental_controls", True, "parental_controls_activate", {}),
        ("low_power_mode", True, "set_low_power_mode", {"enable": True}),
        ("accessory_power", False, "keep_accessory_power_mode", {"enable": False}),
        ("outlets", True, "set_outlets", {"outlets": "cabin_and_bed"}),
        ("outlets", False, "set_outlets", {"outlets": "off"}),
        ("power_feed", True, "set_power_feed", {"feeds": "feed_1_and_feed_2"}),
        ("suspension_level", "very_high", "set_suspension_level", {"level": "very_high"}),
        ("powershare", False, "set_powershare_feature", {"on": False}),
        ("powershare_discharge_limit", 30, "set_powershare_discharge_limit", {"percent": 30}),
        ("lightbar_brightness", 50, "set_lightbar_brightness", {"brightness": 50}),
        ("truck_bed_light_brightness", 50, "set_truck_bed_light_brightness", {"brightness": 50}),
        ("off_peak_hours_end", "23:59:00", "set_scheduled_departure", {"enable": True, "end_off_peak_time": 1439}),
    ],
)
def test_setting_a_value_of_a_car(key: str, value: Value, command: str, parameters: Mapping[str, Value]) -> None:
    assert _written(Kind.VEHICLE, key, value) == (command, parameters)


@pytest.mark.parametrize(
    ("key", "value", "command", "parameters"),
    [
        ("backup_reserve", 20, "backup", {"backup_reserve_percent": 20}),
        ("operation_mode", "autonomous", "operation", {"default_real_mode": "autonomous"}),
        ("export_rule", "pv_only", "grid_import_export", {"customer_preferred_export_rule": "pv_only"}),
        (
            "grid_charging",
            True,
            "grid_import_export",
            {"disallow_charge_from_grid_with_solar_installed": False},
        ),
        (
            "grid_charging",
            False,
            "grid_import_export",
            {"disallow_charge_from_grid_with_solar_installed": True},
        ),
        ("storm_watch", True, "storm_mode", {"enabled": True}),
        (
            "off_grid_charging_reserve",
            30,
            "off_grid_vehicle_charging_reserve",
            {"off_grid_vehicle_charging_reserve_percent": 30},
        ),
    ],
)
def test_setting_a_value_of_a_site(key: str, value: Value, command: str, parameters: Mapping[str, Value]) -> None:
    assert _written(Kind.ENERGY_SITE, key, value) == (command, parameters)


@pytest.mark.parametrize(("key", "value"), [("frunk", False), ("charge_cable_lock", True)])
def test_what_a_car_cannot_do_is_refused_with_the_reason(key: str, value: Value) -> None:
    with pytest.raises(ValueError, match=r"closed by hand|locks the cable itself"):
        _written(Kind.VEHICLE, key, value)


NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_an_address_is_sent_the_way_phones_share_it() -> None:
    body = command_of(Kind.VEHICLE, "navigation_request").body
    assert body
    assert body({"address": "Brandenburger Tor"}, NOON) == {
        "type": "share_ext_content_raw",
        "value": {"android.intent.extra.TEXT": "Brandenburger Tor"},
        "locale": "en-US",
        "timestamp_ms": "1782907200000",
    }


@pytest.mark.parametrize("name", ["add_charge_schedule", "add_precondition_schedule"])
def test_a_new_schedule_gets_an_id_and_a_known_one_keeps_its_own(name: str) -> None:
    body = command_of(Kind.VEHICLE, name).body
    assert body
    assert body({"enabled": True}, NOON) == {"enabled": True, "id": 1782907200}
    assert body({"enabled": True, "id": 7}, NOON) == {"enabled": True, "id": 7}
