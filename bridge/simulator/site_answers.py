"""The shapes of a site's answers: products entry, live_status, site_info (fleet-api.md 4.1 to 4.3)."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from bridge.simulator.site_equipment import FIRMWARE, Equipment
from bridge.simulator.site_flow import Flow
from bridge.simulator.site_plant import Plant
from bridge.simulator.site_settings import Settings

Json = dict[str, Any]
UNLIMITED = 1_000_000_000  # W, "no limit" of the site meter
# All that live_status of a site without Powerwalls holds (teslajsonpy#262), besides its wall connectors.
WITHOUT_BATTERY = ("solar_power", "grid_status", "grid_services_active", "timestamp", "wall_connectors")
# These belong to the Powerwalls and are missing on sites without.
BATTERY_SETTINGS = (
    "backup_reserve_percent",
    "default_real_mode",
    "tou_settings",
    "nameplate_power",
    "nameplate_energy",
    "off_grid_vehicle_charging_reserve_percent",
    "vpp_backup_reserve_percent",
)

# True on every site with Powerwalls.
BATTERY_FLAGS = (
    "backup",
    "tou_capable",
    "storm_mode_capable",
    "set_islanding_mode_enabled",
    "backup_time_remaining_enabled",
    "edit_setting_permission_to_export",
    "edit_setting_grid_charging",
    "edit_setting_energy_exports",
    "battery_solar_offset_view_enabled",
    "show_grid_import_battery_source_cards",
)
FIXED_FLAGS: Json = {
    "configurable": True,
    "grid_services_enabled": False,
    "system_alerts_enabled": True,
    "solar_value_enabled": True,
    "energy_value_header": "Energy Value",
    "energy_value_subheader": "Estimated Value",
    "flex_energy_request_capable": False,
    "vehicle_charging_performance_view_enabled": False,
    "vehicle_charging_solar_offset_view_enabled": False,
    "energy_service_self_scheduling_enabled": True,
    "rate_plan_manager_supported": True,
    "wifi_commissioning_enabled": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a site's answers at one moment are made of."""

    equipment: Equipment
    plant: Plant
    settings: Settings  # as shown, which lags behind the plant's
    flow: Flow
    epoch: float
    wall_connectors: list[Json]
    storms: list[Json]

    @property
    def local(self) -> datetime:
        return datetime.fromtimestamp(int(self.epoch), self.equipment.zone)


def live_status(now: Snapshot) -> Json:
    """The `response` of live_status; load is the sum of the rounded parts, so that they always add up."""
    solar, battery, grid = round(now.flow.solar), round(now.flow.battery), round(now.flow.grid)
    down = now.plant.grid_down
    status: Json = {
        "solar_power": solar,
        **_charge(now.plant),
        "backup_capable": True,
        "battery_power": battery,
        "load_power": solar + battery + grid,
        "grid_status": "Inactive" if down else "Active",
        "grid_services_active": False,
        "grid_power": grid,
        "grid_services_power": 0,
        "generator_power": 0,
        "island_status": "off_grid_unintentional" if down else "on_grid",
        "storm_mode_active": now.plant.storm,
        "storm_mode_states": now.storms,
        "battery_breaker_open": False,
        "timestamp": now.local.isoformat(),
        "wall_connectors": now.wall_connectors,
    }
    if now.equipment.batteries:
        return status
    return {**{key: status[key] for key in WITHOUT_BATTERY}, "grid_status": "Unknown"}


def product(now: Snapshot) -> Json:
    """The site's entry in the products list."""
    equipment = now.equipment
    entry: Json = {
        "energy_site_id": equipment.site_id,
        "device_type": "energy",
        "resource_type": equipment.resource_type,
        "site_name": equipment.name,
        "id": equipment.gateway_din if equipment.batteries else equipment.warp_number,
        "gateway_id": equipment.gateway_din,
        "asset_site_id": equipment.uuid,
        "warp_site_number": equipment.warp_number,
        **_owner_flags(now),
        "components": {
            **_parts(equipment),
            "market_type": "residential",
            "gateways": equipment.gateways(),
            "inverters": equipment.inverters(),
            "wall_connectors": equipment.chargers(),
        },
        "features": {"rate_plan_manager_no_pricing_constraint": True},
    }
    if equipment.batteries:
        battery = {"battery_type": "ac_powerwall", "battery_power": round(now.flow.battery)}
        return {**entry, **battery, "backup_capable": True, **_charge(now.plant)}
    if equipment.solar_watts:
        return {**entry, "solar_type": "pv_panel", "solar_power": round(now.flow.solar)}
    return entry


