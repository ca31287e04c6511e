"""Everything a car can be asked to do (fleet-api.md 3.2), with the parameters as Tesla names them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.catalog.rows import Command, Parameter
from bridge.catalog.vehicle.refresh import REFRESH
from bridge.model import Value

SETTLED = frozenset({"already_set", "already on", "already off", "requested"})
"""Refusals of any command that mean it already is so, or was taken (fleet-api.md 3.1)."""

CHARGING = ("vehicle_cmds", "vehicle_charging_cmds")
"""Either scope is enough (fleet-api.md 1.9)."""

SEATS = tuple(range(9))
"""0 front left, 1 front right, 2 rear left, 3 its back, 4 rear centre, 5 rear right, 6 its back, 7 and 8 third row."""

OFF: dict[str, Any] = {"category": "config", "enabled": False}


def _command(name: str, title: str, *parameters: Parameter, settled: str = "", **options: Any) -> Command:
    return Command(
        name=name,
        title=title,
        endpoint=f"command/{name}",
        parameters=parameters,
        settled=SETTLED | set(settled.split()),
        **options,
    )


def _flag(name: str, *, default: bool | None = None, fill: str | None = None) -> Parameter:
    return Parameter(name=name, type=bool, required=default is None, default=default, fill=fill)


def _int(name: str, minimum: float | None = None, maximum: float | None = None, **options: Any) -> Parameter:
    return Parameter(name=name, type=int, minimum=minimum, maximum=maximum, **options)


def _float(name: str, minimum: float, maximum: float, **options: Any) -> Parameter:
    return Parameter(name=name, type=float, minimum=minimum, maximum=maximum, **options)


def _temperature(name: str, **options: Any) -> Parameter:
    """°C; the car tells its own range."""
    own = {"minimum_from": "minimum_temperature", "maximum_from": "maximum_temperature"}
    return _float(name, 15, 28, **own, **options)


def _text(name: str, **options: Any) -> Parameter:
    return Parameter(name=name, type=str, **options)


def _minutes(name: str, **options: Any) -> Parameter:
    """Minutes after the car's midnight, or `07:30`."""
    return _int(name, 0, 1439, is_time=True, **options)


def _an_id(**options: Any) -> Parameter:
    return _int("id", 1, example=1767222000, **options)


def _days() -> Parameter:
    return _text("days_of_week", example="Mon,Tues,Wed,Thurs,Fri")


def _pin(name: str, **options: Any) -> Parameter:
    """Four digits."""
    return _text(name, secret=True, **options)


def _place(**options: Any) -> tuple[Parameter, Parameter]:
    return (
        _float("lat", -90, 90, example=52.52, is_place=True, **options),
        _float("lon", -180, 180, example=13.405, is_place=True, **options),
    )


def _here(**options: Any) -> tuple[Parameter, Parameter]:
    """Where the car is."""
    return (
        _float("lat", -90, 90, fill="latitude", is_place=True, **options),
        _float("lon", -180, 180, fill="longitude", is_place=True, **options),
    )


def _with_id(parameters: Mapping[str, Value], now: datetime) -> Mapping[str, Value]:
    """A schedule without an id would be added a second time by a repeated call (fleet-api.md 3.4)."""
    return {"id": int(now.timestamp()), **parameters}


def _shared_text(parameters: Mapping[str, Value], now: datetime) -> Mapping[str, Value]:
    """The way phones share an address with the car (fleet-api.md 3.2)."""
    return {
        "type": "share_ext_content_raw",
        "value": {"android.intent.extra.TEXT": parameters["address"]},
        "locale": "en-US",
        "timestamp_ms": str(int(now.timestamp() * 1000)),
    }


def _location(parameters: Mapping[str, Value], _now: datetime) -> Mapping[str, Value]:
    return {"location": dict(parameters)}


def _once(name: str, title: str, *parameters: Parameter, **options: Any) -> Command:
    """Doing it twice is not the same as doing it once (fleet-api.md 3.1)."""
    return _command(name, title, *parameters, repeatable=False, **options)


def _media(name: str, title: str, icon: str) -> Command:
    """Only for somebody who sits in the car, so no car is woken for it."""
    return _once(name, title, wakes=False, button=True, enabled=False, icon=icon)


def _guarded(name: str, title: str, *parameters: Parameter, **options: Any) -> Command:
    """Opens, moves or takes away what the owner relies on: off until enabled by name."""
    return _command(name, title, *parameters, dangerous=True, **options)


WAKE = (
    Command(
        name="wake",
        title="Wake up",
        endpoint="wake_up",
        scopes=("vehicle_device_data", "vehicle_cmds"),
        cost="wake",
        button=True,
        category="diagnostic",
        icon="mdi:alarm",
    ),
)

