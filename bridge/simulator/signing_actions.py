"""Protobuf -> the command that it is, in the words of REST (fleet-api.md 3.2, 3.3, 7.7)."""

from typing import Any

from google.protobuf.message import DecodeError
from tesla_protocol.command.car_server_pb2 import Action, VehicleAction
from tesla_protocol.command.vcsec_pb2 import ClosureMoveRequest, RKEAction_E, UnsignedMessage

from bridge.simulator.signing_actions_signed import SIGNED_READERS
from bridge.simulator.signing_part import SECURITY, Fault, Faulty
from bridge.simulator.signing_readers import Command, Reader, chosen, either, members, oneof, only, plain, word

SEATS = ("LEFT", "RIGHT")
HEATED = (
    "CAR_SEAT_FRONT_LEFT",
    "CAR_SEAT_FRONT_RIGHT",
    "CAR_SEAT_REAR_LEFT",
    "CAR_SEAT_REAR_LEFT_BACK",
    "CAR_SEAT_REAR_CENTER",
    "CAR_SEAT_REAR_RIGHT",
    "CAR_SEAT_REAR_RIGHT_BACK",
    "CAR_SEAT_THIRD_ROW_LEFT",
    "CAR_SEAT_THIRD_ROW_RIGHT",
)
HEAT = ("SEAT_HEATER_OFF", "SEAT_HEATER_LOW", "SEAT_HEATER_MED", "SEAT_HEATER_HIGH")
WHEEL = {1: 0, 2: 1, 3: 3}
DAYS = ("Sun", "Mon", "Tues", "Wed", "Thurs", "Fri", "Sat")
CHARGING = {
    "start": "charge_start",
    "stop": "charge_stop",
    "start_standard": "charge_standard",
    "start_max_range": "charge_max_range",
}
KEYS = {
    RKEAction_E.RKE_ACTION_LOCK: "door_lock",
    RKEAction_E.RKE_ACTION_UNLOCK: "door_unlock",
    RKEAction_E.RKE_ACTION_REMOTE_DRIVE: "remote_start_drive",
    RKEAction_E.RKE_ACTION_AUTO_SECURE_VEHICLE: "auto_secure_vehicle",
}
MOVE, STOP, OPEN, CLOSE = 1, 2, 3, 4
CLOSURES: dict[tuple[str, int], Command] = {
    ("rearTrunk", MOVE): ("actuate_trunk", {"which_trunk": "rear"}),
    ("frontTrunk", MOVE): ("actuate_trunk", {"which_trunk": "front"}),
    ("tonneau", OPEN): ("open_tonneau", {}),
    ("tonneau", CLOSE): ("close_tonneau", {}),
    ("tonneau", STOP): ("stop_tonneau", {}),
}


def understood(domain: int, payload: bytes) -> Command:
    """(name, parameters). Raises Faulty: not readable, or nothing that this car knows."""
    try:
        return _for_security(payload) if domain == SECURITY else _for_infotainment(payload)
    except DecodeError:
        raise Faulty(Fault.DECODING) from None


def _for_security(payload: bytes) -> Command:
    said = UnsignedMessage.FromString(payload)
    match said.WhichOneof("sub_message"):
        case "RKEAction" if said.RKEAction in KEYS:
            return KEYS[said.RKEAction], {}
        case "closureMoveRequest":
            return _closure(said.closureMoveRequest)
    raise Faulty(Fault.INVALID_COMMAND)


def _closure(request: ClosureMoveRequest) -> Command:
    moves = [(each.name, value) for each, value in request.ListFields()]
    if len(moves) != 1 or moves[0] not in CLOSURES:
        raise Faulty(Fault.INVALID_COMMAND)
    return CLOSURES[moves[0]]


def _for_infotainment(payload: bytes) -> Command:
    action: VehicleAction = Action.FromString(payload).vehicleAction
    chosen_word = action.WhichOneof("vehicle_action_msg") or ""
    reader = READERS.get(chosen_word) or SIGNED_READERS.get(chosen_word)
    if reader is None:
        raise Faulty(Fault.INVALID_COMMAND)
    return reader(getattr(action, chosen_word))


# --- readers ----------------------------------------------------------------------------------------------------------


def _seat_heater(said: Any) -> Command:
    (one,) = said.hvacSeatHeaterAction
    seat = HEATED.index(chosen(one, "seat_position", HEATED))
    return "remote_seat_heater_request", {
        "heater": seat,
        "seat_position": seat,
        "level": HEAT.index(chosen(one, "seat_heater_level", HEAT)),
    }


