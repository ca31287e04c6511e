"""Charging, as the bridge works it out (bridge.derived; entities.md A27, A31, A34, A66, A74, A76)."""

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

DERIVED_CHARGE = group(
    "charge",
    (
        sensor(
            "charge_energy_total",
            "Energy charged",
            DERIVED,
            unit="kWh",
            device_class="energy",
            state_class="total_increasing",
            precision=2,
            note="AC and DC, of all sessions since the bridge first saw the car; it never goes down.",
        ),
        timestamp(
            "full_charge_at",
            "Time at full charge",
            DERIVED,
            category="diagnostic",
            note="At the charge limit. It moves when it is off by more than five minutes; unknown while not charging.",
        ),
        *hidden(
            measurement(
                "charging_power",
                "Charging power",
                DERIVED,
                "W",
                "power",
                precision=0,
                note="Volts x amperes x phases of an AC charger; unknown where that does not fit `charger_power`. "
                "A car that says two phases charges with three.",
            ),
            timestamp(
                "next_charge_start",
                "Next charge start",
                DERIVED,
                note="Of `scheduled_charging_start` and of the charge schedules of all places; "
                "unknown without `utc_offset`.",
            ),
            sensor(
                "charge_cost",
                "Cost of charge session",
                DERIVED,
                device_class="monetary",
                state_class="total",
                precision=2,
                note="In the currency of the energy site's tariff: each kWh at the price at which it was bought. "
                "Unknown at fast chargers, away from the zone `home`, without exactly one price, "
                "and for a session that was first seen in its midst.",
            ),
        ),
        *diagnostics(
            measurement(
                "rated_consumption",
                "Rated consumption",
                DERIVED,
                "Wh/km",
                "energy_distance",
                precision=1,
                note="Energy added for each km of `range_added`, of the last charge of 50 km or more.",
            ),
            measurement(
                "pack_energy",
                "Usable pack energy",
                DERIVED,
                "kWh",
                "energy_storage",
                precision=1,
                note="Of a full battery. Estimated while the level is 50 % or more: from `energy_remaining`, "
                "else from `battery_range` and `rated_consumption`.",
            ),
        ),
    ),
)
