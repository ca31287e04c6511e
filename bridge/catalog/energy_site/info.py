"""What the site is and has (fleet-api.md 4.3; entities.md N)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    group,
    sensor,
    timestamp,
    topic,
)
from bridge.catalog.rows import Entity

UNLIMITED = 1e9
"""What a site without a meter limit answers, in watts and with either sign (fleet-api.md 4.3)."""


def _meter_limit(raw: Any) -> int:
    watts = convert.whole(raw)
    if abs(watts) >= UNLIMITED:
        raise ValueError(raw)
    return watts


def _of_gateway(field: str) -> Callable[[Any], str]:
    """A field of the first gateway that is active, or of the first."""

    def read(gateways: Any) -> str:
        known = convert.objects()(gateways)
        active = [gateway for gateway in known if gateway.get("is_active")]
        return convert.phrase(_first(active or known)[field])

    return read


def _first(gateways: list[Any]) -> Any:
    if not gateways:
        raise ValueError(gateways)
    return gateways[0]


def _gateway(key: str, name: str, field: str) -> Entity:
    return sensor(key, name, "site_info.components.gateways", read=_of_gateway(field))


def _units(key: str, name: str, field: str) -> Entity:
    return topic(
        key,
        name,
        f"site_info.components.{field}",
        read=convert.objects(),
        note="Tesla's list as it is: device_id, din, serial_number, part_number, part_name, firmware_version, ...",
    )


def _flags(components: Any) -> dict[str, Any]:
    """Every true or false among the site's components."""
    return {key: value for key, value in convert.mapping(components).items() if isinstance(value, bool)}


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
            _gateway("gateway_model", "Gateway model", "part_name"),
            _gateway("gateway_firmware", "Gateway firmware", "firmware_version"),
            _gateway("gateway_serial", "Gateway serial number", "serial_number"),
        ),
        _units("gateway_units", "Gateways", "gateways"),
        _units("battery_units", "Battery units", "batteries"),
        _units("inverter_units", "Inverters", "inverters"),
        _units("wall_connector_units", "Wall connector units", "wall_connectors"),
        topic(
            "capabilities",
            "Capabilities",
            "site_info.components",
            read=_flags,
            note="Every true or false among the site's components, as Tesla names them.",
        ),
    ),
)