CHARGE = (
    _command("charge_start", "Start charging", scopes=CHARGING, settled="is_charging already_started"),
    _command("charge_stop", "Stop charging", scopes=CHARGING, settled="not_charging"),
    _command(
        "charge_standard",
        "Charge to the standard limit",
        scopes=CHARGING,
        settled="already_standard",
        button=True,
        icon="mdi:battery-80",
        **OFF,
    ),
    _command(
        "charge_max_range",
        "Charge to the maximum",
        scopes=CHARGING,
        settled="already_max_range",
        button=True,
        icon="mdi:battery",
        **OFF,
    ),
    _command(
        "set_charge_limit",
        "Set charge limit",
        _int("percent", 50, 100, minimum_from="charge_limit_minimum", maximum_from="charge_limit_maximum"),
        scopes=CHARGING,
    ),
    _command(
        "set_charging_amps",
        "Set charge current",
        _int("charging_amps", 0, 48, maximum_from="charge_current_maximum"),
        scopes=CHARGING,
        note="Some cars take less than 5 A only when it is sent twice.",
    ),
    _command("charge_port_door_open", "Open charge port", scopes=CHARGING, note="Also unlocks the cable."),
    _command("charge_port_door_close", "Close charge port", scopes=CHARGING),
    _command(
        "set_scheduled_charging",
        "Set scheduled charging",
        _flag("enable"),
        _minutes("time", fill="scheduled_charging_time_of_day"),
        scopes=CHARGING,
        note="From firmware 2024.26 on, charge schedules take its place.",
    ),
    _command(
        "set_scheduled_departure",
        "Set scheduled departure",
        _flag("enable"),
        _minutes("departure_time", fill="scheduled_departure_time_of_day"),
        _flag("preconditioning_enabled", fill="preconditioning_enabled"),
        _flag("preconditioning_weekdays_only", fill="preconditioning_weekdays_only"),
        _flag("off_peak_charging_enabled", fill="off_peak_charging_enabled"),
        _flag("off_peak_charging_weekdays_only", fill="off_peak_charging_weekdays_only"),
        _minutes("end_off_peak_time", fill="off_peak_hours_end"),
        scopes=CHARGING,
        note="From firmware 2024.26 on, schedules take its place.",
    ),
    _once(
        "add_charge_schedule",
        "Add charge schedule",
        _days(),
        _flag("enabled", default=True),
        _flag("start_enabled"),
        _minutes("start_time", required=False),
        _flag("end_enabled", default=False),
        _minutes("end_time", required=False),
        *_here(),
        _an_id(required=False),
        _flag("one_time", default=False),
        _text("name", required=False, example="night"),
        scopes=CHARGING,
        body=_with_id,
        note="days_of_week: All, Weekdays, or Mon,Tues,...; an id that exists changes that schedule.",
    ),
    _command("remove_charge_schedule", "Remove charge schedule", _an_id(), scopes=CHARGING),
    _command(
        "batch_remove_charge_schedules",
        "Remove charge schedules",
        _flag("home"),
        _flag("work"),
        _flag("other"),
    ),
    _once(
        "add_precondition_schedule",
        "Add precondition schedule",
        _days(),
        _flag("enabled", default=True),
        _minutes("precondition_time"),
        *_here(),
        _an_id(required=False),
        _flag("one_time", default=False),
        _text("name", required=False, example="night"),
        body=_with_id,
        note="days_of_week: All, Weekdays, or Mon,Tues,...; an id that exists changes that schedule.",
    ),
    _command("remove_precondition_schedule", "Remove precondition schedule", _an_id()),
    _command(
        "batch_remove_precondition_schedules",
        "Remove precondition schedules",
        _flag("home"),
        _flag("work"),
        _flag("other"),
    ),
    _command(
        "set_managed_charge_current_request",
        "Set managed charge current",
        _int("charging_amps", 0, 48),
        note="For businesses that manage charging.",
    ),
    _command(
        "set_managed_charger_location",
        "Set managed charger location",
        *_place(),
        body=_location,
        note="For businesses that manage charging.",
    ),
    _command(
        "set_managed_scheduled_charging_time",
        "Set managed charging time",
        _minutes("time"),
        note="For businesses that manage charging.",
    ),
)

