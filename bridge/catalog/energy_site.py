"""An energy site: live status, settings and the day's energy (fleet-api.md 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.catalog import convert
from bridge.catalog.rows import (
    Command,
    Entity,
    Limits,
    Parameter,
    binary_sensor,
    diagnostics,
    enum,
    group,
    hidden,
    measurement,
    number,
    select,
    sensor,
    switch,
    timestamp,
    topic,
)
from bridge.catalog.status import FRESHNESS, LAST_COMMAND
from bridge.catalog.writes import Invocation, picks, sets

PERCENT = Limits(minimum=0, maximum=100)

UNLIMITED = 1e9
"""What a site without a meter limit answers, in watts and with either sign (fleet-api.md 4.3)."""

IDLE_WATTS = 100
"""A battery that moves less than this is idle (entities.md M17)."""


def _connectors_power(live_status: Any) -> int:
    """Watts of all wall connectors together."""
    connectors = live_status["wall_connectors"]
    if not isinstance(connectors, list):
        raise TypeError(connectors)
    return sum(convert.whole(connector["wall_connector_power"]) for connector in connectors)


def _house_power(live_status: Any) -> int:
    return convert.whole(live_status["load_power"]) - _connectors_power(live_status)


def _charge_level(live_status: Any) -> float:
    """Tesla leaves the field out when a battery is empty (HA core #136232); a site without one has no power."""
    if "percentage_charged" not in live_status:
        convert.number(live_status["battery_power"])
        return 0.0
    return convert.rounded(1)(live_status["percentage_charged"])


def _app_charge_level(live_status: Any) -> float:
    """The app hides the lowest 5 % (pypowerwall #22)."""
    return round(max(_charge_level(live_status) - 5, 0) / 0.95, 1)


def _activity(battery_power: Any) -> str:
    watts = convert.number(battery_power)
    if abs(watts) < IDLE_WATTS:
        return "idle"
    return "discharging" if watts > 0 else "charging"


def _meter_limit(raw: Any) -> int:
    watts = convert.whole(raw)
    if abs(watts) >= UNLIMITED:
        raise ValueError(raw)
    return watts


def _may_charge_from_grid(components: Any) -> bool:
    """Absent is allowed: Tesla only ever sends the prohibition (fleet-api.md 4.3)."""
    return not convert.boolean(_mapping(components).get(_NO_GRID_CHARGING, False))


def _export_rule(components: Any) -> str:
    """Absent is battery_ok; an installer's lock is never (fleet-api.md 4.3)."""
    if _mapping(components).get("non_export_configured") is True:
        return "never"
    return convert.word(components.get("customer_preferred_export_rule", "battery_ok"))


def _mapping(raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise TypeError(raw)
    return raw


_NO_GRID_CHARGING = "disallow_charge_from_grid_with_solar_installed"


def _power(key: str, name: str, field: str, **options: Any) -> Entity:
    options.setdefault("read", convert.whole)
    return measurement(key, name, f"live_status.{field}", "W", "power", **options)


POWER = group(
    "power",
    (
        _power("solar_power", "Solar power", "solar_power", icon="mdi:solar-power-variant", needs="has_solar"),
        _power(
            "battery_power",
            "Battery power",
            "battery_power",
            icon="mdi:home-battery",
            needs="has_battery",
            note="Above zero it discharges, below zero it charges.",
        ),
        _power(
            "battery_charge_power",
            "Battery charge power",
            "battery_power",
            read=convert.negative_part,
            needs="has_battery",
        ),
        _power(
            "battery_discharge_power",
            "Battery discharge power",
            "battery_power",
            read=convert.positive_part,
            needs="has_battery",
        ),
        _power(
            "load_power",
            "Load power",
            "load_power",
            icon="mdi:home-lightning-bolt",
            note="What the house takes, wall connectors included.",
        ),
        _power(
            "grid_power",
            "Grid power",
            "grid_power",
            icon="mdi:transmission-tower",
            note="Above zero it imports, below zero it exports.",
        ),
        _power("grid_import_power", "Grid import power", "grid_power", read=convert.positive_part),
        _power("grid_export_power", "Grid export power", "grid_power", read=convert.negative_part),
        _power("grid_services_power", "Grid services power", "grid_services_power"),
        *hidden(
            _power("generator_power", "Generator power", "generator_power"),
            measurement(
                "vehicle_charging_power",
                "Vehicle charging power",
                "live_status",
                "W",
                "power",
                read=_connectors_power,
                needs="wall_connector_count",
                note="The sum of all wall connectors.",
            ),
            measurement(
                "house_power",
                "House power without vehicles",
                "live_status",
                "W",
                "power",
                read=_house_power,
                needs="wall_connector_count",
            ),
        ),
    ),
)

BATTERY = group(
    "battery",
    (
        measurement(
            "charge_level",
            "Charge level",
            "live_status",
            "%",
            "battery",
            read=_charge_level,
            precision=1,
            needs="has_battery",
            note="The gateway's scale. The app shows 0 % where this is 5 %.",
        ),
        measurement(
            "energy_left",
            "Energy left",
            "live_status.energy_left",
            "Wh",
            "energy_storage",
            read=convert.whole,
            category="diagnostic",
            needs="has_battery",
        ),
        *diagnostics(
            measurement(
                "app_charge_level",
                "Charge level in the app",
                "live_status",
                "%",
                "battery",
                read=_app_charge_level,
                precision=1,
                needs="has_battery",
            ),
            measurement(
                "total_pack_energy",
                "Total pack energy",
                "live_status.total_pack_energy",
                "Wh",
                "energy_storage",
                read=convert.whole,
                needs="has_battery",
            ),
        ),
        binary_sensor(
            "battery_charging",
            "Battery charging",
            "live_status.battery_power",
            read=lambda raw: _activity(raw) == "charging",
            device_class="battery_charging",
            needs="has_battery",
        ),
        *hidden(
            enum(
                "battery_activity",
                "Battery activity",
                "live_status.battery_power",
                "charging discharging idle",
                read=_activity,
                needs="has_battery",
            ),
        ),
        binary_sensor(
            "backup_capable",
            "Backup capable",
            "live_status.backup_capable",
            icon="mdi:home-battery",
            needs="has_battery",
        ),
        *diagnostics(
            binary_sensor(
                "battery_breaker_open",
                "Battery breaker open",
                "live_status.battery_breaker_open",
                device_class="problem",
                needs="has_battery",
            ),
        ),
    ),
)

GRID = group(
    "grid",
    (
        binary_sensor(
            "grid_status",
            "Grid status",
            "live_status.grid_status",
            read=convert.known({"Active": True, "Inactive": False}),
            device_class="power",
        ),
        enum(
            "island_status",
            "Island status",
            "live_status.island_status",
            "on_grid off_grid off_grid_intentional off_grid_unintentional island_status_unknown",
            icon="mdi:transmission-tower",
        ),
        binary_sensor(
            "grid_services_active",
            "Grid services active",
            "live_status.grid_services_active",
            icon="mdi:transmission-tower",
        ),
        binary_sensor(
            "grid_services_enabled",
            "Grid services enabled",
            "site_info.components.grid_services_enabled",
            icon="mdi:transmission-tower",
        ),
    ),
)

STORM = group(
    "storm",
    (
        switch(
            "storm_watch",
            "Storm watch",
            "site_info.user_settings.storm_mode_enabled",
            sets("storm_mode", "enabled"),
            icon="mdi:weather-lightning",
            needs="storm_mode_capable",
        ),
        binary_sensor(
            "storm_watch_active",
            "Storm watch active",
            "live_status.storm_mode_active",
            icon="mdi:weather-lightning",
        ),
        topic(
            "storm_events",
            "Storm events",
            "live_status.storm_mode_states",
            read=convert.objects(),
            note="List of {watch_event_id, start_time, end_time, storm_type, opted_out}.",
        ),
        *diagnostics(
            binary_sensor("storm_mode_capable", "Storm watch capable", "site_info.components.storm_mode_capable"),
        ),
    ),
)

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
            note="Some firmware refuses 81 to 99 or makes it 80; 100 means full backup.",
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
                    True: Invocation("grid_import_export", {_NO_GRID_CHARGING: False}),
                    False: Invocation("grid_import_export", {_NO_GRID_CHARGING: True}),
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
            sensor("tariff_name", "Tariff", "site_info.tariff_content_v2.name"),
            sensor("tariff_id", "Tariff id", "site_info.tariff_id"),
            sensor("utility", "Utility", "site_info.utility"),
        ),
        topic(
            "tariff",
            "Tariff details",
            "site_info.tariff_content_v2",
            read=_mapping,
            note="Tesla's tariff object as it is (fleet-api.md 4.6).",
        ),
    ),
)


