"""The site's own day (fleet-api.md 4.5; entities.md P)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import diagnostics, group, sensor, timestamp

_DAILY = "Starts again at the site's midnight. A total that Tesla leaves out is unknown."

HISTORY = group(
    "history",
    (
        *(
            sensor(
                key,
                f"{name} today",
                f"energy_history.{key}",
                read=convert.whole,
                unit="Wh",
                device_class="energy",
                state_class="total_increasing",
                enabled=enabled,
                needs=needs,
                # A bucket leaves out a total that is zero in it (recorded: no total_solar_generation at night).
                null=0 if key.startswith("total_") else None,
                note=_DAILY,
            )
            for key, name, enabled, needs in (
                ("solar_energy_exported", "Solar exported", False, "has_solar"),
                ("generator_energy_exported", "Generator exported", False, None),
                ("grid_energy_imported", "Grid imported", True, None),
                ("grid_services_energy_imported", "Grid services imported", False, None),
                ("grid_services_energy_exported", "Grid services exported", False, None),
                ("grid_energy_exported_from_solar", "Grid exported from solar", False, "has_solar"),
                ("grid_energy_exported_from_generator", "Grid exported from generator", False, None),
                ("grid_energy_exported_from_battery", "Grid exported from battery", False, "has_battery"),
                ("battery_energy_exported", "Battery exported", False, "has_battery"),
                ("battery_energy_imported_from_grid", "Battery imported from grid", False, "has_battery"),
                ("battery_energy_imported_from_solar", "Battery imported from solar", False, "has_battery"),
                (
                    "battery_energy_imported_from_generator",
                    "Battery imported from generator",
                    False,
                    "has_battery",
                ),
                ("consumer_energy_imported_from_grid", "House imported from grid", False, None),
                ("consumer_energy_imported_from_solar", "House imported from solar", False, "has_solar"),
                ("consumer_energy_imported_from_battery", "House imported from battery", False, "has_battery"),
                ("consumer_energy_imported_from_generator", "House imported from generator", False, None),
                ("total_home_usage", "House used", True, None),
                ("total_battery_charge", "Battery charged", True, "has_battery"),
                ("total_battery_discharge", "Battery discharged", True, "has_battery"),
                ("total_solar_generation", "Solar generated", True, "has_solar"),
                ("total_grid_energy_exported", "Grid exported", True, None),
            )
        ),
        *diagnostics(
            timestamp(
                "history_period_start",
                "Energy history start",
                "energy_history.period_start",
                read=convert.iso,
                note="The site's midnight: since when the energy of today is counted.",
            ),
        ),
    ),
)
