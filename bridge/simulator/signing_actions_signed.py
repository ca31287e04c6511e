"""Protobuf -> the commands that have no REST form (fleet-api.md 7.7; car_server.proto)."""

from typing import Any

from google.protobuf.json_format import MessageToDict

from bridge.simulator.signing_readers import Command, Reader, enabled, members, only, plain, spelled


def _solar(said: Any) -> Command:
    wanted = said.charge_on_solar
    return "update_charge_on_solar", {
        "enabled": wanted.enabled,
        "lower_charge_limit": plain(wanted.lower_charge_limit),
        "upper_charge_limit": plain(wanted.upper_charge_limit),
    }


def _tariff(said: Any) -> Command:
    return "set_rate_tariff", {"tariff": MessageToDict(said, preserving_proto_field_name=True)}


def _site(said: Any) -> Command:
    site = said.site
    return "add_managed_charging_site", {
        "public_key": site.public_key,
        "din": site.manager_type.site_controller.din,
        "lat": plain(site.lat_lon.latitude),
        "lon": plain(site.lat_lon.longitude),
        "site": MessageToDict(site, preserving_proto_field_name=True),
    }


SIGNED_READERS: dict[str, Reader] = {
    "updateChargeOnSolarFeatureRequest": _solar,
    "getChargeOnSolarFeatureRequest": only("get_charge_on_solar"),
    "setRateTariffRequest": _tariff,
    "getRateTariffRequest": only("get_rate_tariff"),
    "addManagedChargingSiteRequest": _site,
    "removeManagedChargingSiteRequest": members("remove_managed_charging_site", public_key="public_key"),
    "getManagedChargingSitesRequest": only("get_managed_charging_sites"),
    "setDischargeLimitAction": members("set_discharge_limit", percent="discharge_limit"),
    "cancelSohTestAction": only("cancel_soh_test"),
    "hvacRecirculationAction": members("set_recirculation", on="on"),
    "startLightShowAction": members(
        "start_light_show", show_index="show_index", volume="volume", dance_moves="dance_moves"
    ),
    "stopLightShowAction": only("stop_light_show"),
    "dashcamSaveClipAction": only("dashcam_save_clip"),
    "deleteDashcamClipsAction": members("delete_dashcam_clips", delete_clips="delete_clips"),
    "formatUsbAction": members("format_usb", format_usb="format_usb"),
    "parentalControlsClearPinAction": members("parental_controls_clear_pin", pin="pin"),
    "setTemperatureUnitAction": spelled("set_temperature_unit", "unit", "unit", "UNIT"),
    "setDistanceUnitAction": spelled("set_distance_unit", "unit", "unit", "UNIT"),
    "setTirePressureUnitAction": spelled("set_tire_pressure_unit", "unit", "unit", "UNIT"),
    "setEnergyDisplayFormatAction": spelled("set_energy_display_format", "format", "format", "FORMAT"),
    "setTimeDisplayFormatAction": spelled("set_time_display_format", "format", "format", "FORMAT"),
    "setOutletsOnOffAction": spelled("set_outlets", "outlets", "outlet_request", "OUTLET_REQUEST"),
    "setOutletTimerAction": members("set_outlet_timer", num_minutes="num_minutes"),
    "setOutletSocLimitAction": members("set_outlet_soc_limit", percent="percent"),
    "setPowerFeedOnOffAction": spelled("set_power_feed", "feeds", "power_feed_request", "POWER_FEED_REQUEST"),
    "setPowerFeedTimerAction": members("set_power_feed_timer", num_minutes="num_minutes"),
    "setPowerFeedSocLimitAction": members("set_power_feed_soc_limit", percent="percent"),
    "setLightbarBrightnessAction": members("set_lightbar_brightness", brightness="brightness_request"),
    "setLightbarMiddleAction": members("set_lightbar_middle", on="middle_light_request"),
    "setLightbarDitchAction": members("set_lightbar_ditch", on="ditch_lights_request"),
    "setTruckBedLightAutoStateAction": members("set_truck_bed_light_auto", on="power_state"),
    "setTruckBedLightBrightnessAction": members("set_truck_bed_light_brightness", brightness="brightness"),
    "setFrontZoneLightRequestAction": spelled(
        "set_front_zone_light", "level", "zone_light_request", "ZONE_LIGHT_REQUEST"
    ),
    "setRearZoneLightRequestAction": spelled(
        "set_rear_zone_light", "level", "zone_light_request", "ZONE_LIGHT_REQUEST"
    ),
    "setTrailerLightTestStartStopAction": members("set_trailer_light_test", start="start_stop"),
    "setTentModeRequestAction": members("set_tent_mode", on="on"),
    "setSuspensionLevelAction": spelled("set_suspension_level", "level", "suspension_level", "SUSPENSION_LEVEL"),
    "setPowershareFeatureAction": enabled("set_powershare_feature", "powershare_feature_request"),
    "setPowershareRequestAction": enabled("set_powershare_request", "powershare_request"),
    "setPowershareDischargeLimitAction": members(
        "set_powershare_discharge_limit", percent="powershare_discharge_limit"
    ),
}