def _component(key: str, name: str, field: str, **options: Any) -> Entity:
    return binary_sensor(key, name, f"site_info.components.{field}", **options)


INFO = group(
    "info",
    (
        sensor("firmware_version", "Firmware version", "site_info.version", category="diagnostic"),
        *diagnostics(
            _component("has_solar", "Solar installed", "solar"),
            _component("has_battery", "Battery installed", "battery"),
            _component("has_grid", "Grid connected", "grid"),
            _component("has_load_meter", "Load meter installed", "load_meter"),
            _component("has_backup", "Backup installed", "backup"),
            _component("has_generator", "Generator installed", "generator"),
            _component(
                "off_grid_charging_reserve_supported",
                "Off-grid vehicle charging reserve supported",
                "off_grid_vehicle_charging_reserve_supported",
            ),
            _component("tou_capable", "Time-based control supported", "tou_capable"),
            _component("manual_backup_supported", "Manual backup supported", "support_manual_backup"),
            _component("service_mode", "Service mode", "service_mode_enabled", device_class="problem"),
            sensor(
                "wall_connector_count",
                "Wall connectors",
                "site_info.components.wall_connectors",
                read=convert.count,
            ),
            sensor("site_name", "Site name", "site_info.site_name"),
            sensor("solar_type", "Solar type", "site_info.components.solar_type"),
            sensor("battery_type", "Battery type", "site_info.components.battery_type"),
            sensor("market_type", "Market type", "site_info.components.market_type"),
            sensor("net_meter_mode", "Net meter mode", "site_info.components.net_meter_mode"),
            sensor("battery_count", "Batteries", "site_info.battery_count", read=convert.number),
            sensor(
                "nameplate_power",
                "Nameplate power",
                "site_info.nameplate_power",
                unit="W",
                device_class="power",
            ),
            sensor(
                "nameplate_energy",
                "Nameplate energy",
                "site_info.nameplate_energy",
                unit="Wh",
                device_class="energy_storage",
            ),
            sensor(
                "max_site_meter_power",
                "Maximum site meter power",
                "site_info.max_site_meter_power_ac",
                read=_meter_limit,
                unit="W",
                device_class="power",
                note="Unknown where there is no limit.",
            ),
            sensor(
                "min_site_meter_power",
                "Minimum site meter power",
                "site_info.min_site_meter_power_ac",
                read=_meter_limit,
                unit="W",
                device_class="power",
                note="Unknown where there is no limit.",
            ),
            timestamp("installation_date", "Installation date", "site_info.installation_date", read=convert.iso),
            sensor("time_zone", "Time zone", "site_info.installation_time_zone"),
        ),
    ),
)

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

