"""The command table in the car's own words: name -> which part of the car, which protobuf (fleet-api.md 3.2).

The names and parameters are those of the catalogue, which are Tesla's REST ones. Where the two forms count or name
differently (fleet-api.md 3.3), forms.py says how. A command that is not here has no signed form.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.fleet.signing.forms import (
    NOTHING,
    ON_OFF,
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
    managed_site,
    one_of,
    precondition_schedule,
    same,
    seat_cooler,
    seat_heater,
    temperatures,
    tonneau,
    worded,
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
    "update_charge_on_solar": car("updateChargeOnSolarFeatureRequest", lambda given: {"charge_on_solar": dict(given)}),
    "get_charge_on_solar": car("getChargeOnSolarFeatureRequest"),
    "set_rate_tariff": car("setRateTariffRequest", lambda given: given["tariff"]),
    "get_rate_tariff": car("getRateTariffRequest"),
    "add_managed_charging_site": car("addManagedChargingSiteRequest", managed_site),
    "remove_managed_charging_site": same("removeManagedChargingSiteRequest", "public_key"),
    "get_managed_charging_sites": car("getManagedChargingSitesRequest"),
    "set_discharge_limit": same("setDischargeLimitAction", discharge_limit="percent"),
    "cancel_soh_test": car("cancelSohTestAction"),
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
    "set_recirculation": same("hvacRecirculationAction", "on"),
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
    "auto_secure_vehicle": key("RKE_ACTION_AUTO_SECURE_VEHICLE"),
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
    "start_light_show": same("startLightShowAction", "show_index", "volume", "dance_moves"),
    "stop_light_show": car("stopLightShowAction"),
    "dashcam_save_clip": car("dashcamSaveClipAction"),
    "delete_dashcam_clips": car("deleteDashcamClipsAction", delete_clips=True),
    "format_usb": car("formatUsbAction", format_usb=True),
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
    "parental_controls_clear_pin": same("parentalControlsClearPinAction", "pin"),
    "parental_controls_clear_pin_admin": car("parentalControlsClearPinAdminAction"),
}

_SOFTWARE = {
    "schedule_software_update": same("vehicleControlScheduleSoftwareUpdateAction", "offset_sec"),
    "cancel_software_update": car("vehicleControlCancelSoftwareUpdateAction"),
    "set_vehicle_name": same("setVehicleNameAction", vehicleName="vehicle_name"),
    "set_low_power_mode": same("setLowPowerModeAction", low_power_mode="enable"),
    "keep_accessory_power_mode": same("setKeepAccessoryPowerModeAction", keep_accessory_power_mode="enable"),
}

_DISPLAY = {
    "set_temperature_unit": worded("setTemperatureUnitAction", "unit", "UNIT", "unit"),
    "set_distance_unit": worded("setDistanceUnitAction", "unit", "UNIT", "unit"),
    "set_tire_pressure_unit": worded("setTirePressureUnitAction", "unit", "UNIT", "unit"),
    "set_energy_display_format": worded("setEnergyDisplayFormatAction", "format", "FORMAT", "format"),
    "set_time_display_format": worded("setTimeDisplayFormatAction", "format", "FORMAT", "format"),
}

_TRUCK = {
    "set_outlets": worded("setOutletsOnOffAction", "outlet_request", "OUTLET_REQUEST", "outlets"),
    "set_outlet_timer": same("setOutletTimerAction", "num_minutes"),
    "set_outlet_soc_limit": same("setOutletSocLimitAction", "percent"),
    "set_power_feed": worded("setPowerFeedOnOffAction", "power_feed_request", "POWER_FEED_REQUEST", "feeds"),
    "set_power_feed_timer": same("setPowerFeedTimerAction", "num_minutes"),
    "set_power_feed_soc_limit": same("setPowerFeedSocLimitAction", "percent"),
    "set_lightbar_brightness": same("setLightbarBrightnessAction", brightness_request="brightness"),
    "set_lightbar_middle": same("setLightbarMiddleAction", middle_light_request="on"),
    "set_lightbar_ditch": same("setLightbarDitchAction", ditch_lights_request="on"),
    "set_truck_bed_light_auto": same("setTruckBedLightAutoStateAction", power_state="on"),
    "set_truck_bed_light_brightness": same("setTruckBedLightBrightnessAction", "brightness"),
    "set_front_zone_light": worded(
        "setFrontZoneLightRequestAction", "zone_light_request", "ZONE_LIGHT_REQUEST", "level"
    ),
    "set_rear_zone_light": worded("setRearZoneLightRequestAction", "zone_light_request", "ZONE_LIGHT_REQUEST", "level"),
    "set_trailer_light_test": same("setTrailerLightTestStartStopAction", start_stop="start"),
    "set_tent_mode": same("setTentModeRequestAction", "on"),
    "set_suspension_level": worded("setSuspensionLevelAction", "suspension_level", "SUSPENSION_LEVEL", "level"),
    "set_powershare_feature": car(
        "setPowershareFeatureAction",
        lambda given: {"powershare_feature_request": f"POWERSHARE_FEATURE_REQUEST_{ON_OFF[given['on']]}"},
    ),
    "set_powershare_request": car(
        "setPowershareRequestAction",
        lambda given: {"powershare_request": f"POWERSHARE_REQUEST_{ON_OFF[given['on']]}"},
    ),
    "set_powershare_discharge_limit": same("setPowershareDischargeLimitAction", powershare_discharge_limit="percent"),
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
    **_DISPLAY,
    **_TRUCK,
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