CLIMATE = (
    _command("auto_conditioning_start", "Start climate"),
    _command("auto_conditioning_stop", "Stop climate"),
    _command(
        "set_temps",
        "Set temperatures",
        _temperature("driver_temp", fill="target_temperature"),
        _temperature("passenger_temp", fill="passenger_target_temperature"),
        note="Both are always sent: a missing one can arrive as 0 °C.",
    ),
    _command("set_preconditioning_max", "Set defrost", _flag("on"), _flag("manual_override", default=False)),
    _command(
        "set_climate_keeper_mode",
        "Set climate keeper mode",
        _int("climate_keeper_mode", 0, 3),
        _flag("manual_override", default=False),
        note="0 off, 1 keep, 2 dog, 3 camp.",
    ),
    _command(
        "set_cabin_overheat_protection",
        "Set cabin overheat protection",
        _flag("on"),
        _flag("fan_only", default=False),
    ),
    _command(
        "set_cop_temp",
        "Set cabin overheat temperature",
        _int("cop_temp", 0, 2),
        note="0, 1, 2: 30, 35, 40 °C. Tesla's command proxy passes the number on one too low.",
    ),
    _command(
        "set_bioweapon_mode",
        "Set bioweapon defence mode",
        _flag("on"),
        _flag("manual_override", default=False),
    ),
    _command(
        "remote_seat_heater_request",
        "Set seat heater",
        _int("heater", choices=SEATS),
        _int("seat_position", choices=SEATS),
        _int("level", 0, 3),
        note="Both names of the seat, with the same number: Tesla reads one, Tesla's proxy the other. "
        "0 front left, 1 front right, 2 rear left, 4 rear centre, 5 rear right, 7 and 8 third row.",
    ),
    _command(
        "remote_seat_cooler_request",
        "Set seat cooler",
        _int("seat_position", choices=(1, 2)),
        _int("seat_cooler_level", 0, 3),
        note="1 front left, 2 front right. Tesla's command proxy counts the level from 1.",
    ),
    _command(
        "remote_auto_seat_climate_request",
        "Set automatic seat climate",
        _int("auto_seat_position", choices=(1, 2)),
        _flag("auto_climate_on"),
        note="1 front left, 2 front right.",
    ),
    _command("remote_steering_wheel_heater_request", "Set steering wheel heater", _flag("on")),
    _command(
        "remote_steering_wheel_heat_level_request",
        "Set steering wheel heater level",
        _int("level", choices=(0, 1, 3)),
        note="0 off, 1 low, 3 high.",
    ),
    _command(
        "remote_auto_steering_wheel_heat_climate_request",
        "Set automatic steering wheel heater",
        _flag("on"),
    ),
)

CLOSURES = (
    _command("door_lock", "Lock"),
    _guarded("door_unlock", "Unlock"),
    _guarded(
        "actuate_trunk",
        "Move trunk",
        _text("which_trunk", choices=("front", "rear")),
        repeatable=False,
        toggles=True,
        note="A rear trunk with a motor closes when it is open.",
    ),
    _guarded("open_tonneau", "Open tonneau", needs="has_tonneau"),
    _guarded("close_tonneau", "Close tonneau", needs="has_tonneau"),
    _guarded(
        "stop_tonneau",
        "Stop tonneau",
        button=True,
        enabled=False,
        icon="mdi:stop-circle-outline",
        needs="has_tonneau",
    ),
    _guarded(
        "window_control",
        "Move windows",
        _text("command", choices=("vent", "close")),
        *_here(required=False),
        note="Old cars close their windows only for somebody near them.",
    ),
    Command(
        name="vent_windows",
        title="Vent windows",
        endpoint="command/window_control",
        settled=SETTLED,
        dangerous=True,
        body=lambda _parameters, _now: {"command": "vent"},
        button=True,
        enabled=False,
        icon="mdi:car-door",
    ),
    _guarded(
        "sun_roof_control",
        "Move sunroof",
        _text("state", choices=("vent", "close", "stop")),
        needs="sunroof_installed",
    ),
    _guarded(
        "trigger_homelink",
        "Homelink",
        *_here(),
        _text("token", required=False),
        repeatable=False,
        wakes=False,
        button=True,
        enabled=False,
        icon="mdi:garage",
    ),
)

ACTIONS = (
    _once("flash_lights", "Flash lights", button=True, icon="mdi:car-light-high"),
    _once("honk_horn", "Honk horn", button=True, icon="mdi:bullhorn"),
    _once(
        "remote_boombox",
        "Play sound",
        _int("sound", required=False, default=0, choices=(0, 2000)),
        button=True,
        enabled=False,
        icon="mdi:volume-high",
        note="0 one of the rude sounds, 2000 the ping that helps to find the car.",
    ),
    _guarded("remote_start_drive", "Keyless driving", button=True, icon="mdi:car-key"),
)