def _seat_cooler(said: Any) -> Command:
    (one,) = said.hvacSeatCoolerAction
    level = one.seat_cooler_level - 1
    return "remote_seat_cooler_request", {"seat_position": one.seat_position, "seat_cooler_level": level}


def _auto_seat(said: Any) -> Command:
    (one,) = said.carseat
    return "remote_auto_seat_climate_request", {"auto_seat_position": one.seat_position, "auto_climate_on": one.on}


def _volume(said: Any) -> Command:
    if said.WhichOneof("media_volume") == "volume_absolute_float":
        return "adjust_volume", {"volume": plain(said.volume_absolute_float)}
    return ("media_volume_up" if said.volume_delta > 0 else "media_volume_down"), {}


def _temperatures(said: Any) -> Command:
    given = {"driver_temp": said.driver_temp_celsius, "passenger_temp": said.passenger_temp_celsius}
    return "set_temps", {name: plain(value) for name, value in given.items()}


def _departure(said: Any) -> Command:
    return "set_scheduled_departure", {
        "enable": said.enabled,
        "departure_time": said.departure_time,
        **_on_days("preconditioning", said.preconditioning_times),
        **_on_days("off_peak_charging", said.off_peak_charging_times),
        "end_off_peak_time": said.off_peak_hours_end_time,
    }


def _on_days(name: str, times: Any) -> dict[str, bool]:
    days = times.WhichOneof("times")
    return {f"{name}_enabled": days is not None, f"{name}_weekdays_only": days == "weekdays"}


def _charge_schedule(said: Any) -> Command:
    times = {name: getattr(said, name) for name in ("start_enabled", "start_time", "end_enabled", "end_time")}
    return "add_charge_schedule", _schedule(said) | times


def _precondition_schedule(said: Any) -> Command:
    return "add_precondition_schedule", _schedule(said) | {"precondition_time": said.precondition_time}


def _schedule(said: Any) -> dict[str, Any]:
    return {
        "days_of_week": ",".join(day for bit, day in enumerate(DAYS) if said.days_of_week >> bit & 1),
        "enabled": said.enabled,
        "lat": plain(said.latitude),
        "lon": plain(said.longitude),
        "id": said.id,
        "one_time": said.one_time,
        "name": said.name,
    }


def _homelink(said: Any) -> Command:
    place = {"lat": plain(said.location.latitude), "lon": plain(said.location.longitude)}
    return "trigger_homelink", place | ({"token": said.token} if said.token else {})


def _wheel_level(said: Any) -> Command:
    if said.stw_heat_level not in WHEEL:
        raise Faulty(Fault.BAD_PARAMETER)
    return "remote_steering_wheel_heat_level_request", {"level": WHEEL[said.stw_heat_level]}


def _setting(said: Any) -> Command:
    kind = said.DESCRIPTOR.fields_by_name["setting"].enum_type
    name = kind.values_by_number[said.setting].name
    return "parental_controls_enable_setting", {"setting": name, "enable": said.enable}


HOME_WORK_OTHER = {"home": "home", "work": "work", "other": "other"}
ON_AND_OVERRIDE = {"on": "on", "manual_override": "manual_override"}

