"""A car: every value of vehicle_data and of its entry in the list (fleet-api.md 2.1, 2.2; entities.md A to H, L)."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.rows import (
    Composite,
    Entity,
    Limits,
    binary_sensor,
    cover,
    diagnostics,
    enum,
    group,
    hidden,
    lock,
    measurement,
    number,
    select,
    sensor,
    switch,
    time,
    timestamp,
    topic,
)
from bridge.catalog.status import FRESHNESS, LAST_COMMAND
from bridge.catalog.writes import Invocation, chooses, either, one_way, picks, sets, sets_minutes

MILES = "Tesla sends miles, whatever the car shows."

CAR_TIME = "In the car's own time zone."

CABIN = Limits(minimum=15, maximum=28, step=0.5, minimum_from="minimum_temperature", maximum_from="maximum_temperature")
"""°C that the climate can be set to."""


def _km(key: str, name: str, source: str, **options: Any) -> Entity:
    return measurement(key, name, source, "km", "distance", read=convert.kilometres, precision=1, note=MILES, **options)


def _celsius(key: str, name: str, source: str, **options: Any) -> Entity:
    return measurement(key, name, source, "°C", "temperature", precision=1, **options)


def _amperes(key: str, name: str, source: str, **options: Any) -> Entity:
    return measurement(key, name, source, "A", "current", category="diagnostic", **options)


CHARGE = group(
    "charge",
    (
        enum(
            "charging_state",
            "Charging state",
            "charge_state.charging_state",
            "disconnected no_power starting charging complete stopped calibrating",
            icon="mdi:ev-station",
        ),
        switch(
            "charging",
            "Charge",
            "charge_state.charging_state",
            either("charge_start", "charge_stop"),
            read=convert.one_of("Starting", "Charging"),
            icon="mdi:ev-station",
        ),
        binary_sensor(
            "battery_charging",
            "Charging",
            "charge_state.charging_state",
            read=convert.one_of("Starting", "Charging"),
            device_class="battery_charging",
        ),
        binary_sensor("plugged_in", "Plugged in", "charge_state", read=convert.is_plugged_in, device_class="plug"),
        measurement("battery_level", "Battery level", "charge_state.battery_level", "%", "battery"),
        *hidden(
            binary_sensor(
                "battery_level_estimated",
                "Battery level estimated",
                "bridge.battery_level_estimated",
                note="On while the battery level is reckoned from earlier readings, not read.",
            ),
            measurement(
                "usable_battery_level",
                "Usable battery level",
                "charge_state.usable_battery_level",
                "%",
                "battery",
                note="Below the battery level while the battery is cold.",
            ),
        ),
        _km("battery_range", "Battery range", "charge_state.battery_range"),
        *hidden(
            _km("estimated_battery_range", "Estimated battery range", "charge_state.est_battery_range"),
            _km("ideal_battery_range", "Ideal battery range", "charge_state.ideal_battery_range"),
        ),
        number(
            "charge_limit",
            "Charge limit",
            "charge_state.charge_limit_soc",
            Limits(minimum=50, maximum=100, minimum_from="charge_limit_minimum", maximum_from="charge_limit_maximum"),
            sets("set_charge_limit", "percent"),
            unit="%",
            device_class="battery",
        ),
        number(
            "charge_current",
            "Charge current",
            "charge_state.charge_current_request",
            Limits(minimum=0, maximum=48, maximum_from="charge_current_maximum"),
            sets("set_charging_amps", "charging_amps"),
            unit="A",
            device_class="current",
        ),
        _amperes("charger_current", "Charger current", "charge_state.charger_actual_current"),
        measurement(
            "charger_voltage",
            "Charger voltage",
            "charge_state.charger_voltage",
            "V",
            "voltage",
            category="diagnostic",
        ),
        measurement(
            "charger_power",
            "Charger power",
            "charge_state.charger_power",
            "kW",
            "power",
            precision=0,
            note="Tesla rounds it to whole kW.",
        ),
        measurement(
            "charge_rate",
            "Charge rate",
            "charge_state.charge_rate",
            "km/h",
            "speed",
            read=convert.kilometres,
            precision=1,
            category="diagnostic",
            note="Range added in an hour. " + MILES,
        ),
        sensor(
            "charge_energy_added",
            "Energy added",
            "charge_state.charge_energy_added",
            unit="kWh",
            device_class="energy",
            state_class="total_increasing",
            precision=2,
            note="Of this or the last session; starts again at 0 with each.",
        ),
        cover(
            "charge_port_door",
            "Charge port door",
            "charge_state.charge_port_door_open",
            either("charge_port_door_open", "charge_port_door_close"),
            device_class="door",
        ),
        lock(
            "charge_cable_lock",
            "Charge cable lock",
            "charge_state.charge_port_latch",
            one_way(False, "charge_port_door_open", "the car locks the cable itself when it is plugged in"),
            read=convert.known({"Engaged": True, "Disengaged": False}),
        ),
        timestamp(
            "scheduled_charging_start",
            "Scheduled charging start",
            "charge_state.scheduled_charging_start_time",
            read=convert.seconds_epoch,
        ),
        switch(
            "scheduled_charging",
            "Scheduled charging",
            "charge_state.scheduled_charging_mode",
            sets("set_scheduled_charging", "enable"),
            read=convert.one_of("StartAt"),
            category="config",
            icon="mdi:calendar-clock",
            note="Keeps the car's own time of day.",
        ),
        switch(
            "scheduled_departure",
            "Scheduled departure",
            "charge_state.scheduled_charging_mode",
            sets("set_scheduled_departure", "enable"),
            read=convert.one_of("DepartBy"),
            category="config",
            enabled=False,
            icon="mdi:calendar-clock",
            note="Keeps the car's own time of day.",
        ),
        time(
            "scheduled_charging_time_of_day",
            "Scheduled charging time of day",
            "charge_state.scheduled_charging_start_time_app",
            sets_minutes("set_scheduled_charging", "time", enable=True),
            category="config",
            icon="mdi:clock-start",
            note=f"Setting it switches scheduled charging on. {CAR_TIME}",
        ),
        time(
            "scheduled_departure_time_of_day",
            "Scheduled departure time of day",
            "charge_state.scheduled_departure_time_minutes",
            sets_minutes("set_scheduled_departure", "departure_time", enable=True),
            category="config",
            enabled=False,
            icon="mdi:clock-out",
            note=f"Setting it switches scheduled departure on. {CAR_TIME}",
        ),
        time(
            "off_peak_hours_end",
            "Off-peak hours end",
            "charge_state.off_peak_hours_end_time",
            sets_minutes("set_scheduled_departure", "end_off_peak_time", enable=True),
            category="config",
            enabled=False,
            icon="mdi:clock-end",
            note=f"Setting it switches scheduled departure on. {CAR_TIME}",
        ),
        topic(
            "off_peak_charging_weekdays_only",
            "Off-peak charging on weekdays only",
            "charge_state.off_peak_charging_times",
            read=convert.one_of("weekdays"),
        ),
        topic(
            "preconditioning_weekdays_only",
            "Departure preconditioning on weekdays only",
            "charge_state.preconditioning_times",
            read=convert.one_of("weekdays"),
        ),
        topic(
            "charge_schedules",
            "Charge schedules",
            "charge_schedule_data.charge_schedules",
            read=convert.objects("latitude", "longitude"),
            note="List of Tesla's schedule objects, without the places.",
        ),
        *hidden(
            measurement(
                "minutes_to_full_charge",
                "Time to full charge",
                "charge_state.minutes_to_full_charge",
                "min",
                "duration",
            ),
            timestamp(
                "scheduled_departure_time",
                "Scheduled departure time",
                "charge_state.scheduled_departure_time",
                read=convert.seconds_epoch,
            ),
            binary_sensor(
                "charger_multiple_phases",
                "Charger has multiple phases",
                "charge_state.charger_phases",
                read=lambda raw: convert.number(raw) > 1,
            ),
        ),
        *diagnostics(
            binary_sensor(
                "charge_enable_request",
                "Charge enable request",
                "charge_state",
                read=convert.first_of(convert.boolean, "user_charge_enable_request", "charge_enable_request"),
                note="What the owner asked for, else what the car does by itself.",
            ),
            sensor("charge_limit_standard", "Charge limit standard", "charge_state.charge_limit_soc_std", unit="%"),
            sensor("charge_limit_minimum", "Charge limit minimum", "charge_state.charge_limit_soc_min", unit="%"),
            sensor("charge_limit_maximum", "Charge limit maximum", "charge_state.charge_limit_soc_max", unit="%"),
            _amperes("charge_current_maximum", "Charge current maximum", "charge_state.charge_current_request_max"),
            _amperes("charge_amps", "Charge current set point", "charge_state.charge_amps"),
            _amperes("charger_pilot_current", "Charger pilot current", "charge_state.charger_pilot_current"),
            sensor(
                "charger_phases",
                "Charger phases",
                "charge_state.charger_phases",
                read=convert.number,
                state_class="measurement",
                note="As Tesla sends it: some cars say 2 when they charge with three.",
            ),
            sensor(
                "range_added",
                "Range added",
                "charge_state.charge_miles_added_rated",
                read=convert.kilometres,
                unit="km",
                device_class="distance",
                precision=1,
                note=MILES,
            ),
            sensor(
                "ideal_range_added",
                "Ideal range added",
                "charge_state.charge_miles_added_ideal",
                read=convert.kilometres,
                unit="km",
                device_class="distance",
                precision=1,
                note=MILES,
            ),
            sensor(
                "max_range_charges",
                "Charges to maximum range",
                "charge_state.max_range_charge_counter",
                read=convert.number,
                note="In a row.",
            ),
            enum(
                "charge_cable",
                "Charge cable",
                "charge_state.conn_charge_cable",
                "iec sae gb_ac gb_dc sna",
                note="Unknown while nothing is plugged in.",
            ),
            enum(
                "charge_port_latch",
                "Charge port latch",
                "charge_state.charge_port_latch",
                "engaged disengaged blocking sna",
            ),
            sensor("charge_port_colour", "Charge port light colour", "charge_state.charge_port_color"),
            binary_sensor(
                "charge_port_cold_weather_mode",
                "Charge port cold weather mode",
                "charge_state.charge_port_cold_weather_mode",
            ),
            binary_sensor("fast_charger_present", "Fast charger present", "charge_state.fast_charger_present"),
            enum(
                "fast_charger_type",
                "Fast charger type",
                "charge_state.fast_charger_type",
                "tesla supercharger chademo gb ac_single_wire_can mc_single_wire_can combo other sna",
            ),
            sensor("fast_charger_brand", "Fast charger brand", "charge_state.fast_charger_brand"),
            binary_sensor(
                "supercharger_trip_planner",
                "Supercharger session from trip planner",
                "charge_state.supercharger_session_trip_planner",
            ),
            binary_sensor("trip_charging", "Trip charging", "charge_state.trip_charging"),
            binary_sensor("battery_heater", "Battery heater", "charge_state.battery_heater_on", device_class="heat"),
            binary_sensor(
                "not_enough_power_to_heat",
                "Not enough power to heat",
                "charge_state.not_enough_power_to_heat",
                device_class="problem",
            ),
            enum(
                "scheduled_charging_mode",
                "Scheduled charging mode",
                "charge_state.scheduled_charging_mode",
                "off start_at depart_by",
            ),
            binary_sensor(
                "scheduled_charging_pending",
                "Scheduled charging pending",
                "charge_state.scheduled_charging_pending",
            ),
            binary_sensor(
                "preconditioning_enabled",
                "Departure preconditioning",
                "charge_state.preconditioning_enabled",
            ),
            enum(
                "preconditioning_days",
                "Departure preconditioning days",
                "charge_state.preconditioning_times",
                "all_week weekdays",
            ),
            binary_sensor("off_peak_charging_enabled", "Off-peak charging", "charge_state.off_peak_charging_enabled"),
            enum(
                "off_peak_charging_days",
                "Off-peak charging days",
                "charge_state.off_peak_charging_times",
                "all_week weekdays",
            ),
            binary_sensor("managed_charging_active", "Managed charging", "charge_state.managed_charging_active"),
            timestamp(
                "managed_charging_start",
                "Managed charging start",
                "charge_state.managed_charging_start_time",
                read=convert.seconds_epoch,
            ),
        ),
    ),
)

LEVELS = {0: "off", 1: "low", 2: "medium", 3: "high"}
WHEEL_LEVELS = {0: "off", 1: "low", 3: "high"}
"""A steering wheel has no 2 (fleet-api.md 3.2)."""


def _parameter(name: str, levels: dict[int, str]) -> dict[str, dict[str, int]]:
    """The words of a scale -> the parameter that asks for each."""
    return {word: {name: level} for level, word in levels.items()}


SEAT_HEATERS = tuple(
    select(
        f"seat_heater_{seat}",
        f"Seat heater {name}",
        f"climate_state.seat_heater_{seat}",
        " ".join(LEVELS.values()),
        chooses("remote_seat_heater_request", _parameter("level", LEVELS), heater=position, seat_position=position),
        read=convert.known(LEVELS),
        icon="mdi:car-seat-heater",
        enabled=needs is None,
        needs=needs,
    )
    for seat, name, position, needs in (
        ("left", "front left", 0, None),
        ("right", "front right", 1, None),
        ("rear_left", "rear left", 2, "rear_seat_heaters"),
        ("rear_center", "rear centre", 4, "rear_seat_heaters"),
        ("rear_right", "rear right", 5, "rear_seat_heaters"),
        ("third_row_left", "third row left", 7, "third_row_seats"),
        ("third_row_right", "third row right", 8, "third_row_seats"),
    )
)

SEAT_COOLERS = tuple(
    select(
        f"seat_cooler_{side}",
        f"Seat cooler front {side}",
        f"climate_state.seat_fan_front_{side}",
        " ".join(LEVELS.values()),
        chooses("remote_seat_cooler_request", _parameter("seat_cooler_level", LEVELS), seat_position=position),
        read=convert.known(LEVELS),
        icon="mdi:car-seat-cooler",
        enabled=False,
        needs="has_seat_cooling",
    )
    for side, position in (("left", 1), ("right", 2))
)

AUTO_SEATS = tuple(
    switch(
        f"auto_seat_climate_{side}",
        f"Automatic seat climate {side}",
        f"climate_state.auto_seat_climate_{side}",
        sets("remote_auto_seat_climate_request", "auto_climate_on", auto_seat_position=position),
        category="config",
        icon="mdi:car-seat",
    )
    for side, position in (("left", 1), ("right", 2))
)

KEEPER = {"off": "off", "on": "keep", "keep": "keep", "dog": "dog", "camp": "camp", "party": "camp"}
"""`climate_keeper_mode`, with the words of older firmware (fleet-api.md 2.2)."""

KEEPER_LEVELS = {0: "off", 1: "keep", 2: "dog", 3: "camp"}

OVERHEAT = {"Off": "off", "On": "cool", "FanOnly": "fan_only"}

OVERHEAT_TEMPERATURES = {"Low": 30, "Medium": 35, "High": 40}
"""°C at which the protection starts (fleet-api.md 3.2, set_cop_temp)."""

CLIMATE = group(
    "climate",
    (
        _celsius("inside_temperature", "Inside temperature", "climate_state.inside_temp"),
        _celsius("outside_temperature", "Outside temperature", "climate_state.outside_temp"),
        topic(
            "climate_mode",
            "Climate mode",
            "climate_state.is_climate_on",
            read=convert.known({True: "heat_cool", False: "off"}),
            options=("off", "heat_cool"),
            write=picks(
                {
                    "off": Invocation("auto_conditioning_stop", {}),
                    "heat_cool": Invocation("auto_conditioning_start", {}),
                }
            ),
        ),
        topic(
            "climate_preset",
            "Climate preset",
            "climate_state.climate_keeper_mode",
            read=convert.known({word: "none" if mode == "off" else mode for word, mode in KEEPER.items()}),
            options=("none", "keep", "dog", "camp"),
            write=chooses(
                "set_climate_keeper_mode",
                _parameter("climate_keeper_mode", KEEPER_LEVELS | {0: "none"}),
            ),
        ),
        select(
            "climate_keeper_mode",
            "Climate keeper mode",
            "climate_state.climate_keeper_mode",
            "off keep dog camp",
            chooses("set_climate_keeper_mode", _parameter("climate_keeper_mode", KEEPER_LEVELS)),
            read=convert.known(KEEPER),
            icon="mdi:dog-side",
        ),
        number(
            "target_temperature",
            "Driver temperature target",
            "climate_state.driver_temp_setting",
            CABIN,
            sets("set_temps", "driver_temp"),
            unit="°C",
            device_class="temperature",
            category="config",
            enabled=False,
        ),
        number(
            "passenger_target_temperature",
            "Passenger temperature target",
            "climate_state.passenger_temp_setting",
            CABIN,
            sets("set_temps", "passenger_temp"),
            unit="°C",
            device_class="temperature",
            category="config",
            enabled=False,
        ),
        switch(
            "defrost",
            "Defrost",
            "climate_state.defrost_mode",
            sets("set_preconditioning_max", "on"),
            read=convert.nonzero,
            icon="mdi:snowflake-melt",
        ),
        *SEAT_HEATERS,
        *SEAT_COOLERS,
        *AUTO_SEATS,
        select(
            "steering_wheel_heater_level",
            "Steering wheel heater",
            "climate_state.steering_wheel_heat_level",
            " ".join(WHEEL_LEVELS.values()),
            chooses("remote_steering_wheel_heat_level_request", _parameter("level", WHEEL_LEVELS)),
            read=convert.known(WHEEL_LEVELS),
            icon="mdi:steering",
        ),
        switch(
            "auto_steering_wheel_heater",
            "Automatic steering wheel heater",
            "climate_state.auto_steering_wheel_heat",
            sets("remote_auto_steering_wheel_heat_climate_request", "on"),
            category="config",
            icon="mdi:steering",
        ),
        switch(
            "steering_wheel_heater",
            "Steering wheel heater on",
            "climate_state.steering_wheel_heater",
            sets("remote_steering_wheel_heater_request", "on"),
            enabled=False,
            icon="mdi:steering",
        ),
        switch(
            "bioweapon_mode",
            "Bioweapon defence mode",
            "climate_state.bioweapon_mode",
            sets("set_bioweapon_mode", "on"),
            category="config",
            enabled=False,
            icon="mdi:biohazard",
        ),
        select(
            "cabin_overheat_mode",
            "Cabin overheat protection mode",
            "climate_state.cabin_overheat_protection",
            "off cool fan_only",
            chooses(
                "set_cabin_overheat_protection",
                {
                    "off": {"on": False, "fan_only": False},
                    "cool": {"on": True, "fan_only": False},
                    "fan_only": {"on": True, "fan_only": True},
                },
            ),
            read=convert.known(OVERHEAT),
            category="config",
            icon="mdi:sun-thermometer",
        ),
        number(
            "cabin_overheat_temperature",
            "Cabin overheat protection temperature",
            "climate_state.cop_activation_temperature",
            Limits(minimum=30, maximum=40, step=5),
            chooses("set_cop_temp", {30: {"cop_temp": 0}, 35: {"cop_temp": 1}, 40: {"cop_temp": 2}}),
            read=convert.known(OVERHEAT_TEMPERATURES),
            unit="°C",
            device_class="temperature",
            category="config",
            enabled=False,
            needs="cabin_overheat_temperature_supported",
        ),
        topic(
            "precondition_schedules",
            "Precondition schedules",
            "preconditioning_schedule_data.precondition_schedules",
            read=convert.objects("latitude", "longitude"),
            note="List of Tesla's schedule objects, without the places.",
        ),
        *hidden(
            binary_sensor("climate_on", "Climate on", "climate_state.is_climate_on", device_class="running"),
        ),
        *diagnostics(
            _celsius(
                "driver_temperature_setting",
                "Driver temperature setting",
                "climate_state.driver_temp_setting",
            ),
            _celsius(
                "passenger_temperature_setting",
                "Passenger temperature setting",
                "climate_state.passenger_temp_setting",
            ),
            sensor(
                "minimum_temperature",
                "Minimum temperature",
                "climate_state.min_avail_temp",
                unit="°C",
                device_class="temperature",
            ),
            sensor(
                "maximum_temperature",
                "Maximum temperature",
                "climate_state.max_avail_temp",
                unit="°C",
                device_class="temperature",
            ),
            enum(
                "hvac_state",
                "Climate activity",
                "climate_state",
                "off on precondition overheat_protect",
                read=convert.hvac_state,
            ),
            binary_sensor("auto_conditioning", "Automatic conditioning", "climate_state.is_auto_conditioning_on"),
            binary_sensor(
                "hvac_auto",
                "Automatic climate",
                "climate_state.hvac_auto_request",
                read=convert.known({"On": True, "Override": False}),
            ),
            sensor(
                "fan_speed",
                "Fan speed",
                "climate_state.fan_status",
                read=convert.number,
                state_class="measurement",
            ),
            binary_sensor(
                "preconditioning",
                "Preconditioning",
                "climate_state.is_preconditioning",
                device_class="running",
            ),
            enum(
                "defrost_mode",
                "Defrost mode",
                "climate_state.defrost_mode",
                "off normal max",
                read=convert.mapped({0: "off", 1: "normal", 2: "max"}),
            ),
            binary_sensor(
                "front_defroster",
                "Front defroster",
                "climate_state.is_front_defroster_on",
                device_class="heat",
            ),
            binary_sensor(
                "rear_defroster", "Rear defroster", "climate_state.is_rear_defroster_on", device_class="heat"
            ),
            binary_sensor(
                "side_mirror_heaters",
                "Side mirror heaters",
                "climate_state.side_mirror_heaters",
                device_class="heat",
            ),
            binary_sensor(
                "wiper_blade_heater",
                "Wiper blade heater",
                "climate_state.wiper_blade_heater",
                device_class="heat",
            ),
            binary_sensor(
                "cabin_overheat_active",
                "Cabin overheat protection active",
                "climate_state.cabin_overheat_protection_actively_cooling",
                device_class="running",
            ),
            binary_sensor(
                "cabin_overheat_allowed",
                "Cabin overheat protection allowed",
                "climate_state.allow_cabin_overheat_protection",
            ),
            binary_sensor(
                "cabin_overheat_fan_only_supported",
                "Cabin overheat protection by fan supported",
                "climate_state.supports_fan_only_cabin_overheat_protection",
            ),
            binary_sensor(
                "remote_heater_control",
                "Remote heater control",
                "climate_state.remote_heater_control_enabled",
            ),
        ),
    ),
)

DOORS = (
    ("df", "door_front_driver", "Door front driver"),
    ("dr", "door_rear_driver", "Door rear driver"),
    ("pf", "door_front_passenger", "Door front passenger"),
    ("pr", "door_rear_passenger", "Door rear passenger"),
)

WINDOWS = (
    ("fd_window", "window_front_driver", "Window front driver"),
    ("fp_window", "window_front_passenger", "Window front passenger"),
    ("rd_window", "window_rear_driver", "Window rear driver"),
    ("rp_window", "window_rear_passenger", "Window rear passenger"),
)

_DOOR_FIELDS = tuple(field for field, _, _ in DOORS)
_WINDOW_FIELDS = tuple(field for field, _, _ in WINDOWS)


def _openings(rows: tuple[tuple[str, str, str], ...], device_class: str) -> tuple[Entity, ...]:
    return tuple(
        binary_sensor(
            key,
            name,
            f"vehicle_state.{field}",
            read=convert.is_open,
            device_class=device_class,
            category="diagnostic",
        )
        for field, key, name in rows
    )


CLOSURES = group(
    "closures",
    (
        lock("locked", "Lock", "vehicle_state.locked", either("door_lock", "door_unlock")),
        *hidden(
            binary_sensor(
                "unlocked",
                "Unlocked",
                "vehicle_state.locked",
                read=convert.negated,
                device_class="lock",
                note="Home Assistant's lock class: true is unlocked.",
            ),
        ),
        *_openings(DOORS, "door"),
        binary_sensor(
            "any_door_open",
            "Any door open",
            "vehicle_state",
            read=convert.any_of(convert.is_open, *_DOOR_FIELDS),
            device_class="door",
        ),
        *_openings(WINDOWS, "window"),
        binary_sensor(
            "any_window_open",
            "Any window open",
            "vehicle_state",
            read=convert.any_of(convert.is_open, *_WINDOW_FIELDS),
            device_class="window",
        ),
        cover(
            "windows",
            "Windows",
            "vehicle_state",
            picks(
                {
                    True: Invocation("window_control", {"command": "vent"}),
                    False: Invocation("window_control", {"command": "close"}),
                }
            ),
            read=convert.any_of(convert.is_open, *_WINDOW_FIELDS),
            device_class="window",
            note="Opening only vents.",
        ),
        cover(
            "frunk",
            "Frunk",
            "vehicle_state.ft",
            one_way(True, "actuate_trunk", "the frunk can only be closed by hand", which_trunk="front"),
            device_class="door",
        ),
        cover(
            "trunk",
            "Trunk",
            "vehicle_state.rt",
            picks(dict.fromkeys((True, False), Invocation("actuate_trunk", {"which_trunk": "rear"}))),
            device_class="door",
            note="Opening and closing are the same command: a trunk with a motor moves the other way.",
        ),
        cover(
            "sunroof",
            "Sunroof",
            "vehicle_state.sun_roof_state",
            picks(
                {
                    True: Invocation("sun_roof_control", {"state": "vent"}),
                    False: Invocation("sun_roof_control", {"state": "close"}),
                }
            ),
            read=convert.known({"open": True, "vent": True, "closed": False}),
            device_class="window",
            enabled=False,
            needs="sunroof_installed",
            note="Opening only vents.",
        ),
        cover(
            "tonneau",
            "Tonneau",
            "vehicle_state.tonneau_percent_open",
            either("open_tonneau", "close_tonneau"),
            device_class="shutter",
            enabled=False,
            needs="has_tonneau",
        ),
        *diagnostics(
            sensor(
                "open_doors",
                "Open doors",
                "vehicle_state",
                read=convert.count_of(convert.is_open, *_DOOR_FIELDS),
                state_class="measurement",
            ),
            sensor(
                "open_windows",
                "Open windows",
                "vehicle_state",
                read=convert.count_of(convert.is_open, *_WINDOW_FIELDS),
                state_class="measurement",
            ),
            sensor(
                "sunroof_percent_open",
                "Sunroof opening",
                "vehicle_state.sun_roof_percent_open",
                unit="%",
                state_class="measurement",
                needs="sunroof_installed",
            ),
            sensor("sunroof_state", "Sunroof state", "vehicle_state.sun_roof_state", needs="sunroof_installed"),
            sensor(
                "tonneau_percent_open",
                "Tonneau opening",
                "vehicle_state.tonneau_percent_open",
                unit="%",
                state_class="measurement",
                needs="has_tonneau",
            ),
        ),
    ),
)

DRIVE = group(
    "drive",
    (
        binary_sensor(
            "driving",
            "Driving",
            "drive_state.shift_state",
            read=convert.one_of("D", "R", "N"),
            null=False,
            device_class="moving",
            icon="mdi:road-variant",
        ),
        _km("route_distance", "Distance to arrival", "drive_state.active_route_miles_to_arrival"),
        *hidden(
            enum(
                "shift_state",
                "Shift state",
                "drive_state.shift_state",
                "p d r n",
                null="p",
                icon="mdi:car-shift-pattern",
                note="A parked car sends null.",
            ),
            binary_sensor(
                "parked",
                "Parked",
                "drive_state.shift_state",
                read=convert.one_of("P"),
                null=True,
                icon="mdi:car-brake-parking",
            ),
            measurement(
                "speed",
                "Speed",
                "drive_state.speed",
                "km/h",
                "speed",
                read=convert.kilometres,
                null=0,
                precision=0,
                note="A parked car sends null. " + MILES,
            ),
            measurement(
                "route_minutes",
                "Time to arrival",
                "drive_state.active_route_minutes_to_arrival",
                "min",
                "duration",
                read=convert.rounded(1),
                precision=0,
            ),
            measurement(
                "route_traffic_delay",
                "Traffic delay",
                "drive_state.active_route_traffic_minutes_delay",
                "min",
                "duration",
                read=convert.rounded(1),
                precision=0,
            ),
        ),
        *diagnostics(
            measurement(
                "drive_power",
                "Power",
                "drive_state.power",
                "kW",
                "power",
                note="Above zero it takes, below zero it recovers or charges.",
            ),
            sensor(
                "odometer",
                "Odometer",
                "vehicle_state.odometer",
                read=convert.kilometres,
                unit="km",
                device_class="distance",
                state_class="total_increasing",
                precision=0,
                note=MILES,
            ),
            measurement(
                "route_battery_level",
                "Battery level at arrival",
                "drive_state.active_route_energy_at_arrival",
                "%",
                "battery",
            ),
        ),
    ),
)

LOCATION_SCOPE = "vehicle_location"

LOCATION = group(
    "location",
    (
        topic(
            "position",
            "Position",
            "drive_state",
            read=convert.position("latitude", "longitude"),
            scope=LOCATION_SCOPE,
            note="JSON for trackers; {} while unknown.",
        ),
        topic(
            "route_position",
            "Destination position",
            "drive_state",
            read=convert.position("active_route_latitude", "active_route_longitude"),
            scope=LOCATION_SCOPE,
            note="JSON for trackers; {} while unknown.",
        ),
        *hidden(
            sensor(
                "route_destination",
                "Destination",
                "drive_state.active_route_destination",
                scope=LOCATION_SCOPE,
                icon="mdi:map-marker",
            ),
        ),
        *diagnostics(
            sensor(
                "latitude",
                "Latitude",
                "drive_state.latitude",
                unit="°",
                state_class="measurement",
                scope=LOCATION_SCOPE,
            ),
            sensor(
                "longitude",
                "Longitude",
                "drive_state.longitude",
                unit="°",
                state_class="measurement",
                scope=LOCATION_SCOPE,
            ),
            sensor(
                "heading",
                "Heading",
                "drive_state.heading",
                unit="°",
                state_class="measurement_angle",
                scope=LOCATION_SCOPE,
            ),
            timestamp(
                "gps_time",
                "GPS fix time",
                "drive_state.gps_as_of",
                read=convert.seconds_epoch,
                scope=LOCATION_SCOPE,
            ),
            # In this group because it tells whether the car is at home; Tesla does not withhold it.
            binary_sensor("homelink_nearby", "Homelink nearby", "vehicle_state.homelink_nearby"),
            sensor(
                "homelink_devices",
                "Homelink devices",
                "vehicle_state.homelink_device_count",
                read=convert.number,
                state_class="measurement",
            ),
        ),
    ),
)

TYRES_AT = (
    ("fl", "front_left", "front left"),
    ("fr", "front_right", "front right"),
    ("rl", "rear_left", "rear left"),
    ("rr", "rear_right", "rear right"),
)

_WARNING_FIELDS = tuple(f"tpms_{kind}_warning_{at}" for kind in ("soft", "hard") for at, _, _ in TYRES_AT)


def _bar(key: str, name: str, field: str, **options: Any) -> Entity:
    return sensor(
        key,
        name,
        f"vehicle_state.{field}",
        read=convert.rounded(3),
        unit="bar",
        device_class="pressure",
        precision=2,
        **options,
    )


def _tyre(at: str, key: str, name: str) -> tuple[Entity, ...]:
    return diagnostics(
        _bar(
            f"tyre_pressure_{key}",
            f"Tyre pressure {name}",
            f"tpms_pressure_{at}",
            state_class="measurement",
        ),
        binary_sensor(
            f"tyre_soft_warning_{key}",
            f"Tyre pressure warning {name}",
            f"vehicle_state.tpms_soft_warning_{at}",
            device_class="problem",
        ),
        binary_sensor(
            f"tyre_hard_warning_{key}",
            f"Tyre pressure alarm {name}",
            f"vehicle_state.tpms_hard_warning_{at}",
            device_class="problem",
        ),
        timestamp(
            f"tyre_pressure_time_{key}",
            f"Tyre pressure measured {name}",
            f"vehicle_state.tpms_last_seen_pressure_time_{at}",
            read=convert.seconds_epoch,
        ),
    )


TYRES = group(
    "tyres",
    (
        binary_sensor(
            "tyre_warning",
            "Tyre warning",
            "vehicle_state",
            read=convert.any_of(convert.boolean, *_WARNING_FIELDS),
            device_class="problem",
        ),
        *(row for tyre in TYRES_AT for row in _tyre(*tyre)),
        *diagnostics(
            _bar("tyre_pressure_front", "Tyre pressure recommended front", "tpms_rcp_front_value"),
            _bar("tyre_pressure_rear", "Tyre pressure recommended rear", "tpms_rcp_rear_value"),
        ),
    ),
)


def _limit_speed(kilometres_per_hour: Any) -> Invocation:
    """Tesla takes miles per hour."""
    return Invocation("speed_limit_set_limit", {"limit_mph": round(kilometres_per_hour / convert.KM_PER_MILE, 1)})


DISPLAY = "off dim accessory on driving charging lock sentry dog entertainment"
"""`center_display_state`, in the order of the telemetry enum DisplayState (entities.md, appendix 2)."""

SECURITY = group(
    "security",
    (
        switch(
            "sentry_mode",
            "Sentry mode",
            "vehicle_state.sentry_mode",
            sets("set_sentry_mode", "on"),
            icon="mdi:shield-car",
        ),
        binary_sensor("user_present", "User present", "vehicle_state.is_user_present", device_class="presence"),
        switch(
            "valet_mode",
            "Valet mode",
            "vehicle_state.valet_mode",
            sets("set_valet_mode", "on"),
            category="config",
            enabled=False,
            icon="mdi:account-tie",
            note="A car with a valet PIN leaves the mode only with it: set_valet_mode takes a password.",
        ),
        number(
            "speed_limit",
            "Speed limit",
            "vehicle_state.speed_limit_mode.current_limit_mph",
            # 50 to 120 mph, read as exactly these values. The step lets every one of them through.
            Limits(
                minimum=80.47,
                maximum=193.12,
                step=0.01,
                minimum_from="speed_limit_minimum",
                maximum_from="speed_limit_maximum",
            ),
            _limit_speed,
            read=convert.kilometres,
            unit="km/h",
            device_class="speed",
            category="config",
            enabled=False,
            note="The car keeps whole miles per hour.",
        ),
        *diagnostics(
            binary_sensor("speed_limit_mode", "Speed limit mode", "vehicle_state.speed_limit_mode.active"),
            sensor(
                "speed_limit_minimum",
                "Speed limit minimum",
                "vehicle_state.speed_limit_mode.min_limit_mph",
                read=convert.kilometres,
                unit="km/h",
                device_class="speed",
            ),
            sensor(
                "speed_limit_maximum",
                "Speed limit maximum",
                "vehicle_state.speed_limit_mode.max_limit_mph",
                read=convert.kilometres,
                unit="km/h",
                device_class="speed",
            ),
            binary_sensor("speed_limit_pin_set", "Speed limit PIN set", "vehicle_state.speed_limit_mode.pin_code_set"),
            binary_sensor("valet_pin_needed", "Valet PIN needed", "vehicle_state.valet_pin_needed"),
            binary_sensor("sentry_mode_available", "Sentry mode available", "vehicle_state.sentry_mode_available"),
            binary_sensor(
                "dashcam_recording",
                "Dashcam recording",
                "vehicle_state.dashcam_state",
                read=convert.one_of("Recording"),
                device_class="running",
            ),
            enum(
                "dashcam_state",
                "Dashcam state",
                "vehicle_state.dashcam_state",
                "recording available unavailable saving",
            ),
            binary_sensor(
                "dashcam_clip_available",
                "Dashcam clip can be saved",
                "vehicle_state.dashcam_clip_save_available",
            ),
            binary_sensor("webcam_available", "Webcam available", "vehicle_state.webcam_available"),
            binary_sensor("remote_start", "Remote start", "vehicle_state.remote_start", device_class="running"),
            binary_sensor("remote_start_enabled", "Remote start enabled", "vehicle_state.remote_start_enabled"),
            binary_sensor("remote_start_supported", "Remote start supported", "vehicle_state.remote_start_supported"),
            binary_sensor("service_mode", "Service mode", "vehicle_state.service_mode", device_class="problem"),
            binary_sensor("service_mode_plus", "Service mode plus", "vehicle_state.service_mode_plus"),
            enum(
                "centre_display",
                "Centre display",
                "vehicle_state.center_display_state",
                DISPLAY,
                read=convert.mapped(dict(enumerate(DISPLAY.split()))),
            ),
            sensor(
                "autopark_state",
                "Autopark state",
                "vehicle_state",
                read=convert.first_of(convert.phrase, "autopark_state_v3", "autopark_state_v2"),
            ),
            sensor("autopark_style", "Autopark style", "vehicle_state.autopark_style"),
            sensor("autopark_error", "Last autopark error", "vehicle_state.last_autopark_error"),
            binary_sensor("smart_summon_available", "Smart summon available", "vehicle_state.smart_summon_available"),
            binary_sensor("summon_standby", "Summon standby", "vehicle_state.summon_standby_mode_enabled"),
            binary_sensor("santa_mode", "Santa mode", "vehicle_state.santa_mode", read=convert.nonzero),
            binary_sensor("self_test_requested", "Self-test requested", "vehicle_state.vehicle_self_test_requested"),
            sensor(
                "self_test_progress",
                "Self-test progress",
                "vehicle_state.vehicle_self_test_progress",
                unit="%",
                state_class="measurement",
            ),
        ),
    ),
)

MEDIA = group(
    "media",
    (
        number(
            "media_volume",
            "Media volume",
            "vehicle_state.media_info.audio_volume",
            Limits(minimum=0, maximum=11, step=0.1, maximum_from="media_volume_maximum"),
            sets("adjust_volume", "volume"),
            read=convert.rounded(1),
            enabled=False,
            icon="mdi:volume-high",
        ),
        topic(
            "media_volume_maximum",
            "Media volume maximum",
            "vehicle_state.media_info.audio_volume_max",
            read=convert.rounded(1),
        ),
        topic(
            "media_volume_step",
            "Media volume step",
            "vehicle_state.media_info.audio_volume_increment",
            read=convert.rounded(3),
        ),
        *hidden(
            enum(
                "media_status",
                "Media status",
                "vehicle_state.media_info.media_playback_status",
                "stopped playing paused",
                icon="mdi:play-pause",
            ),
            sensor("media_title", "Media title", "vehicle_state.media_info.now_playing_title"),
            sensor("media_artist", "Media artist", "vehicle_state.media_info.now_playing_artist"),
            sensor("media_album", "Media album", "vehicle_state.media_info.now_playing_album"),
            sensor("media_station", "Media station", "vehicle_state.media_info.now_playing_station"),
            sensor("media_source", "Media source", "vehicle_state.media_info.now_playing_source"),
            sensor("media_device", "Media device", "vehicle_state.media_info.a2dp_source_name"),
            sensor(
                "media_duration",
                "Media duration",
                "vehicle_state.media_info.now_playing_duration",
                read=convert.scaled(1 / 1000),
                unit="s",
                device_class="duration",
            ),
            sensor(
                "media_position",
                "Media position",
                "vehicle_state.media_info.now_playing_elapsed",
                read=convert.scaled(1 / 1000),
                unit="s",
                device_class="duration",
            ),
        ),
        *diagnostics(
            binary_sensor(
                "media_remote_control",
                "Media remote control",
                "vehicle_state.media_state.remote_control_enabled",
            ),
        ),
    ),
)

SOFTWARE = group(
    "software",
    (
        topic(
            "firmware_update",
            "Firmware update",
            "vehicle_state",
            read=convert.firmware_update,
            note="JSON for Home Assistant's update entity; {} while unknown.",
        ),
        *diagnostics(
            sensor("software_version", "Software version", "vehicle_state.car_version"),
            sensor("update_version", "Update version", "vehicle_state.software_update.version"),
            enum(
                "update_status",
                "Update status",
                "vehicle_state.software_update.status",
                "none available scheduled downloading downloading_wifi_wait installing",
                read=convert.mapped({"": "none"}),
            ),
            sensor(
                "update_download_progress",
                "Update download progress",
                "vehicle_state.software_update.download_perc",
                unit="%",
                state_class="measurement",
            ),
            sensor(
                "update_install_progress",
                "Update install progress",
                "vehicle_state.software_update.install_perc",
                unit="%",
                state_class="measurement",
            ),
            sensor(
                "update_duration",
                "Update duration",
                "vehicle_state.software_update.expected_duration_sec",
                read=convert.scaled(1 / 60),
                unit="min",
                device_class="duration",
            ),
            timestamp(
                "update_scheduled_start",
                "Update scheduled start",
                "vehicle_state.software_update.scheduled_time_ms",
                read=convert.millis_epoch,
            ),
            sensor("api_version", "API version", "vehicle_state.api_version", read=convert.number),
        ),
    ),
)


def _fitted(key: str, name: str, field: str) -> Entity:
    """Something that the car has or has not."""
    return binary_sensor(key, name, f"vehicle_config.{field}")


def _fact(key: str, name: str, field: str, **options: Any) -> Entity:
    return sensor(key, name, f"vehicle_config.{field}", **options)


CONFIG = group(
    "config",
    (
        topic("vehicle_name", "Vehicle name", "vehicle_state.vehicle_name"),
        topic(
            "has_tonneau",
            "Tonneau fitted",
            "vehicle_config.car_type",
            read=convert.one_of("cybertruck"),
        ),
        *diagnostics(
            sensor("vin", "VIN", "vehicle.vin"),
            _fact("car_type", "Model", "car_type"),
            _fact("car_special_type", "Special type", "car_special_type"),
            _fact("trim_badging", "Trim badging", "trim_badging"),
            _fact("performance_package", "Performance package", "performance_package"),
            _fact("efficiency_package", "Efficiency package", "efficiency_package"),
            _fact("rear_drive_unit", "Rear drive unit", "rear_drive_unit"),
            _fact("driver_assist", "Driver assistance computer", "driver_assist"),
            _fact("exterior_colour", "Exterior colour", "exterior_color"),
            _fact("exterior_trim", "Exterior trim", "exterior_trim"),
            _fact("roof_colour", "Roof colour", "roof_color"),
            _fact("wheel_type", "Wheel type", "wheel_type"),
            _fact("spoiler_type", "Spoiler type", "spoiler_type"),
            _fact("interior_trim", "Interior trim", "interior_trim_type"),
            _fact("headlamp_type", "Headlamp type", "headlamp_type"),
            _fact("parking_lamps", "Parking lamps", "aux_park_lamps"),
            _fact("seat_type", "Seat type", "seat_type", read=convert.mapped({})),
            _fact("rear_seat_type", "Rear seat type", "rear_seat_type", read=convert.mapped({})),
            _fact(
                "rear_seat_heaters",
                "Rear seat heaters",
                "rear_seat_heaters",
                read=convert.number,
                note="A code; 0 is none.",
            ),
            _fact("third_row_seats", "Third row seats", "third_row_seats", read=convert.word),
            enum(
                "charge_port_type",
                "Charge port type",
                "vehicle_config.charge_port_type",
                "us eu gb ccs",
            ),
            _fact("key_version", "Key version", "key_version", read=convert.number),
            _fact("utc_offset", "UTC offset", "utc_offset", unit="s"),
            _fitted("has_seat_cooling", "Seat cooling fitted", "has_seat_cooling"),
            _fitted("has_air_suspension", "Air suspension fitted", "has_air_suspension"),
            _fitted("has_ludicrous_mode", "Ludicrous mode fitted", "has_ludicrous_mode"),
            _fitted("power_liftgate", "Power liftgate fitted", "plg"),
            _fitted("pedestrian_warning", "Pedestrian warning fitted", "pws"),
            _fitted("can_actuate_trunks", "Trunks can be opened remotely", "can_actuate_trunks"),
            _fitted("motorised_charge_port", "Motorised charge port fitted", "motorized_charge_port"),
            _fitted("accepts_navigation", "Accepts navigation requests", "can_accept_navigation_requests"),
            _fitted("default_charge_to_max", "Charges to maximum by default", "default_charge_to_max"),
            _fitted(
                "cabin_overheat_temperature_supported",
                "Cabin overheat temperature can be set",
                "cop_user_set_temp_supported",
            ),
            _fitted("dashcam_clip_supported", "Dashcam clips supported", "dashcam_clip_save_supported"),
            _fitted("webcam_supported", "Webcam supported", "webcam_supported"),
            _fitted("webcam_selfie_supported", "Webcam selfies supported", "webcam_selfie_supported"),
            _fitted("qr_pairing_supported", "QR code pairing supported", "supports_qr_pairing"),
            _fitted("range_badging", "Range badging", "use_range_badging"),
            _fitted("european", "European vehicle", "eu_vehicle"),
            _fitted("ece_restrictions", "ECE restrictions", "ece_restrictions"),
            _fitted("right_hand_drive", "Right-hand drive", "rhd"),
            binary_sensor(
                "sunroof_installed",
                "Sunroof installed",
                "vehicle_config.sun_roof_installed",
                read=convert.nonzero,
            ),
            enum("distance_unit", "Distance unit", "gui_settings.gui_distance_units", "km_hr mi_hr"),
            enum("temperature_unit", "Temperature unit", "gui_settings.gui_temperature_units", "c f"),
            enum("tyre_pressure_unit", "Tyre pressure unit", "gui_settings.gui_tirepressure_units", "psi bar"),
            enum(
                "charge_unit",
                "Charge unit",
                "gui_settings.gui_charge_rate_units",
                "kw km_hr mi_hr",
                read=convert.mapped({"kW": "kw", "km/hr": "km_hr", "mi/hr": "mi_hr"}),
            ),
            enum("range_display", "Range display", "gui_settings.gui_range_display", "rated ideal"),
            binary_sensor("clock_24_hours", "Clock with 24 hours", "gui_settings.gui_24_hour_time"),
            binary_sensor("shows_range", "Shows range", "gui_settings.show_range_units"),
            binary_sensor("calendar_supported", "Calendar supported", "vehicle_state.calendar_supported"),
            binary_sensor(
                "notifications_supported", "Notifications supported", "vehicle_state.notifications_supported"
            ),
        ),
    ),
)

STATUS = group(
    "status",
    (
        enum(
            "connectivity",
            "Connectivity",
            "vehicle.state",
            "online asleep offline",
            icon="mdi:car-connected",
        ),
        binary_sensor(
            "online",
            "Online",
            "vehicle.state",
            read=convert.one_of("online"),
            device_class="connectivity",
        ),
        *FRESHNESS,
        *LAST_COMMAND,
        *diagnostics(
            binary_sensor("in_service", "In service", "vehicle.in_service"),
            enum("access_type", "Access type", "vehicle.access_type", "owner driver"),
            enum("command_signing", "Command signing", "vehicle.command_signing", "off allowed required"),
            binary_sensor("mobile_access_disabled", "Mobile access disabled", "vehicle.mobile_access_disabled"),
            binary_sensor("location_hidden", "Location hidden", "vehicle.granular_access.hide_private"),
            binary_sensor("calendar_enabled", "Calendar enabled", "vehicle.calendar_enabled"),
            binary_sensor("release_notes_supported", "Release notes supported", "vehicle.release_notes_supported"),
            binary_sensor("phone_key_pairing", "Automatic phone key pairing", "vehicle.ble_autopair_enrolled"),
        ),
    ),
)

ENTITIES = (
    *CHARGE,
    *CLIMATE,
    *CLOSURES,
    *DRIVE,
    *LOCATION,
    *TYRES,
    *SECURITY,
    *MEDIA,
    *SOFTWARE,
    *CONFIG,
    *STATUS,
)

COMPOSITES = (
    Composite(
        key="climate",
        name="Climate",
        component="climate",
        states={
            "mode_state_topic": "climate_mode",
            "temperature_state_topic": "target_temperature",
            "current_temperature_topic": "inside_temperature",
            "preset_mode_state_topic": "climate_preset",
        },
        commands={
            "mode_command_topic": "climate_mode",
            "temperature_command_topic": "target_temperature",
            "preset_mode_command_topic": "climate_preset",
        },
        settings={
            "modes": ["off", "heat_cool"],
            "preset_modes": ["keep", "dog", "camp"],
            "min_temp": 15,
            "max_temp": 28,
            "temp_step": 0.5,
            "precision": 0.1,
            "temperature_unit": "C",
        },
    ),
    Composite(
        key="cabin_overheat_protection",
        name="Cabin overheat protection",
        component="climate",
        states={
            "mode_state_topic": "cabin_overheat_mode",
            "temperature_state_topic": "cabin_overheat_temperature",
            "current_temperature_topic": "inside_temperature",
        },
        commands={
            "mode_command_topic": "cabin_overheat_mode",
            "temperature_command_topic": "cabin_overheat_temperature",
        },
        settings={
            "modes": ["off", "cool", "fan_only"],
            "min_temp": 30,
            "max_temp": 40,
            "temp_step": 5,
            "precision": 1.0,
            "temperature_unit": "C",
        },
    ),
    Composite(
        key="location",
        name="Location",
        component="device_tracker",
        states={"json_attributes_topic": "position"},
        commands={},
        settings={"source_type": "gps"},
        icon="mdi:car",
    ),
    Composite(
        key="route",
        name="Route",
        component="device_tracker",
        states={"json_attributes_topic": "route_position"},
        commands={},
        settings={"source_type": "gps"},
        icon="mdi:map-marker-path",
    ),
    Composite(
        key="firmware",
        name="Firmware",
        component="update",
        states={"state_topic": "firmware_update"},
        commands={"command_topic": "schedule_software_update"},
        settings={"payload_install": '{"offset_sec": 0}', "device_class": "firmware"},
    ),
    Composite(
        key="send_destination",
        name="Send destination",
        component="notify",
        states={},
        commands={"command_topic": "navigation_request"},
        settings={},
        icon="mdi:map-marker-right",
    ),
    Composite(
        key="rename",
        name="Vehicle name",
        component="text",
        states={"state_topic": "vehicle_name"},
        commands={"command_topic": "set_vehicle_name"},
        settings={"entity_category": "config"},
        enabled=False,
    ),
)
