"""Driving (entities.md D)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.rows import binary_sensor, diagnostics, enum, group, hidden, measurement, sensor
from bridge.catalog.vehicle.quantities import MILES, km

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
        km("route_distance", "Distance to arrival", "drive_state.active_route_miles_to_arrival"),
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