READERS: dict[str, Reader] = {
    "chargingSetLimitAction": members("set_charge_limit", percent="percent"),
    "chargingStartStopAction": oneof("charging_action", CHARGING),
    "setChargingAmpsAction": members("set_charging_amps", charging_amps="charging_amps"),
    "scheduledChargingAction": members("set_scheduled_charging", enable="enabled", time="charging_time"),
    "scheduledDepartureAction": _departure,
    "addChargeScheduleAction": _charge_schedule,
    "removeChargeScheduleAction": members("remove_charge_schedule", id="id"),
    "batchRemoveChargeSchedulesAction": members("batch_remove_charge_schedules", **HOME_WORK_OTHER),
    "addPreconditionScheduleAction": _precondition_schedule,
    "removePreconditionScheduleAction": members("remove_precondition_schedule", id="id"),
    "batchRemovePreconditionSchedulesAction": members("batch_remove_precondition_schedules", **HOME_WORK_OTHER),
    "chargePortDoorOpen": only("charge_port_door_open"),
    "chargePortDoorClose": only("charge_port_door_close"),
    "hvacAutoAction": either("auto_conditioning_start", "auto_conditioning_stop", "power_on"),
    "hvacTemperatureAdjustmentAction": _temperatures,
    "hvacSetPreconditioningMaxAction": members("set_preconditioning_max", **ON_AND_OVERRIDE),
    "hvacClimateKeeperAction": members(
        "set_climate_keeper_mode", climate_keeper_mode="ClimateKeeperAction", manual_override="manual_override"
    ),
    "setCabinOverheatProtectionAction": members("set_cabin_overheat_protection", on="on", fan_only="fan_only"),
    "setCopTempAction": lambda said: ("set_cop_temp", {"cop_temp": said.copActivationTemp - 1}),
    "hvacBioweaponModeAction": members("set_bioweapon_mode", **ON_AND_OVERRIDE),
    "hvacSeatHeaterActions": _seat_heater,
    "hvacSeatCoolerActions": _seat_cooler,
    "autoSeatClimateAction": _auto_seat,
    "hvacSteeringWheelHeaterAction": members("remote_steering_wheel_heater_request", on="power_on"),
    "stwHeatLevelAction": _wheel_level,
    "autoStwHeatAction": members("remote_auto_steering_wheel_heat_climate_request", on="on"),
    "vehicleControlWindowAction": word("window_control", "command", "action", "vent", "close"),
    "vehicleControlSunroofOpenCloseAction": word("sun_roof_control", "state", "action", "vent", "close"),
    "vehicleControlTriggerHomelinkAction": _homelink,
    "vehicleControlFlashLightsAction": only("flash_lights"),
    "vehicleControlHonkHornAction": only("honk_horn"),
    "boomboxAction": members("remote_boombox", sound="sound"),
    "vehicleControlSetSentryModeAction": members("set_sentry_mode", on="on"),
    "vehicleControlSetValetModeAction": members("set_valet_mode", on="on", password="password"),  # noqa: S106  # a name
    "vehicleControlResetValetPinAction": only("reset_valet_pin"),
    "vehicleControlSetPinToDriveAction": members("set_pin_to_drive", on="on", password="password"),  # noqa: S106
    "vehicleControlResetPinToDriveAction": only("reset_pin_to_drive_pin"),
    "vehicleControlResetPinToDriveAdminAction": only("clear_pin_to_drive_admin"),
    "guestModeAction": members("guest_mode", enable="GuestModeActive"),
    "eraseUserDataAction": only("erase_user_data"),
    "drivingSpeedLimitAction": either("speed_limit_activate", "speed_limit_deactivate", "activate", pin="pin"),
    "drivingSetSpeedLimitAction": members("speed_limit_set_limit", limit_mph="limit_mph"),
    "drivingClearSpeedLimitPinAction": members("speed_limit_clear_pin", pin="pin"),
    "drivingClearSpeedLimitPinAdminAction": only("speed_limit_clear_pin_admin"),
    "parentalControlsAction": either(
        "parental_controls_activate", "parental_controls_deactivate", "activate", pin="pin"
    ),
    "parentalControlsEnableSettingsAction": _setting,
    "parentalControlsSetSpeedLimitAction": members("parental_controls_set_speed_limit", limit_mph="limit_mph"),
    "parentalControlsClearPinAdminAction": only("parental_controls_clear_pin_admin"),
    "vehicleControlScheduleSoftwareUpdateAction": members("schedule_software_update", offset_sec="offset_sec"),
    "vehicleControlCancelSoftwareUpdateAction": only("cancel_software_update"),
    "setVehicleNameAction": members("set_vehicle_name", vehicle_name="vehicleName"),
    "setLowPowerModeAction": members("set_low_power_mode", enable="low_power_mode"),
    "setKeepAccessoryPowerModeAction": members("keep_accessory_power_mode", enable="keep_accessory_power_mode"),
    "mediaPlayAction": only("media_toggle_playback"),
    "mediaNextTrack": only("media_next_track"),
    "mediaPreviousTrack": only("media_prev_track"),
    "mediaNextFavorite": only("media_next_fav"),
    "mediaPreviousFavorite": only("media_prev_fav"),
    "mediaUpdateVolume": _volume,
    "navigationGpsRequest": members("navigation_gps_request", lat="lat", lon="lon", order="order"),
    "navigationSuperchargerRequest": members("navigation_sc_request", id="id", order="remote_nav_trip_order"),
    "navigationWaypointsRequest": members("navigation_waypoints_request", waypoints="waypoints"),
    "uiSetUpcomingCalendarEntries": members("upcoming_calendar_entries", calendar_data="calendar_data"),
    "takeDrivenoteAction": members("take_drivenote", note="note"),
}
