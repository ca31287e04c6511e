"""What the owner can set (fleet-api.md 4.3, 4.4; entities.md N, O)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.catalog import convert, tariff
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    number,
    select,
    sensor,
    switch,
    topic,
)
from bridge.catalog.rows import Limits
from bridge.catalog.writes import Invocation, picks, sets
from bridge.model import Value

PERCENT = Limits(minimum=0, maximum=100)


NO_GRID_CHARGING = "disallow_charge_from_grid_with_solar_installed"


def _may_charge_from_grid(components: Any) -> bool:
    """Absent is allowed: Tesla only ever sends the prohibition (fleet-api.md 4.3)."""
    return not convert.boolean(convert.mapping(components).get(NO_GRID_CHARGING, False))


def _effective_reserve(backup_reserve_percent: Any) -> int:
    """What firmware that knows only 0 to 80 and 100 makes of it (entities.md, appendix 5)."""
    percent = convert.whole(backup_reserve_percent)
    return 80 if 80 < percent < 100 else percent


GRID_CHARGING_KILOWATTS: dict[Any, Value] = {"autonomous": 5.0, "self_consumption": 1.7}
"""What owners have seen a battery charge with from the grid (entities.md O13, pypowerwall #22)."""


def _export_rule(components: Any) -> str:
    """Absent is battery_ok; an installer's lock is never (fleet-api.md 4.3)."""
    if convert.mapping(components).get("non_export_configured") is True:
        return "never"
    return convert.word(components.get("customer_preferred_export_rule", "battery_ok"))


def _utility(site_info: Any) -> str:
    """Of the site, else of its tariff."""
    tariff = convert.mapping(site_info).get("tariff_content_v2")
    of_tariff = tariff.get("utility") if isinstance(tariff, Mapping) else None
    return convert.phrase(site_info.get("utility") or of_tariff)


SETTINGS = group(
    "settings",
    (
        number(
            "backup_reserve",
            "Backup reserve",
            "site_info.backup_reserve_percent",
            PERCENT,
            sets("backup", "backup_reserve_percent"),
            unit="%",
            device_class="battery",
            needs="has_battery",
            note="Current firmware refuses 81 to 99 or makes it 80; 100 means full backup. docs/energy.md",
        ),
        select(
            "operation_mode",
            "Operation mode",
            "site_info.default_real_mode",
            "self_consumption autonomous backup",
            sets("operation", "default_real_mode"),
            icon="mdi:home-battery",
            needs="has_battery",
            note="autonomous is time-based control.",
        ),
        select(
            "export_rule",
            "Allow export",
            "site_info.components",
            "never pv_only battery_ok",
            sets("grid_import_export", "customer_preferred_export_rule"),
            read=_export_rule,
            icon="mdi:transmission-tower-export",
            needs="has_battery",
        ),
        switch(
            "grid_charging",
            "Allow charging from grid",
            "site_info.components",
            picks(
                {
                    True: Invocation("grid_import_export", {NO_GRID_CHARGING: False}),
                    False: Invocation("grid_import_export", {NO_GRID_CHARGING: True}),
                }
            ),
            read=_may_charge_from_grid,
            icon="mdi:transmission-tower-import",
            needs="has_battery",
            note="Tesla's field says the opposite: disallow.",
        ),
        number(
            "off_grid_charging_reserve",
            "Off-grid vehicle charging reserve",
            "site_info.off_grid_vehicle_charging_reserve_percent",
            PERCENT,
            sets("off_grid_vehicle_charging_reserve", "off_grid_vehicle_charging_reserve_percent"),
            unit="%",
            device_class="battery",
            category="config",
            needs="off_grid_charging_reserve_supported",
        ),
        sensor(
            "vpp_backup_reserve",
            "VPP backup reserve",
            "site_info.vpp_backup_reserve_percent",
            unit="%",
            device_class="battery",
            category="diagnostic",
            needs="has_battery",
        ),
        *diagnostics(
            binary_sensor(
                "off_grid_vehicle_charging",
                "Off-grid vehicle charging",
                "site_info.user_settings.off_grid_vehicle_charging_enabled",
            ),
            enum(
                "optimisation_strategy",
                "Optimisation strategy",
                "site_info.tou_settings.optimization_strategy",
                "economics balanced",
            ),
            sensor(
                "backup_reserve_effective",
                "Backup reserve effective",
                "site_info.backup_reserve_percent",
                read=_effective_reserve,
                unit="%",
                device_class="battery",
                needs="has_battery",
                note="81 to 99 count as 80, as firmware makes of it that refuses them.",
            ),
            sensor(
                "grid_charging_power_hint",
                "Grid charging power expected",
                "site_info.default_real_mode",
                read=convert.known(GRID_CHARGING_KILOWATTS),
                unit="kW",
                device_class="power",
                needs="has_battery",
                note="By operation mode, as owners have measured it; Tesla does not tell it.",
            ),
            sensor("tariff_name", "Tariff", "site_info.tariff_content_v2.name"),
            sensor("tariff_id", "Tariff id", "site_info.tariff_id"),
            sensor("utility", "Utility", "site_info", read=_utility),
        ),
        topic(
            "tariff",
            "Tariff details",
            "site_info.tariff_content_v2",
            read=convert.mapping,
            write=sets("time_of_use_settings", "tariff_content_v2"),
            check=tariff.checked,
            example=tariff.EXAMPLE,
            note="Tesla's tariff object as it is; to set it, the whole of it. docs/energy.md",
        ),
    ),
)
