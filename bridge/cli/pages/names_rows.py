"""Names of other programs -> ours: what an owner who changes over looks for (entities.md, appendices 3 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bridge.model import Kind


class Name(NamedTuple):
    """Another program's name, of which platform where it has some, and our key or command."""

    platform: str
    theirs: str
    ours: str


def _rows(text: str) -> tuple[Name, ...]:
    """`platform theirs ours` on each line."""
    return tuple(Name(*line.split()) for line in text.strip().splitlines())


HOME_ASSISTANT: Mapping[Kind, tuple[Name, ...]] = {
    Kind.VEHICLE: _rows(
        """
        sensor charge_state_charging_state charging_state
        sensor charge_state_battery_level battery_level
        sensor charge_state_usable_battery_level usable_battery_level
        sensor charge_state_charge_energy_added charge_energy_added
        sensor charge_state_charger_power charger_power
        sensor charge_state_charger_voltage charger_voltage
        sensor charge_state_charger_actual_current charger_current
        sensor charge_state_charge_rate charge_rate
        sensor charge_state_conn_charge_cable charge_cable
        sensor charge_state_fast_charger_type fast_charger_type
        sensor charge_state_battery_range battery_range
        sensor charge_state_est_battery_range estimated_battery_range
        sensor charge_state_ideal_battery_range ideal_battery_range
        sensor charge_state_minutes_to_full_charge minutes_to_full_charge
        sensor drive_state_speed speed
        sensor drive_state_power drive_power
        sensor drive_state_shift_state shift_state
        sensor drive_state_active_route_traffic_minutes_delay route_traffic_delay
        sensor drive_state_active_route_energy_at_arrival route_battery_level
        sensor drive_state_active_route_miles_to_arrival route_distance
        sensor drive_state_active_route_minutes_to_arrival route_minutes
        sensor drive_state_active_route_destination route_destination
        sensor vehicle_state_odometer odometer
        sensor vehicle_state_tpms_pressure_fl tyre_pressure_front_left
        sensor vehicle_state_tpms_pressure_fr tyre_pressure_front_right
        sensor vehicle_state_tpms_pressure_rl tyre_pressure_rear_left
        sensor vehicle_state_tpms_pressure_rr tyre_pressure_rear_right
        sensor climate_state_inside_temp inside_temperature
        sensor climate_state_outside_temp outside_temperature
        sensor climate_state_driver_temp_setting driver_temperature_setting
        sensor climate_state_passenger_temp_setting passenger_temperature_setting
        binary_sensor state online
        binary_sensor charge_state_battery_heater_on battery_heater
        binary_sensor charge_state_charger_phases charger_multiple_phases
        binary_sensor charge_state_preconditioning_enabled preconditioning_enabled
        binary_sensor climate_state_is_preconditioning preconditioning
        binary_sensor charge_state_scheduled_charging_pending scheduled_charging_pending
        binary_sensor charge_state_trip_charging trip_charging
        binary_sensor charge_state_conn_charge_cable plugged_in
        binary_sensor climate_state_cabin_overheat_protection_actively_cooling cabin_overheat_active
        binary_sensor vehicle_state_dashcam_state dashcam_recording
        binary_sensor vehicle_state_is_user_present user_present
        binary_sensor vehicle_state_tpms_soft_warning_fl tyre_soft_warning_front_left
        binary_sensor vehicle_state_tpms_soft_warning_fr tyre_soft_warning_front_right
        binary_sensor vehicle_state_tpms_soft_warning_rl tyre_soft_warning_rear_left
        binary_sensor vehicle_state_tpms_soft_warning_rr tyre_soft_warning_rear_right
        binary_sensor vehicle_state_fd_window window_front_driver
        binary_sensor vehicle_state_fp_window window_front_passenger
        binary_sensor vehicle_state_rd_window window_rear_driver
        binary_sensor vehicle_state_rp_window window_rear_passenger
        binary_sensor vehicle_state_df door_front_driver
        binary_sensor vehicle_state_dr door_rear_driver
        binary_sensor vehicle_state_pf door_front_passenger
        binary_sensor vehicle_state_pr door_rear_passenger
        switch vehicle_state_sentry_mode sentry_mode
        switch climate_state_auto_seat_climate_left auto_seat_climate_left
        switch climate_state_auto_seat_climate_right auto_seat_climate_right
        switch climate_state_auto_steering_wheel_heat auto_steering_wheel_heater
        switch climate_state_defrost_mode defrost
        switch charge_state_charging_state charging
        switch vehicle_state_low_power_mode set_low_power_mode
        switch vehicle_state_keep_accessory_power_on keep_accessory_power_mode
        number charge_state_charge_current_request charge_current
        number charge_state_charge_limit_soc charge_limit
        select climate_state_seat_heater_left seat_heater_left
        select climate_state_seat_heater_right seat_heater_right
        select climate_state_seat_heater_rear_left seat_heater_rear_left
        select climate_state_seat_heater_rear_center seat_heater_rear_center
        select climate_state_seat_heater_rear_right seat_heater_rear_right
        select climate_state_seat_heater_third_row_left seat_heater_third_row_left
        select climate_state_seat_heater_third_row_right seat_heater_third_row_right
        select climate_state_steering_wheel_heat_level steering_wheel_heater_level
        button wake wake
        button flash_lights flash_lights
        button honk honk_horn
        button enable_keyless_driving remote_start_drive
        button boombox remote_boombox
        button homelink trigger_homelink
        cover windows windows
        cover charge_state_charge_port_door_open charge_port_door
        cover vehicle_state_ft frunk
        cover vehicle_state_rt trunk
        cover vehicle_state_sun_roof_state sunroof
        lock vehicle_state_locked locked
        lock charge_state_charge_port_latch charge_cable_lock
        climate driver_temp climate
        climate climate_state_cabin_overheat_protection cabin_overheat_protection
        device_tracker location location
        device_tracker route route
        update vehicle_state_software_update_status firmware
        media_player media media_status
        """
    ),
    Kind.ENERGY_SITE: _rows(
        """
        sensor solar_power solar_power
        sensor energy_left energy_left
        sensor total_pack_energy total_pack_energy
        sensor percentage_charged charge_level
        sensor battery_power battery_power
        sensor load_power load_power
        sensor grid_power grid_power
        sensor grid_services_power grid_services_power
        sensor generator_power generator_power
        sensor island_status island_status
        sensor vpp_backup_reserve_percent vpp_backup_reserve
        sensor version firmware_version
        sensor solar_energy_exported solar_energy_exported
        sensor generator_energy_exported generator_energy_exported
        sensor grid_energy_imported grid_energy_imported
        sensor grid_services_energy_imported grid_services_energy_imported
        sensor grid_services_energy_exported grid_services_energy_exported
        sensor grid_energy_exported_from_solar grid_energy_exported_from_solar
        sensor grid_energy_exported_from_generator grid_energy_exported_from_generator
        sensor grid_energy_exported_from_battery grid_energy_exported_from_battery
        sensor battery_energy_exported battery_energy_exported
        sensor battery_energy_imported_from_grid battery_energy_imported_from_grid
        sensor battery_energy_imported_from_solar battery_energy_imported_from_solar
        sensor battery_energy_imported_from_generator battery_energy_imported_from_generator
        sensor consumer_energy_imported_from_grid consumer_energy_imported_from_grid
        sensor consumer_energy_imported_from_solar consumer_energy_imported_from_solar
        sensor consumer_energy_imported_from_battery consumer_energy_imported_from_battery
        sensor consumer_energy_imported_from_generator consumer_energy_imported_from_generator
        sensor total_home_usage total_home_usage
        sensor total_battery_charge total_battery_charge
        sensor total_battery_discharge total_battery_discharge
        sensor total_solar_generation total_solar_generation
        sensor total_grid_energy_exported total_grid_energy_exported
        binary_sensor backup_capable backup_capable
        binary_sensor grid_services_active grid_services_active
        binary_sensor storm_mode_active storm_watch_active
        binary_sensor components_grid_services_enabled grid_services_enabled
        switch components_disallow_charge_from_grid_with_solar_installed grid_charging
        switch user_settings_storm_mode_enabled storm_watch
        number backup_reserve_percent backup_reserve
        number off_grid_vehicle_charging_reserve_percent off_grid_charging_reserve
        select default_real_mode operation_mode
        select components_customer_preferred_export_rule export_rule
        """
    ),
    Kind.WALL_CONNECTOR: _rows(
        """
        sensor wall_connector_state state
        sensor wall_connector_fault_state fault_state
        sensor wall_connector_power power
        sensor vin vehicle_vin
        """
    ),
}
"""Home Assistant's own integrations Tesla Fleet, Teslemetry and Tessie: the end of their unique_id."""


