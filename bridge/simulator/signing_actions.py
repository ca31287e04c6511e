"""Protobuf -> the command that it is, in the words of REST (fleet-api.md 3.2, 3.3, 7.7)."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError, Message
from tesla_protocol.command.car_server_pb2 import Action, VehicleAction
from tesla_protocol.command.vcsec_pb2 import ClosureMoveRequest, RKEAction_E, UnsignedMessage

from bridge.simulator.signing_part import SECURITY, Fault, Faulty

Command = tuple[str, dict[str, Any]]
Reader = Callable[[Any], Command]

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
    word = action.WhichOneof("vehicle_action_msg")
    if word not in READERS:
        raise Faulty(Fault.INVALID_COMMAND)
    return READERS[word](getattr(action, word))


# --- readers ----------------------------------------------------------------------------------------------------------


def _only(name: str) -> Reader:
    return lambda _: (name, {})


def _fields(name: str, **fields: str) -> Reader:
    """Parameter -> field. A text that is empty was not given."""

    def read(said: Message) -> Command:
        values = {parameter: _plain(getattr(said, field)) for parameter, field in fields.items()}
        return name, {parameter: value for parameter, value in values.items() if value not in {None, ""}}

    return read


def _plain(value: Any) -> Any:
    """A 32-bit float shows digits that nobody sent."""
    return round(value, 5) if isinstance(value, float) else value


def _either(on: str, off: str, field: str, **fields: str) -> Reader:
    def read(said: Message) -> Command:
        return _fields(on if getattr(said, field) else off, **fields)(said)

    return read


def _oneof(group: str, names: dict[str, str]) -> Reader:
    def read(said: Message) -> Command:
        return names[_chosen(said, group, names)], {}

    return read


def _word(name: str, parameter: str, group: str, *words: str) -> Reader:
    """The name of the member that is set is the value."""
    return lambda said: (name, {parameter: _chosen(said, group, words)})


def _chosen(said: Message, group: str, known: Any) -> str:
    word = said.WhichOneof(group)
    if word not in known:
        raise Faulty(Fault.BAD_PARAMETER)
    return str(word)


def _seat_heater(said: Any) -> Command:
    (one,) = said.hvacSeatHeaterAction
    seat = HEATED.index(_chosen(one, "seat_position", HEATED))
    return "remote_seat_heater_request", {
        "heater": seat,
        "seat_position": seat,
        "level": HEAT.index(_chosen(one, "seat_heater_level", HEAT)),
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
        return "adjust_volume", {"volume": _plain(said.volume_absolute_float)}
    return ("media_volume_up" if said.volume_delta > 0 else "media_volume_down"), {}


def _temperatures(said: Any) -> Command:
    given = {"driver_temp": said.driver_temp_celsius, "passenger_temp": said.passenger_temp_celsius}
    return "set_temps", {name: _plain(value) for name, value in given.items()}


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
        "lat": _plain(said.latitude),
        "lon": _plain(said.longitude),
        "id": said.id,
        "one_time": said.one_time,
        "name": said.name,
    }


def _homelink(said: Any) -> Command:
    place = {"lat": _plain(said.location.latitude), "lon": _plain(said.location.longitude)}
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
    "chargingSetLimitAction": _fields("set_charge_limit", percent="percent"),
    "chargingStartStopAction": _oneof("charging_action", CHARGING),
    "setChargingAmpsAction": _fields("set_charging_amps", charging_amps="charging_amps"),
    "scheduledChargingAction": _fields("set_scheduled_charging", enable="enabled", time="charging_time"),
    "scheduledDepartureAction": _departure,
    "addChargeScheduleAction": _charge_schedule,
    "removeChargeScheduleAction": _fields("remove_charge_schedule", id="id"),
    "batchRemoveChargeSchedulesAction": _fields("batch_remove_charge_schedules", **HOME_WORK_OTHER),
    "addPreconditionScheduleAction": _precondition_schedule,
    "removePreconditionScheduleAction": _fields("remove_precondition_schedule", id="id"),
    "batchRemovePreconditionSchedulesAction": _fields("batch_remove_precondition_schedules", **HOME_WORK_OTHER),
    "chargePortDoorOpen": _only("charge_port_door_open"),
    "chargePortDoorClose": _only("charge_port_door_close"),
    "hvacAutoAction": _either("auto_conditioning_start", "auto_conditioning_stop", "power_on"),
    "hvacTemperatureAdjustmentAction": _temperatures,
    "hvacSetPreconditioningMaxAction": _fields("set_preconditioning_max", **ON_AND_OVERRIDE),
    "hvacClimateKeeperAction": _fields(
        "set_climate_keeper_mode", climate_keeper_mode="ClimateKeeperAction", manual_override="manual_override"
    ),
    "setCabinOverheatProtectionAction": _fields("set_cabin_overheat_protection", on="on", fan_only="fan_only"),
    "setCopTempAction": lambda said: ("set_cop_temp", {"cop_temp": said.copActivationTemp - 1}),
    "hvacBioweaponModeAction": _fields("set_bioweapon_mode", **ON_AND_OVERRIDE),
    "hvacSeatHeaterActions": _seat_heater,
    "hvacSeatCoolerActions": _seat_cooler,
    "autoSeatClimateAction": _auto_seat,
    "hvacSteeringWheelHeaterAction": _fields("remote_steering_wheel_heater_request", on="power_on"),
    "stwHeatLevelAction": _wheel_level,
    "autoStwHeatAction": _fields("remote_auto_steering_wheel_heat_climate_request", on="on"),
    "vehicleControlWindowAction": _word("window_control", "command", "action", "vent", "close"),
    "vehicleControlSunroofOpenCloseAction": _word("sun_roof_control", "state", "action", "vent", "close"),
    "vehicleControlTriggerHomelinkAction": _homelink,
    "vehicleControlFlashLightsAction": _only("flash_lights"),
    "vehicleControlHonkHornAction": _only("honk_horn"),
    "boomboxAction": _fields("remote_boombox", sound="sound"),
    "vehicleControlSetSentryModeAction": _fields("set_sentry_mode", on="on"),
    "vehicleControlSetValetModeAction": _fields("set_valet_mode", on="on", password="password"),  # noqa: S106  # a name
    "vehicleControlResetValetPinAction": _only("reset_valet_pin"),
    "vehicleControlSetPinToDriveAction": _fields("set_pin_to_drive", on="on", password="password"),  # noqa: S106
    "vehicleControlResetPinToDriveAction": _only("reset_pin_to_drive_pin"),
    "vehicleControlResetPinToDriveAdminAction": _only("clear_pin_to_drive_admin"),
    "guestModeAction": _fields("guest_mode", enable="GuestModeActive"),
    "eraseUserDataAction": _only("erase_user_data"),
    "drivingSpeedLimitAction": _either("speed_limit_activate", "speed_limit_deactivate", "activate", pin="pin"),
    "drivingSetSpeedLimitAction": _fields("speed_limit_set_limit", limit_mph="limit_mph"),
    "drivingClearSpeedLimitPinAction": _fields("speed_limit_clear_pin", pin="pin"),
    "drivingClearSpeedLimitPinAdminAction": _only("speed_limit_clear_pin_admin"),
    "parentalControlsAction": _either(
        "parental_controls_activate", "parental_controls_deactivate", "activate", pin="pin"
    ),
    "parentalControlsEnableSettingsAction": _setting,
    "parentalControlsSetSpeedLimitAction": _fields("parental_controls_set_speed_limit", limit_mph="limit_mph"),
    "parentalControlsClearPinAdminAction": _only("parental_controls_clear_pin_admin"),
    "vehicleControlScheduleSoftwareUpdateAction": _fields("schedule_software_update", offset_sec="offset_sec"),
    "vehicleControlCancelSoftwareUpdateAction": _only("cancel_software_update"),
    "setVehicleNameAction": _fields("set_vehicle_name", vehicle_name="vehicleName"),
    "setLowPowerModeAction": _fields("set_low_power_mode", enable="low_power_mode"),
    "setKeepAccessoryPowerModeAction": _fields("keep_accessory_power_mode", enable="keep_accessory_power_mode"),
    "mediaPlayAction": _only("media_toggle_playback"),
    "mediaNextTrack": _only("media_next_track"),
    "mediaPreviousTrack": _only("media_prev_track"),
    "mediaNextFavorite": _only("media_next_fav"),
    "mediaPreviousFavorite": _only("media_prev_fav"),
    "mediaUpdateVolume": _volume,
    "navigationGpsRequest": _fields("navigation_gps_request", lat="lat", lon="lon", order="order"),
    "navigationSuperchargerRequest": _fields("navigation_sc_request", id="id", order="remote_nav_trip_order"),
    "navigationWaypointsRequest": _fields("navigation_waypoints_request", waypoints="waypoints"),
    "uiSetUpcomingCalendarEntries": _fields("upcoming_calendar_entries", calendar_data="calendar_data"),
    "takeDrivenoteAction": _fields("take_drivenote", note="note"),
}
