"""The command table in the car's own words: name -> which part of the car, which protobuf (fleet-api.md 3.2).

The names and parameters are those of the catalogue, which are Tesla's REST ones. Where the two forms count or name
differently (fleet-api.md 3.3), it is said here and nowhere else. A command that is not here has no signed form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from tesla_protocol.command.car_server_pb2 import Action as CarAction
from tesla_protocol.command.universal_message_pb2 import Domain
from tesla_protocol.command.vcsec_pb2 import UnsignedMessage

from bridge.errors import CallWrong

Parameters = Mapping[str, Any]
Said = Mapping[str, Any]
"""A protobuf message as JSON."""


@dataclass(frozen=True, slots=True)
class Action:
    """One row. `said` gives the protobuf of the parameters; KeyError or ValueError where they do not fit."""

    domain: Domain
    said: Callable[[Parameters], Said]

    def payload(self, parameters: Parameters) -> bytes:
        """Raises CallWrong for what cannot be said so; nothing was sent then."""
        try:
            if self.domain == Domain.DOMAIN_VEHICLE_SECURITY:
                return ParseDict(dict(self.said(parameters)), UnsignedMessage()).SerializeToString()
            return ParseDict({"vehicleAction": self.said(parameters)}, CarAction()).SerializeToString()
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise CallWrong(f"{_NO_SUCH}: {error}; nothing was sent") from None
        except ParseError:
            # Its text may quote a PIN.
            raise CallWrong(f"{_NO_SUCH}; nothing was sent") from None


_NO_SUCH = "the signed form of this command does not know a value that it was given"


def _car(message: str, said: Callable[[Parameters], Said] | None = None, **fixed: Any) -> Action:
    """To the infotainment computer. `fixed` is the message where it does not depend on parameters."""
    return Action(Domain.DOMAIN_INFOTAINMENT, lambda given: {message: said(given) if said else fixed})


def _same(message: str, *same: str, **renamed: str) -> Action:
    """Each field of the protobuf takes one parameter, of its own name or another; what was not given stays away."""
    names = {name: name for name in same} | renamed
    return _car(message, lambda given: {to: given[name] for to, name in names.items() if given.get(name) is not None})


def _key(action: str) -> Action:
    """To the part that a key talks to."""
    return Action(Domain.DOMAIN_VEHICLE_SECURITY, lambda _: {"RKEAction": action})


def _closure(which: Callable[[Parameters], str], move: str) -> Action:
    def said(given: Parameters) -> Said:
        return {"closureMoveRequest": {which(given): f"CLOSURE_MOVE_TYPE_{move}"}}

    return Action(Domain.DOMAIN_VEHICLE_SECURITY, said)


def _tonneau(move: str) -> Action:
    return _closure(lambda _: "tonneau", move)


# --- where the two forms differ ---------------------------------------------------------------------------------------

_NOTHING: Said = {}

_SEATS = (
    "FRONT_LEFT",
    "FRONT_RIGHT",
    "REAR_LEFT",
    "REAR_LEFT_BACK",
    "REAR_CENTER",
    "REAR_RIGHT",
    "REAR_RIGHT_BACK",
    "THIRD_ROW_LEFT",
    "THIRD_ROW_RIGHT",
)
_SEAT_HEAT = ("OFF", "LOW", "MED", "HIGH")
_WHEEL_HEAT = {0: "StwHeatLevel_Off", 1: "StwHeatLevel_Low", 3: "StwHeatLevel_High"}
_TRUNKS = {"front": "frontTrunk", "rear": "rearTrunk"}

_DAYS = {"sun": 1, "mon": 2, "tue": 4, "wed": 8, "thu": 16, "fri": 32, "sat": 64, "all": 127, "weekdays": 62}
_DAY_NAMES = {
    **{name: name[:3] for name in ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")},
    **{name: name for name in _DAYS},
    "tues": "tue",
    "thur": "thu",
    "thurs": "thu",
}


def _days(text: str) -> int:
    """`Mon,Tues` -> their bits (fleet-api.md 3.4)."""
    mask = 0
    for word in text.split(","):
        mask |= _DAYS[_DAY_NAMES[word.strip().lower()]]
    return mask


def _seat_heater(given: Parameters) -> Said:
    seat = given["heater"] if given.get("heater") is not None else given["seat_position"]
    return {
        "hvacSeatHeaterAction": [
            {f"CAR_SEAT_{_SEATS[seat]}": _NOTHING, f"SEAT_HEATER_{_SEAT_HEAT[given['level']]}": _NOTHING}
        ]
    }


def _seat_cooler(given: Parameters) -> Said:
    """The car counts the levels from 1, which is off."""
    level, seat = given["seat_cooler_level"] + 1, given["seat_position"]
    return {"hvacSeatCoolerAction": [{"seat_cooler_level": level, "seat_position": seat}]}


def _auto_seat(given: Parameters) -> Said:
    return {"carseat": [{"on": given["auto_climate_on"], "seat_position": given["auto_seat_position"]}]}


def _temperatures(given: Parameters) -> Said:
    return {
        "driver_temp_celsius": given["driver_temp"],
        "passenger_temp_celsius": given["passenger_temp"],
        "level": {"TEMP_MAX": _NOTHING},  # as Tesla's own program has it
    }


def _departure(given: Parameters) -> Said:
    return {
        "enabled": given["enable"],
        "departure_time": given["departure_time"],
        "off_peak_hours_end_time": given["end_off_peak_time"],
        **_on_days("preconditioning_times", given["preconditioning_enabled"], given["preconditioning_weekdays_only"]),
        **_on_days(
            "off_peak_charging_times", given["off_peak_charging_enabled"], given["off_peak_charging_weekdays_only"]
        ),
    }


def _on_days(field: str, enabled: bool, weekdays_only: bool) -> Said:  # noqa: FBT001 - two values as they came
    return {field: {"weekdays" if weekdays_only else "all_week": _NOTHING}} if enabled else _NOTHING


def _charge_schedule(given: Parameters) -> Said:
    return _schedule(given) | {
        "start_enabled": given["start_enabled"],
        "start_time": given.get("start_time") or 0,
        "end_enabled": given.get("end_enabled") or False,
        "end_time": given.get("end_time") or 0,
    }


def _precondition_schedule(given: Parameters) -> Said:
    return _schedule(given) | {"precondition_time": given["precondition_time"]}


def _schedule(given: Parameters) -> dict[str, Any]:
    return {
        "id": given["id"],
        "name": given.get("name") or "",
        "days_of_week": _days(given["days_of_week"]),
        "one_time": given.get("one_time") or False,
        "enabled": given["enabled"],
        "latitude": given["lat"],
        "longitude": given["lon"],
    }


def _homelink(given: Parameters) -> Said:
    token = {"token": given["token"]} if given.get("token") else {}
    return {"location": {"latitude": given["lat"], "longitude": given["lon"]}, **token}


def _one_of(name: str, *words: str) -> Callable[[Parameters], Said]:
    """The parameter is one of the words, which is the name of a field that is empty."""

    def said(given: Parameters) -> Said:
        if given[name] not in words:
            raise ValueError(f"{name} is {' or '.join(words)}")
        return {given[name]: _NOTHING}

    return said


# --- the table --------------------------------------------------------------------------------------------------------

_WHERE = ("home", "work", "other")

_CHARGE = {
    "charge_start": _car("chargingStartStopAction", start=_NOTHING),
    "charge_stop": _car("chargingStartStopAction", stop=_NOTHING),
    "charge_standard": _car("chargingStartStopAction", start_standard=_NOTHING),
    "charge_max_range": _car("chargingStartStopAction", start_max_range=_NOTHING),
    "set_charge_limit": _same("chargingSetLimitAction", "percent"),
    "set_charging_amps": _same("setChargingAmpsAction", "charging_amps"),
    "charge_port_door_open": _car("chargePortDoorOpen"),
    "charge_port_door_close": _car("chargePortDoorClose"),
    "set_scheduled_charging": _same("scheduledChargingAction", enabled="enable", charging_time="time"),
    "set_scheduled_departure": _car("scheduledDepartureAction", _departure),
    "add_charge_schedule": _car("addChargeScheduleAction", _charge_schedule),
    "remove_charge_schedule": _same("removeChargeScheduleAction", "id"),
    "batch_remove_charge_schedules": _same("batchRemoveChargeSchedulesAction", *_WHERE),
    "add_precondition_schedule": _car("addPreconditionScheduleAction", _precondition_schedule),
    "remove_precondition_schedule": _same("removePreconditionScheduleAction", "id"),
    "batch_remove_precondition_schedules": _same("batchRemovePreconditionSchedulesAction", *_WHERE),
}

_CLIMATE = {
    "auto_conditioning_start": _car("hvacAutoAction", power_on=True),
    "auto_conditioning_stop": _car("hvacAutoAction", power_on=False),
    "set_temps": _car("hvacTemperatureAdjustmentAction", _temperatures),
    "set_preconditioning_max": _same("hvacSetPreconditioningMaxAction", "on", "manual_override"),
    "set_climate_keeper_mode": _same(
        "hvacClimateKeeperAction", "manual_override", ClimateKeeperAction="climate_keeper_mode"
    ),
    "set_cabin_overheat_protection": _same("setCabinOverheatProtectionAction", "on", "fan_only"),
    # The car counts from 1; 0 is: not told.
    "set_cop_temp": _car("setCopTempAction", lambda given: {"copActivationTemp": given["cop_temp"] + 1}),
    "set_bioweapon_mode": _same("hvacBioweaponModeAction", "on", "manual_override"),
    "remote_seat_heater_request": _car("hvacSeatHeaterActions", _seat_heater),
    "remote_seat_cooler_request": _car("hvacSeatCoolerActions", _seat_cooler),
    "remote_auto_seat_climate_request": _car("autoSeatClimateAction", _auto_seat),
    "remote_steering_wheel_heater_request": _same("hvacSteeringWheelHeaterAction", power_on="on"),
    "remote_steering_wheel_heat_level_request": _car(
        "stwHeatLevelAction", lambda given: {"stw_heat_level": _WHEEL_HEAT[given["level"]]}
    ),
    "remote_auto_steering_wheel_heat_climate_request": _same("autoStwHeatAction", "on"),
}

_CLOSURES = {
    "door_lock": _key("RKE_ACTION_LOCK"),
    "door_unlock": _key("RKE_ACTION_UNLOCK"),
    "remote_start_drive": _key("RKE_ACTION_REMOTE_DRIVE"),
    "actuate_trunk": _closure(lambda given: _TRUNKS[given["which_trunk"]], "MOVE"),
    "open_tonneau": _tonneau("OPEN"),
    "close_tonneau": _tonneau("CLOSE"),
    "stop_tonneau": _tonneau("STOP"),
    "window_control": _car("vehicleControlWindowAction", _one_of("command", "vent", "close")),
    "sun_roof_control": _car("vehicleControlSunroofOpenCloseAction", _one_of("state", "vent", "close")),
    "trigger_homelink": _car("vehicleControlTriggerHomelinkAction", _homelink),
    "flash_lights": _car("vehicleControlFlashLightsAction"),
    "honk_horn": _car("vehicleControlHonkHornAction"),
    "remote_boombox": _same("boomboxAction", "sound"),
}

_SECURITY = {
    "set_sentry_mode": _same("vehicleControlSetSentryModeAction", "on"),
    "set_valet_mode": _same("vehicleControlSetValetModeAction", "on", "password"),
    "reset_valet_pin": _car("vehicleControlResetValetPinAction"),
    "set_pin_to_drive": _same("vehicleControlSetPinToDriveAction", "on", "password"),
    "reset_pin_to_drive_pin": _car("vehicleControlResetPinToDriveAction"),
    "clear_pin_to_drive_admin": _car("vehicleControlResetPinToDriveAdminAction"),
    "guest_mode": _same("guestModeAction", GuestModeActive="enable"),
    "erase_user_data": _car("eraseUserDataAction"),
    "speed_limit_activate": _car("drivingSpeedLimitAction", lambda given: {"activate": True, "pin": given["pin"]}),
    "speed_limit_deactivate": _car("drivingSpeedLimitAction", lambda given: {"activate": False, "pin": given["pin"]}),
    "speed_limit_clear_pin": _same("drivingClearSpeedLimitPinAction", "pin"),
    "speed_limit_clear_pin_admin": _car("drivingClearSpeedLimitPinAdminAction"),
    "speed_limit_set_limit": _same("drivingSetSpeedLimitAction", "limit_mph"),
    "parental_controls_activate": _car("parentalControlsAction", lambda given: {"activate": True, "pin": given["pin"]}),
    "parental_controls_deactivate": _car(
        "parentalControlsAction", lambda given: {"activate": False, "pin": given["pin"]}
    ),
    "parental_controls_enable_setting": _same("parentalControlsEnableSettingsAction", "setting", "enable"),
    "parental_controls_set_speed_limit": _same("parentalControlsSetSpeedLimitAction", "limit_mph"),
    "parental_controls_clear_pin_admin": _car("parentalControlsClearPinAdminAction"),
}

_SOFTWARE = {
    "schedule_software_update": _same("vehicleControlScheduleSoftwareUpdateAction", "offset_sec"),
    "cancel_software_update": _car("vehicleControlCancelSoftwareUpdateAction"),
    "set_vehicle_name": _same("setVehicleNameAction", vehicleName="vehicle_name"),
    "set_low_power_mode": _same("setLowPowerModeAction", low_power_mode="enable"),
    "keep_accessory_power_mode": _same("setKeepAccessoryPowerModeAction", keep_accessory_power_mode="enable"),
}

_MEDIA = {
    "media_toggle_playback": _car("mediaPlayAction"),
    "media_next_track": _car("mediaNextTrack"),
    "media_prev_track": _car("mediaPreviousTrack"),
    "media_next_fav": _car("mediaNextFavorite"),
    "media_prev_fav": _car("mediaPreviousFavorite"),
    "media_volume_up": _car("mediaUpdateVolume", volume_delta=1),
    "media_volume_down": _car("mediaUpdateVolume", volume_delta=-1),
    "adjust_volume": _same("mediaUpdateVolume", volume_absolute_float="volume"),
}

_NAVIGATION = {
    "navigation_gps_request": _same("navigationGpsRequest", "lat", "lon", "order"),
    "navigation_sc_request": _same("navigationSuperchargerRequest", "id", remote_nav_trip_order="order"),
    "navigation_waypoints_request": _same("navigationWaypointsRequest", "waypoints"),
    "upcoming_calendar_entries": _same("uiSetUpcomingCalendarEntries", "calendar_data"),
    "take_drivenote": _same("takeDrivenoteAction", "note"),
}

ACTIONS: Mapping[str, Action] = {
    **_CHARGE,
    **_CLIMATE,
    **_CLOSURES,
    **_SECURITY,
    **_SOFTWARE,
    **_MEDIA,
    **_NAVIGATION,
}

UNSIGNED = frozenset(
    {
        "navigation_request",
        "set_managed_charge_current_request",
        "set_managed_charger_location",
        "set_managed_scheduled_charging_time",
    }
)
"""Done by Tesla's servers, so a car that wants signatures takes them plain as well (fleet-api.md 3.2, 3.5)."""
