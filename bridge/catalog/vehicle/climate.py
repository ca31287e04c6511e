"""Climate and comfort (entities.md B)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    hidden,
    number,
    select,
    sensor,
    switch,
    topic,
)
from bridge.catalog.rows import ASSUMED, STREAMED, Limits
from bridge.catalog.vehicle import readers
from bridge.catalog.vehicle.quantities import CABIN, NOT_TOLD, celsius
from bridge.catalog.writes import Invocation, chooses, picks, sets

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
        stream=stream,
    )
    for seat, name, position, needs, stream in (
        ("left", "front left", 0, None, "SeatHeaterLeft"),
        ("right", "front right", 1, None, "SeatHeaterRight"),
        ("rear_left", "rear left", 2, "rear_seat_heaters", "SeatHeaterRearLeft"),
        ("rear_center", "rear centre", 4, "rear_seat_heaters", "SeatHeaterRearCenter"),
        ("rear_right", "rear right", 5, "rear_seat_heaters", "SeatHeaterRearRight"),
        ("third_row_left", "third row left", 7, "third_row_seats", ""),
        ("third_row_right", "third row right", 8, "third_row_seats", ""),
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
        stream=f"ClimateSeatCoolingFront{side.title()}",
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
        stream=f"AutoSeatClimate{side.title()}",
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
        celsius("inside_temperature", "Inside temperature", "climate_state.inside_temp", stream="InsideTemp"),
        celsius("outside_temperature", "Outside temperature", "climate_state.outside_temp", stream="OutsideTemp"),
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
            stream="HvacPower",
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
            stream="ClimateKeeperMode",
        ),
        topic(
            "climate_fan_mode",
            "Climate fan mode",
            "climate_state.bioweapon_mode",
            read=convert.known({True: "bioweapon", False: "auto"}),
            options=("auto", "bioweapon"),
            write=chooses("set_bioweapon_mode", {"auto": {"on": False}, "bioweapon": {"on": True}}),
        ),
        select(
            "climate_keeper_mode",
            "Climate keeper mode",
            "climate_state.climate_keeper_mode",
            "off keep dog camp",
            chooses("set_climate_keeper_mode", _parameter("climate_keeper_mode", KEEPER_LEVELS)),
            read=convert.known(KEEPER),
            icon="mdi:dog-side",
            stream="ClimateKeeperMode",
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
            stream="HvacLeftTemperatureRequest",
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
            stream="HvacRightTemperatureRequest",
        ),
        switch(
            "defrost",
            "Defrost",
            "climate_state.defrost_mode",
            sets("set_preconditioning_max", "on"),
            read=convert.nonzero,
            icon="mdi:snowflake-melt",
            stream="DefrostMode",
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
            stream="HvacSteeringWheelHeatLevel",
        ),
        switch(
            "auto_steering_wheel_heater",
            "Automatic steering wheel heater",
            "climate_state.auto_steering_wheel_heat",
            sets("remote_auto_steering_wheel_heat_climate_request", "on"),
            category="config",
            icon="mdi:steering",
            stream="HvacSteeringWheelHeatAuto",
        ),
        switch(
            "steering_wheel_heater",
            "Steering wheel heater on",
            "climate_state.steering_wheel_heater",
            sets("remote_steering_wheel_heater_request", "on"),
            enabled=False,
            icon="mdi:steering",
            stream="HvacSteeringWheelHeatLevel",
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
            stream="CabinOverheatProtectionMode",
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
            stream="CabinOverheatProtectionTemperatureLimit",
        ),
        topic(
            "precondition_schedules",
            "Precondition schedules",
            "preconditioning_schedule_data.precondition_schedules",
            read=convert.objects("latitude", "longitude"),
            note="List of Tesla's schedule objects, without the places.",
        ),
        *hidden(
            switch(
                "recirculation",
                "Recirculation",
                ASSUMED,
                sets("set_recirculation", "on"),
                category="config",
                icon="mdi:air-filter",
                note=NOT_TOLD,
            ),
            binary_sensor(
                "climate_on", "Climate on", "climate_state.is_climate_on", device_class="running", stream="HvacPower"
            ),
        ),
        *diagnostics(
            celsius(
                "driver_temperature_setting",
                "Driver temperature setting",
                "climate_state.driver_temp_setting",
                stream="HvacLeftTemperatureRequest",
            ),
            celsius(
                "passenger_temperature_setting",
                "Passenger temperature setting",
                "climate_state.passenger_temp_setting",
                stream="HvacRightTemperatureRequest",
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
                read=readers.hvac_state,
                stream="HvacPower",
            ),
            binary_sensor(
                "auto_conditioning",
                "Automatic conditioning",
                "climate_state.is_auto_conditioning_on",
                stream="HvacAutoMode",
            ),
            binary_sensor(
                "hvac_auto",
                "Automatic climate",
                "climate_state.hvac_auto_request",
                read=convert.known({"On": True, "Override": False}),
                stream="HvacAutoMode",
            ),
            sensor(
                "fan_speed",
                "Fan speed",
                "climate_state.fan_status",
                read=convert.number,
                state_class="measurement",
                stream="HvacFanSpeed",
            ),
            binary_sensor(
                "preconditioning",
                "Preconditioning",
                "climate_state.is_preconditioning",
                device_class="running",
                stream="HvacPower",
            ),
            enum(
                "defrost_mode",
                "Defrost mode",
                "climate_state.defrost_mode",
                "off normal max",
                read=convert.mapped({0: "off", 1: "normal", 2: "max"}),
                stream="DefrostMode",
            ),
            binary_sensor(
                "front_defroster",
                "Front defroster",
                "climate_state.is_front_defroster_on",
                device_class="heat",
            ),
            binary_sensor(
                "rear_defroster",
                "Rear defroster",
                "climate_state.is_rear_defroster_on",
                device_class="heat",
                stream="RearDefrostEnabled",
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
                stream="WiperHeatEnabled",
            ),
            binary_sensor(
                "cabin_overheat_active",
                "Cabin overheat protection active",
                "climate_state.cabin_overheat_protection_actively_cooling",
                device_class="running",
                stream="HvacPower",
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
            binary_sensor("air_conditioning", "Air conditioning enabled", STREAMED, stream="HvacACEnabled"),
            sensor(
                "fan_power",
                "Fan power",
                STREAMED,
                unit="%",
                state_class="measurement",
                stream="HvacFanStatus",
            ),
            binary_sensor(
                "defrost_for_preconditioning",
                "Defrost for preconditioning",
                STREAMED,
                stream="DefrostForPreconditioning",
            ),
            binary_sensor("seat_ventilation", "Seat ventilation enabled", STREAMED, stream="SeatVentEnabled"),
            binary_sensor("rear_display_climate", "Rear display climate", STREAMED, stream="RearDisplayHvacEnabled"),
            sensor(
                "precondition_schedule_count",
                "Precondition schedule count",
                "preconditioning_schedule_data.precondition_schedules",
                read=convert.count,
            ),
        ),
    ),
)
