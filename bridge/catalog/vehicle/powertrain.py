"""The battery pack and the motors (entities.md I): only the stream tells of them."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    measurement,
    sensor,
)
from bridge.catalog.rows import STREAMED, Entity

MOTORS = (
    ("F", "front", "front"),
    ("R", "rear", "rear"),
    ("REL", "rear_left", "rear left"),
    ("RER", "rear_right", "rear right"),
)
"""How the fields of a motor end, and what it is called."""


def _volts(key: str, name: str, field: str, **options: Any) -> Entity:
    return measurement(key, name, STREAMED, "V", "voltage", stream=field, **options)


def _degrees(key: str, name: str, field: str, source: str = STREAMED) -> Entity:
    return measurement(key, name, source, "°C", "temperature", precision=1, stream=field)


def _amperes(key: str, name: str, field: str) -> Entity:
    return measurement(key, name, STREAMED, "A", "current", stream=field)


def _plain(key: str, name: str, field: str, unit: str | None = None) -> Entity:
    """A number of no class of Home Assistant's."""
    return sensor(key, name, STREAMED, unit=unit, state_class="measurement", stream=field)


def _motor(end: str, key: str, name: str) -> tuple[Entity, ...]:
    return (
        enum(
            f"inverter_state_{key}",
            f"Drive inverter state {name}",
            STREAMED,
            "unavailable standby fault abort enable",
            stream=f"DiState{end}",
        ),
        _degrees(f"heatsink_temperature_{key}", f"Drive inverter heatsink temperature {name}", f"DiHeatsinkT{end}"),
        _degrees(f"inverter_temperature_{key}", f"Drive inverter temperature {name}", f"DiInverterT{end}"),
        _degrees(f"stator_temperature_{key}", f"Stator temperature {name}", f"DiStatorTemp{end}"),
        _plain(f"axle_speed_{key}", f"Axle speed {name}", f"DiAxleSpeed{end}", "rad/s"),
        _amperes(f"motor_current_{key}", f"Motor current {name}", f"DiMotorCurrent{end}"),
        _plain(f"torque_{key}", f"Actual torque {name}", f"DiTorqueActual{end}", "Nm"),
        _volts(f"inverter_voltage_{key}", f"Inverter battery voltage {name}", f"DiVBat{end}"),
    )


POWERTRAIN = group(
    "powertrain",
    diagnostics(
        enum(
            "bms_state",
            "BMS state",
            STREAMED,
            "standby drive support charge feim clear_fault fault weld test sna",
            stream="BMSState",
        ),
        _volts("pack_voltage", "Pack voltage", "PackVoltage"),
        _amperes("pack_current", "Pack current", "PackCurrent"),
        _volts("brick_voltage_maximum", "Brick voltage maximum", "BrickVoltageMax", precision=3),
        _volts("brick_voltage_minimum", "Brick voltage minimum", "BrickVoltageMin", precision=3),
        measurement(
            "brick_voltage_spread",
            "Brick voltage spread",
            STREAMED,
            "mV",
            "voltage",
            precision=0,
            stream="BrickVoltageMax BrickVoltageMin",
            note="The maximum less the minimum.",
        ),
        _plain("brick_of_maximum", "Brick with maximum voltage", "NumBrickVoltageMax"),
        _plain("brick_of_minimum", "Brick with minimum voltage", "NumBrickVoltageMin"),
        _degrees(
            "module_temperature_maximum", "Module temperature maximum", "ModuleTempMax", "charge_state.module_temp_max"
        ),
        _degrees(
            "module_temperature_minimum", "Module temperature minimum", "ModuleTempMin", "charge_state.module_temp_min"
        ),
        _plain("module_of_maximum", "Module with maximum temperature", "NumModuleTempMax"),
        _plain("module_of_minimum", "Module with minimum temperature", "NumModuleTempMin"),
        sensor(
            "isolation_resistance",
            "Isolation resistance",
            STREAMED,
            unit="Ω",
            state_class="measurement",
            stream="IsolationResistance",
            note="Whether Tesla means Ω or kΩ is not confirmed.",
        ),
        binary_sensor(
            "high_voltage_interlock_fault",
            "High voltage interlock fault",
            STREAMED,
            read=convert.one_of("Fault"),
            device_class="problem",
            stream="Hvil",
        ),
        binary_sensor("dc_converter", "DC-DC converter", STREAMED, stream="DCDCEnable"),
        binary_sensor("drive_rail", "Drive rail", STREAMED, stream="DriveRail"),
        *(row for motor in MOTORS for row in _motor(*motor)),
        _plain("drive_unit_torque", "Drive unit torque", "DiTorquemotor", "Nm"),
        _plain("secondary_torque_command", "Secondary drive unit torque command", "DiSlaveTorqueCmd", "Nm"),
    ),
)
