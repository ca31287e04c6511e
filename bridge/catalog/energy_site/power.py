"""Powers now (fleet-api.md 4.2; entities.md M)."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import group, hidden, measurement
from bridge.catalog.rows import Entity


def _connectors_power(live_status: Any) -> int:
    """Watts of all wall connectors together."""
    connectors = live_status["wall_connectors"]
    if not isinstance(connectors, list):
        raise TypeError(connectors)
    return sum(convert.whole(connector["wall_connector_power"]) for connector in connectors)


def _house_power(live_status: Any) -> int:
    return convert.whole(live_status["load_power"]) - _connectors_power(live_status)


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
