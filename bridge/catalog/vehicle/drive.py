"""Driving (entities.md D)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    hidden,
    measurement,
    sensor,
    timestamp,
)
from bridge.catalog.rows import STREAMED, Entity
from bridge.catalog.vehicle.quantities import MILES, km


def _odometer(key: str, name: str, field: str) -> Entity:
    return sensor(
        key,
        name,
        STREAMED,
        read=convert.kilometres,
        unit="km",
        device_class="distance",
        state_class="total_increasing",
        precision=1,
        stream=field,
        note=MILES,
    )


def _live(key: str, name: str, unit: str, field: str) -> Entity:
    return sensor(key, name, STREAMED, unit=unit, state_class="measurement", stream=field)


def _lifetime(key: str, name: str, source: str, field: str) -> Entity:
    return sensor(
        key,
        name,
        source,
        unit="kWh",
        device_class="energy",
        state_class="total_increasing",
        precision=1,
        stream=field,
        note="Only newer firmware tells it." if source != STREAMED else "",
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
            stream="Gear",
        ),
        km(
            "route_distance",
            "Distance to arrival",
            "drive_state.active_route_miles_to_arrival",
            stream="MilesToArrival",
        ),
        *hidden(
            enum(
                "shift_state",
                "Shift state",
                "drive_state.shift_state",
                "p d r n",
                null="p",
                icon="mdi:car-shift-pattern",
                note="A parked car sends null.",
                stream="Gear",
            ),
            binary_sensor(
                "parked",
                "Parked",
                "drive_state.shift_state",
                read=convert.one_of("P"),
                null=True,
                icon="mdi:car-brake-parking",
                stream="Gear",
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
                stream="VehicleSpeed",
            ),
            measurement(
                "route_minutes",
                "Time to arrival",
                "drive_state.active_route_minutes_to_arrival",
                "min",
                "duration",
                read=convert.rounded(1),
                precision=0,
                stream="MinutesToArrival",
            ),
            measurement(
                "route_traffic_delay",
                "Traffic delay",
                "drive_state.active_route_traffic_minutes_delay",
                "min",
                "duration",
                read=convert.rounded(1),
                precision=0,
                stream="RouteTrafficMinutesDelay",
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
                stream="PackVoltage PackCurrent",
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
                stream="Odometer",
            ),
            measurement(
                "route_battery_level",
                "Battery level at arrival",
                "drive_state.active_route_energy_at_arrival",
                "%",
                "battery",
                stream="ExpectedEnergyPercentAtTripArrival",
            ),
            _odometer("distance_since_reset", "Distance since reset", "MilesSinceReset"),
            _odometer("self_driving_distance", "Self-driving distance since reset", "SelfDrivingMilesSinceReset"),
            timestamp(
                "route_updated", "Route last updated", STREAMED, read=convert.seconds_epoch, stream="RouteLastUpdated"
            ),
            measurement(
                "cruise_speed",
                "Cruise set speed",
                STREAMED,
                "km/h",
                "speed",
                read=convert.kilometres,
                precision=0,
                stream="CruiseSetSpeed",
            ),
            enum(
                "cruise_follow_distance",
                "Cruise follow distance",
                STREAMED,
                "1 2 3 4 5 6 7",
                stream="CruiseFollowDistance",
            ),
            _live("pedal_position", "Accelerator pedal position", "%", "PedalPosition"),
            binary_sensor("brake_pedal", "Brake pedal", STREAMED, stream="BrakePedal"),
            _live("brake_pedal_position", "Brake pedal position", "%", "BrakePedalPos"),
            _live("lateral_acceleration", "Lateral acceleration", "m/s²", "LateralAcceleration"),
            _live("longitudinal_acceleration", "Longitudinal acceleration", "m/s²", "LongitudinalAcceleration"),
            enum("turn_signal", "Turn signal", STREAMED, "off left right both", stream="LightsTurnSignal"),
            binary_sensor("hazard_lights", "Hazard lights", STREAMED, stream="LightsHazardsActive"),
            binary_sensor("high_beams", "High beams", STREAMED, stream="LightsHighBeams"),
            _lifetime(
                "lifetime_energy_used",
                "Lifetime energy used",
                "charge_state.lifetime_energy_used",
                "LifetimeEnergyUsed",
            ),
            _lifetime(
                "lifetime_energy_regenerated", "Lifetime energy regenerated", STREAMED, "LifetimeEnergyGainedRegen"
            ),
        ),
    ),
)
