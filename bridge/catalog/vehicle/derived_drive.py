"""The way to a destination and the present or last trip, as the bridge works them out (entities.md D25, D43 to D49)."""

from __future__ import annotations

from bridge.catalog.builders import (
    diagnostics,
    group,
    hidden,
    measurement,
    sensor,
    timestamp,
)
from bridge.catalog.rows import DERIVED

DERIVED_DRIVE = group(
    "drive",
    (
        timestamp(
            "route_arrival",
            "Time of arrival",
            DERIVED,
            note="It moves when it is off by more than two minutes; unknown without a route.",
        ),
        *hidden(
            measurement(
                "trip_distance",
                "Trip distance",
                DERIVED,
                "km",
                "distance",
                precision=1,
                note="Of the present or last trip, as are the other values of the trip. It begins where the car was "
                "last seen parked. A trip that began and ended between two reads is not seen.",
            ),
            measurement("trip_duration", "Trip duration", DERIVED, "s", "duration", precision=0),
            sensor(
                "trip_energy",
                "Trip energy",
                DERIVED,
                unit="kWh",
                device_class="energy",
                state_class="total",
                precision=2,
                note="Since it was first seen driving. From `energy_remaining`, else from `battery_range` and "
                "`rated_consumption`; unknown while these are.",
            ),
            measurement(
                "trip_consumption",
                "Trip consumption",
                DERIVED,
                "Wh/km",
                "energy_distance",
                precision=0,
                note="From the first kilometre on.",
            ),
        ),
        *diagnostics(
            sensor(
                "trip_maximum_speed",
                "Trip maximum speed",
                DERIVED,
                unit="km/h",
                device_class="speed",
                precision=0,
                note="Of the speeds that were read, as is the power.",
            ),
            sensor("trip_maximum_power", "Trip maximum power", DERIVED, unit="kW", device_class="power"),
            timestamp("trip_start", "Trip start", DERIVED, note="When it was first seen driving."),
        ),
    ),
)