def site_info(now: Snapshot) -> Json:
    """The `response` of site_info."""
    equipment, settings = now.equipment, now.settings
    offset = now.local.utcoffset()
    info: Json = {
        "id": equipment.warp_number,
        "site_name": equipment.name,
        "backup_reserve_percent": settings.backup_reserve_percent,
        "default_real_mode": settings.default_real_mode,
        "installation_date": datetime.combine(equipment.installed, time(9, 30), equipment.zone).isoformat(),
        "user_settings": {**_owner_flags(now), "off_grid_vehicle_charging_enabled": True},
        "components": _components(now),
        "version": FIRMWARE,
        "battery_count": equipment.batteries,
        "tou_settings": {"optimization_strategy": settings.optimization_strategy, "schedule": []},
        "nameplate_power": equipment.nameplate_power,
        "nameplate_energy": equipment.nameplate_energy,
        "installation_time_zone": equipment.zone.key,
        "time_zone_offset": int(offset.total_seconds() // 60) if offset else 0,
        "max_site_meter_power_ac": UNLIMITED,
        "min_site_meter_power_ac": -UNLIMITED,
        "utility": settings.tariff.content.get("utility"),
        "tariff_id": settings.tariff.content.get("code"),
        "tariff_content": settings.tariff.first_version,
        "tariff_content_v2": settings.tariff.content,
        "off_grid_vehicle_charging_reserve_percent": settings.off_grid_vehicle_charging_reserve_percent,
        "vpp_backup_reserve_percent": 0,
    }
    missing = () if equipment.batteries else BATTERY_SETTINGS
    return {key: value for key, value in info.items() if key not in missing}


def _components(now: Snapshot) -> Json:
    equipment, settings = now.equipment, now.settings
    has_battery = bool(equipment.batteries)
    components: Json = {
        **_parts(equipment),
        **dict.fromkeys(BATTERY_FLAGS, has_battery),
        **FIXED_FLAGS,
        "off_grid_vehicle_charging_reserve_supported": has_battery and bool(equipment.wall_connectors),
        "car_charging_data_supported": bool(equipment.wall_connectors),
        "gateways": equipment.gateways(),
        "batteries": equipment.powerwalls(),
        "inverters": equipment.inverters(),
        "wall_connectors": equipment.chargers(),
    }
    if has_battery:
        components |= {"gateway": "teg", "net_meter_mode": "battery_ok"}
    # Both are absent until they were set; the first one is never present as false (fleet-api.md 4.3).
    if settings.grid_charging_disallowed:
        components["disallow_charge_from_grid_with_solar_installed"] = True
    if settings.export_rule:
        components["customer_preferred_export_rule"] = settings.export_rule
    return components


def _parts(equipment: Equipment) -> Json:
    """The parts that products and site_info tell alike; a type only where the part is."""
    battery, solar = bool(equipment.batteries), bool(equipment.solar_watts)
    return {
        "battery": battery,
        **({"battery_type": "ac_powerwall"} if battery else {}),
        "solar": solar,
        **({"solar_type": "pv_panel"} if solar else {}),
        "grid": battery or solar,
        "load_meter": battery or solar,
    }


def _owner_flags(now: Snapshot) -> Json:
    """What stands both in the products entry and in user_settings."""
    return {
        "go_off_grid_test_banner_enabled": None,
        "storm_mode_enabled": now.settings.storm_mode_enabled if now.equipment.batteries else None,
        "powerwall_onboarding_settings_set": True,
        "powerwall_tesla_electric_interested_in": None,
        "vpp_tour_enabled": None,
        "sync_grid_alert_enabled": True,
        "breaker_alert_enabled": True,
    }


def _charge(plant: Plant) -> Json:
    battery = plant.battery
    return {
        "percentage_charged": _number(battery.level),
        "energy_left": _number(battery.energy),
        "total_pack_energy": battery.capacity,
    }


def _number(value: float) -> float:
    """Whole numbers without a fraction, as the real JSON has them (`100`, not `100.0`)."""
    return int(value) if value == int(value) else value