def _topics(text: str) -> tuple[Name, ...]:
    """`theirs ours` on each line."""
    return tuple(Name("", *line.split()) for line in text.strip().splitlines())


TESLAMATE = _topics(
    """
    display_name vehicle_name
    model car_type
    trim_badging trim_badging
    exterior_color exterior_colour
    wheel_type wheel_type
    spoiler_type spoiler_type
    state vehicle_state
    since state_since
    version software_version
    update_available firmware_update
    update_version update_version
    download_perc update_download_progress
    install_perc update_install_progress
    software_update firmware_update
    geofence zone
    latitude latitude
    longitude longitude
    location position
    heading heading
    speed speed
    power drive_power
    shift_state shift_state
    locked locked
    windows_open any_window_open
    driver_front_window_open window_front_driver
    driver_rear_window_open window_rear_driver
    passenger_front_window_open window_front_passenger
    passenger_rear_window_open window_rear_passenger
    doors_open any_door_open
    driver_front_door_open door_front_driver
    driver_rear_door_open door_rear_driver
    passenger_front_door_open door_front_passenger
    passenger_rear_door_open door_rear_passenger
    sun_roof_state sunroof_state
    sun_roof_installed sunroof_installed
    sun_roof_percent_open sunroof_percent_open
    trunk_open trunk
    frunk_open frunk
    sentry_mode sentry_mode
    is_user_present user_present
    center_display_state centre_display
    service_mode service_mode
    is_climate_on climate_on
    inside_temp inside_temperature
    outside_temp outside_temperature
    is_preconditioning preconditioning
    climate_keeper_mode climate_keeper_mode
    odometer odometer
    est_battery_range_km estimated_battery_range
    rated_battery_range_km battery_range
    ideal_battery_range_km ideal_battery_range
    battery_level battery_level
    usable_battery_level usable_battery_level
    plugged_in plugged_in
    charging_state charging_state
    charge_energy_added charge_energy_added
    charge_limit_soc charge_limit
    charge_port_door_open charge_port_door
    charger_actual_current charger_current
    charger_phases charger_phases
    charger_power charger_power
    charger_voltage charger_voltage
    charge_current_request charge_current
    charge_current_request_max charge_current_maximum
    scheduled_charging_start_time scheduled_charging_start
    time_to_full_charge minutes_to_full_charge
    tpms_pressure_fl tyre_pressure_front_left
    tpms_pressure_fr tyre_pressure_front_right
    tpms_pressure_rl tyre_pressure_rear_left
    tpms_pressure_rr tyre_pressure_rear_right
    tpms_soft_warning_fl tyre_soft_warning_front_left
    tpms_soft_warning_fr tyre_soft_warning_front_right
    tpms_soft_warning_rl tyre_soft_warning_rear_left
    tpms_soft_warning_rr tyre_soft_warning_rear_right
    active_route_destination route_destination
    active_route route_position
    """
)
"""TeslaMate's topics `teslamate/cars/<id>/<name>`."""

ABSENT: Mapping[str, str] = {
    "healthy": "`<base>/vehicle/<VIN>/availability` and `data_stale`",
    "elevation": "the Fleet API does not tell it",
    "active_route_latitude, active_route_longitude": "in `route_position`",
}
"""TeslaMate's topics without one of ours, and where to look instead."""

DIFFERENT: Mapping[str, str] = {
    "minutes_to_full_charge": "minutes, not hours",
    "state": "asleep, online, offline, driving, charging, updating",
    "shift_state": "`p`, not `P`; `p` also where the car says nothing while parked",
    "charging_state": "`charging`, not `Charging`",
    "climate_keeper_mode": "`off`, `keep`, `dog`, `camp`",
    "locked": "`true` is locked",
    "windows": "a cover of all four windows",
    "route_position": "place as Home Assistant's tracker takes it; the rest are entities of their own",
    "charge_level": "the gateway's scale; `app_charge_level` is the app's",
    "grid_charging": "`true` allows it; Tesla's field says the opposite",
    "media_status": "and the other entities of `media`: MQTT has no media player",
    "climate": "a component made of `climate_mode`, `target_temperature` and others",
}
"""Ours whose values are not like theirs, and how."""