STATUS = group(
    "status",
    (
        timestamp(
            "live_data_time",
            "Live data time",
            "live_status.timestamp",
            read=convert.iso,
            category="diagnostic",
            note="The gateway's clock.",
        ),
        *FRESHNESS,
        *LAST_COMMAND,
    ),
)

ENTITIES = (*POWER, *BATTERY, *GRID, *STORM, *SETTINGS, *INFO, *HISTORY, *STATUS)


def _write(name: str, title: str, *parameters: Parameter) -> Command:
    """A setting of the site. Tesla's answer proves nothing, so it is read back (reliability.md C2)."""
    return Command(
        name=name,
        title=title,
        endpoint=name,
        parameters=parameters,
        scopes=("energy_cmds",),
        cost="free",
        wakes=False,
        direct=False,
        confirmed=True,
    )


COMMANDS = (
    _write("backup", "Set backup reserve", Parameter(name="backup_reserve_percent", type=int, minimum=0, maximum=100)),
    _write(
        "operation",
        "Set operation mode",
        Parameter(name="default_real_mode", type=str, choices=("self_consumption", "autonomous", "backup")),
    ),
    _write("storm_mode", "Set storm watch", Parameter(name="enabled", type=bool)),
    _write(
        "grid_import_export",
        "Set grid charging and export",
        Parameter(name=_NO_GRID_CHARGING, type=bool, required=False),
        Parameter(
            name="customer_preferred_export_rule", type=str, choices=("battery_ok", "pv_only", "never"), required=False
        ),
    ),
    _write(
        "off_grid_vehicle_charging_reserve",
        "Set off-grid vehicle charging reserve",
        Parameter(name="off_grid_vehicle_charging_reserve_percent", type=int, minimum=0, maximum=100),
    ),
)