CHILD_SETTINGS = (
    "SpeedLimit",
    "Acceleration",
    "SafetyFeatures",
    "Curfew",
    "BrowserBlocked",
    "TheaterBlocked",
    "ArcadeBlocked",
)
"""As the car's protocol names them."""

SECURITY = (
    _command("set_sentry_mode", "Set sentry mode", _flag("on")),
    _guarded("set_valet_mode", "Set valet mode", _flag("on"), _pin("password", required=False)),
    _guarded("reset_valet_pin", "Reset valet PIN"),
    _guarded("set_pin_to_drive", "Set PIN to drive", _flag("on"), _pin("password", required=False)),
    _guarded("reset_pin_to_drive_pin", "Reset PIN to drive"),
    _guarded("clear_pin_to_drive_admin", "Clear PIN to drive"),
    _guarded("guest_mode", "Set guest mode", _flag("enable")),
    _guarded("erase_user_data", "Erase user data", repeatable=False, wakes=False),
    _guarded("speed_limit_activate", "Activate speed limit", _pin("pin")),
    _guarded("speed_limit_deactivate", "Deactivate speed limit", _pin("pin")),
    _guarded("speed_limit_clear_pin", "Clear speed limit PIN", _pin("pin")),
    _guarded("speed_limit_clear_pin_admin", "Clear speed limit PIN as owner"),
    _command("speed_limit_set_limit", "Set speed limit", _float("limit_mph", 50, 120)),
    _guarded("parental_controls_activate", "Activate parental controls", _pin("pin")),
    _guarded("parental_controls_deactivate", "Deactivate parental controls", _pin("pin")),
    _guarded(
        "parental_controls_enable_setting",
        "Set a parental control",
        _text("setting", choices=CHILD_SETTINGS),
        _flag("enable"),
    ),
    _guarded("parental_controls_set_speed_limit", "Set parental speed limit", _float("limit_mph", 50, 120)),
    _guarded("parental_controls_clear_pin_admin", "Clear parental controls PIN as owner"),
)

SOFTWARE = (
    _command(
        "schedule_software_update",
        "Install software update",
        _int("offset_sec", 0, required=False, default=0),
        note="Seconds from now.",
    ),
    _command("cancel_software_update", "Cancel software update", button=True, icon="mdi:update", **OFF),
    _command("set_vehicle_name", "Set vehicle name", _text("vehicle_name", example="Red")),
    _command("set_low_power_mode", "Set low power mode", _flag("enable")),
    _command("keep_accessory_power_mode", "Keep accessory power", _flag("enable")),
)

MEDIA = (
    _media("media_toggle_playback", "Play or pause", "mdi:play-pause"),
    _media("media_next_track", "Next track", "mdi:skip-next"),
    _media("media_prev_track", "Previous track", "mdi:skip-previous"),
    _media("media_next_fav", "Next favourite", "mdi:heart-plus"),
    _media("media_prev_fav", "Previous favourite", "mdi:heart-minus"),
    _media("media_volume_up", "Volume up", "mdi:volume-plus"),
    _media("media_volume_down", "Volume down", "mdi:volume-minus"),
    _command("adjust_volume", "Set volume", _float("volume", 0, 11, maximum_from="media_volume_maximum"), wakes=False),
)

_ORDER = _int("order", required=False, default=1, choices=(1, 2, 3))
"""1 replaces the trip, 2 comes first, 3 comes last."""

NAVIGATION = (
    _once(
        "navigation_request",
        "Send destination",
        _text("address", example="Alexanderplatz 1, Berlin", is_place=True),
        body=_shared_text,
        note="An address, coordinates or a link to a map.",
    ),
    _once("navigation_gps_request", "Navigate to coordinates", *_place(), _ORDER),
    _once("navigation_sc_request", "Navigate to Supercharger", _int("id", 0, is_place=True), _ORDER),
    _once(
        "navigation_waypoints_request",
        "Navigate along waypoints",
        _text(
            "waypoints", example="refId:ChIJAVkDPzdOqEcRcDteW0YgIQQ,refId:ChIJiQnyVcZRqEcRY0xnhE77uyY", is_place=True
        ),
        note="refId:<Google place id>,refId:<Google place id>",
    ),
    _once(
        "upcoming_calendar_entries", "Send calendar", _text("calendar_data", example='{"events": []}', is_place=True)
    ),
    _once("take_drivenote", "Take drive note", _text("note", example="rattles at the rear left")),
)

COMMANDS = (
    *WAKE,
    *CHARGE,
    *CLIMATE,
    *CLOSURES,
    *ACTIONS,
    *SECURITY,
    *SOFTWARE,
    *MEDIA,
    *NAVIGATION,
    *REFRESH,
)
