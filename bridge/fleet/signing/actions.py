"""The command table in the car's own words: name -> which part of the car, which protobuf (fleet-api.md 3.2).

The names and parameters are those of the catalogue, which are Tesla's REST ones. Where the two forms count or name
differently (fleet-api.md 3.3), forms.py says how. A command that is not here has no signed form.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.fleet.signing.forms import (
    NOTHING,
    TRUNKS,
    WHEEL_HEAT,
    Action,
    auto_seat,
    car,
    charge_schedule,
    closure,
    departure,
    homelink,
    key,
    one_of,
    precondition_schedule,
    same,
    seat_cooler,
    seat_heater,
    temperatures,
    tonneau,
)

_WHERE = ("home", "work", "other")

_CHARGE = {
    "charge_start": car("chargingStartStopAction", start=NOTHING),
    "charge_stop": car("chargingStartStopAction", stop=NOTHING),
    "charge_standard": car("chargingStartStopAction", start_standard=NOTHING),
    "charge_max_range": car("chargingStartStopAction", start_max_range=NOTHING),
    "set_charge_limit": same("chargingSetLimitAction", "percent"),
    "set_charging_amps": same("setChargingAmpsAction", "charging_amps"),
    "charge_port_door_open": car("chargePortDoorOpen"),
    "charge_port_door_close": car("chargePortDoorClose"),
    "set_scheduled_charging": same("scheduledChargingAction", enabled="enable", charging_time="time"),
    "set_scheduled_departure": car("scheduledDepartureAction", departure),
    "add_charge_schedule": car("addChargeScheduleAction", charge_schedule),
    "remove_charge_schedule": same("removeChargeScheduleAction", "id"),
    "batch_remove_charge_schedules": same("batchRemoveChargeSchedulesAction", *_WHERE),
    "add_precondition_schedule": car("addPreconditionScheduleAction", precondition_schedule),
    "remove_precondition_schedule": same("removePreconditionScheduleAction", "id"),
    "batch_remove_precondition_schedules": same("batchRemovePreconditionSchedulesAction", *_WHERE),
}

_CLIMATE = {
    "auto_conditioning_start": car("hvacAutoAction", power_on=True),
    "auto_conditioning_stop": car("hvacAutoAction", power_on=False),
    "set_temps": car("hvacTemperatureAdjustmentAction", temperatures),
    "set_preconditioning_max": same("hvacSetPreconditioningMaxAction", "on", "manual_override"),
    "set_climate_keeper_mode": same(
        "hvacClimateKeeperAction", "manual_override", ClimateKeeperAction="climate_keeper_mode"
    ),
    "set_cabin_overheat_protection": same("setCabinOverheatProtectionAction", "on", "fan_only"),
    # The car counts from 1; 0 is: not told.
    "set_cop_temp": car("setCopTempAction", lambda given: {"copActivationTemp": given["cop_temp"] + 1}),
    "set_bioweapon_mode": same("hvacBioweaponModeAction", "on", "manual_override"),
    "remote_seat_heater_request": car("hvacSeatHeaterActions", seat_heater),
    "remote_seat_cooler_request": car("hvacSeatCoolerActions", seat_cooler),
    "remote_auto_seat_climate_request": car("autoSeatClimateAction", auto_seat),
    "remote_steering_wheel_heater_request": same("hvacSteeringWheelHeaterAction", power_on="on"),
    "remote_steering_wheel_heat_level_request": car(
        "stwHeatLevelAction", lambda given: {"stw_heat_level": WHEEL_HEAT[given["level"]]}
    ),
    "remote_auto_steering_wheel_heat_climate_request": same("autoStwHeatAction", "on"),
}

_CLOSURES = {
    "door_lock": key("RKE_ACTION_LOCK"),
    "door_unlock": key("RKE_ACTION_UNLOCK"),
    "remote_start_drive": key("RKE_ACTION_REMOTE_DRIVE"),
    "actuate_trunk": closure(lambda given: TRUNKS[given["which_trunk"]], "MOVE"),
    "open_tonneau": tonneau("OPEN"),
    "close_tonneau": tonneau("CLOSE"),
    "stop_tonneau": tonneau("STOP"),
    "window_control": car("vehicleControlWindowAction", one_of("command", "vent", "close")),
    "sun_roof_control": car("vehicleControlSunroofOpenCloseAction", one_of("state", "vent", "close")),
    "trigger_homelink": car("vehicleControlTriggerHomelinkAction", homelink),
    "flash_lights": car("vehicleControlFlashLightsAction"),
    "honk_horn": car("vehicleControlHonkHornAction"),
    "remote_boombox": same("boomboxAction", "sound"),
}

_SECURITY = {
    "set_sentry_mode": same("vehicleControlSetSentryModeAction", "on"),
    "set_valet_mode": same("vehicleControlSetValetModeAction", "on", "password"),
    "reset_valet_pin": car("vehicleControlResetValetPinAction"),
    "set_pin_to_drive": same("vehicleControlSetPinToDriveAction", "on", "password"),
    "reset_pin_to_drive_pin": car("vehicleControlResetPinToDriveAction"),
    "clear_pin_to_drive_admin": car("vehicleControlResetPinToDriveAdminAction"),
    "guest_mode": same("guestModeAction", GuestModeActive="enable"),
    "erase_user_data": car("eraseUserDataAction"),
    "speed_limit_activate": car("drivingSpeedLimitAction", lambda given: {"activate": True, "pin": given["pin"]}),
    "speed_limit_deactivate": car("drivingSpeedLimitAction", lambda given: {"activate": False, "pin": given["pin"]}),
    "speed_limit_clear_pin": same("drivingClearSpeedLimitPinAction", "pin"),
    "speed_limit_clear_pin_admin": car("drivingClearSpeedLimitPinAdminAction"),
    "speed_limit_set_limit": same("drivingSetSpeedLimitAction", "limit_mph"),
    "parental_controls_activate": car("parentalControlsAction", lambda given: {"activate": True, "pin": given["pin"]}),
    "parental_controls_deactivate": car(
        "parentalControlsAction", lambda given: {"activate": False, "pin": given["pin"]}
    ),
    "parental_controls_enable_setting": same("parentalControlsEnableSettingsAction", "setting", "enable"),
    "parental_controls_set_speed_limit": same("parentalControlsSetSpeedLimitAction", "limit_mph"),
    "parental_controls_clear_pin_admin": car("parentalControlsClearPinAdminAction"),
}

_SOFTWARE = {
    "schedule_software_update": same("vehicleControlScheduleSoftwareUpdateAction", "offset_sec"),
    "cancel_software_update": car("vehicleControlCancelSoftwareUpdateAction"),
    "set_vehicle_name": same("setVehicleNameAction", vehicleName="vehicle_name"),
    "set_low_power_mode": same("setLowPowerModeAction", low_power_mode="enable"),
    "keep_accessory_power_mode": same("setKeepAccessoryPowerModeAction", keep_accessory_power_mode="enable"),
}

_MEDIA = {
    "media_toggle_playback": car("mediaPlayAction"),
    "media_next_track": car("mediaNextTrack"),
    "media_prev_track": car("mediaPreviousTrack"),
    "media_next_fav": car("mediaNextFavorite"),
    "media_prev_fav": car("mediaPreviousFavorite"),
    "media_volume_up": car("mediaUpdateVolume", volume_delta=1),
    "media_volume_down": car("mediaUpdateVolume", volume_delta=-1),
    "adjust_volume": same("mediaUpdateVolume", volume_absolute_float="volume"),
}

_NAVIGATION = {
    "navigation_gps_request": same("navigationGpsRequest", "lat", "lon", "order"),
    "navigation_sc_request": same("navigationSuperchargerRequest", "id", remote_nav_trip_order="order"),
    "navigation_waypoints_request": same("navigationWaypointsRequest", "waypoints"),
    "upcoming_calendar_entries": same("uiSetUpcomingCalendarEntries", "calendar_data"),
    "take_drivenote": same("takeDrivenoteAction", "note"),
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
