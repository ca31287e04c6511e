"""Recorded and golden answers are read as a person would read them, and known traps are avoided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from catalog_cases import (
    ANSWERS,
    ENTITIES,
    GOLDEN_CONNECTOR,
    GOLDEN_SITE,
    RECORDED,
    ROWS,
    every,
    load,
    needs_recorded,
    nodes,
    vehicle_answer,
)

from bridge.catalog import read
from bridge.catalog.left_out import reason
from bridge.catalog.rows import DERIVED, STREAMED, Entity
from bridge.model import Kind, Value


def _recorded_car() -> dict[str, Value]:
    body = load(RECORDED / "vehicle_data_gak_2023_11_11.json")["response"]
    return read(Kind.VEHICLE, vehicle_answer(body))


PARKED_MODEL_3: Mapping[str, Value] = {
    "connectivity": "online",
    "online": True,
    "access_type": "owner",
    "charging_state": "complete",
    "charging": False,
    "plugged_in": True,
    "battery_level": 80,
    "battery_range": 444.84,
    "charge_limit": 80,
    "charge_current": 13,
    "charge_current_maximum": 16,
    "charge_energy_added": 0.13,
    "range_added": 0.8,
    "charger_phases": 2,
    "charger_multiple_phases": True,
    "charge_port_door": True,
    "charge_cable_lock": True,
    "charge_cable": "iec",
    "charge_port_colour": None,
    "charge_enable_request": True,
    "fast_charger_type": "ac_single_wire_can",
    "fast_charger_brand": None,
    "not_enough_power_to_heat": None,
    "off_peak_hours_end": "13:20:00",
    "off_peak_charging_days": "all_week",
    "scheduled_charging_start": None,
    "scheduled_departure_time": datetime(2023, 8, 30, 14, tzinfo=UTC),
    "inside_temperature": 24.2,
    "climate_mode": "off",
    "climate_preset": "none",
    "cabin_overheat_mode": "cool",
    "cabin_overheat_temperature": 40,
    "seat_heater_left": "off",
    "seat_heater_third_row_left": None,
    "hvac_auto": True,
    "shift_state": "p",
    "driving": False,
    "speed": 0,
    "drive_power": 0,
    "position": {},
    "route_position": {},
    "latitude": None,
    "locked": True,
    "unlocked": False,
    "any_door_open": False,
    "windows": False,
    "open_windows": 0,
    "odometer": 18737.67,
    "tyre_pressure_front_left": 2.925,
    "tyre_pressure_time_front_left": datetime(2023, 11, 10, 5, 55, 45, tzinfo=UTC),
    "tyre_warning": False,
    "sentry_mode": True,
    "dashcam_recording": True,
    "speed_limit": 80.47,
    "speed_limit_maximum": 193.12,
    "autopark_state": "disabled",
    "media_volume": 2.0,
    "software_version": "2023.38.6 c1f85ddb415f",
    "update_version": None,
    "update_status": "none",
    "update_duration": 45.0,
    "firmware_update": {
        "installed_version": "2023.38.6",
        "latest_version": "2023.38.6",
        "title": "Vehicle software",
        "in_progress": False,
        "update_percentage": None,
    },
    "third_row_seats": "none",
    "spoiler_type": "none",
    "sunroof_installed": None,
    "rear_seat_heaters": 1,
    "distance_unit": "km_hr",
    "charge_unit": "kw",
    "utc_offset": 36000,
}


@needs_recorded
@pytest.mark.parametrize("key", PARKED_MODEL_3)
def test_recorded_model_3(key: str) -> None:
    assert _recorded_car()[key] == PARKED_MODEL_3[key]


@needs_recorded
def test_every_recorded_field_of_a_car_is_a_value_or_left_out_for_a_reason() -> None:
    body = load(RECORDED / "vehicle_data_gak_2023_11_11.json")["response"]
    fields = {".".join(path) for path, value in nodes(body) if not (isinstance(value, dict) and value)}
    unread = fields - _sources(Kind.VEHICLE)
    assert [field for field in unread if not (reason(field) or reason(f"vehicle.{field}"))] == []


@every([(kind, row) for kind, row in ENTITIES if "." in row.source])
def test_no_row_reads_what_is_said_to_be_left_out(kind: Kind, row: Entity) -> None:
    assert reason(row.source) is None


@needs_recorded
@pytest.mark.parametrize("entry", [0, 1])
def test_recorded_products_are_read_without_a_value_too_many(entry: int) -> None:
    """A list entry holds the car's state and configuration; everything else stays untouched."""
    product = load(RECORDED / "products_gak_2024_01_20.json")["response"][entry]
    if "vin" in product:
        values = read(Kind.VEHICLE, vehicle_answer(product))
        assert values["connectivity"] == "online"
        assert values["car_type"] == "model3"
        assert "battery_level" not in values
    else:
        values = read(Kind.ENERGY_SITE, {"site_info": product})
        assert values["has_battery"] is True
        assert values["wall_connector_count"] == 1


SUNNY_NOON: Mapping[str, Value] = {
    "solar_power": 16176,
    "battery_power": -13950,
    "battery_charge_power": 13950,
    "battery_discharge_power": 0,
    "battery_charging": True,
    "battery_activity": "charging",
    "load_power": 2226,
    "grid_power": 0,
    "generator_power": 0,
    "vehicle_charging_power": 0,
    "house_power": 2226,
    "charge_level": 90.2,
    "app_charge_level": 89.7,
    "energy_left": 37784,
    "total_pack_energy": 41883,
    "backup_capable": True,
    "grid_status": True,
    "island_status": "on_grid",
    "grid_services_active": False,
    "storm_watch_active": False,
    "live_data_time": datetime(2023, 11, 6, 10, 30, 11, tzinfo=timezone(timedelta(hours=11))),
}


@needs_recorded
@pytest.mark.parametrize("key", SUNNY_NOON)
def test_recorded_site_that_charges_its_battery(key: str) -> None:
    body = load(RECORDED / "energy_sites_live_status_gak_plugged_in_2023_11_06.json")["response"]
    assert read(Kind.ENERGY_SITE, {"live_status": body})[key] == SUNNY_NOON[key]


@needs_recorded
def test_recorded_site_that_exports() -> None:
    body = load(RECORDED / "energy_sites_live_status_gak_unplugged_2023_11_06.json")["response"]
    values = read(Kind.ENERGY_SITE, {"live_status": body})
    assert values["grid_power"] == -12949
    assert values["grid_export_power"] == 12949
    assert values["grid_import_power"] == 0
    assert values["charge_level"] == 100
    assert values["battery_activity"] == "idle"


@needs_recorded
def test_recorded_wall_connectors() -> None:
    plugged, unplugged = (
        read(Kind.WALL_CONNECTOR, {"wall_connector": load(path)["response"]["wall_connectors"][0]})
        for path in sorted(RECORDED.glob("energy_sites_live_status_gak_*"))
    )
    assert (plugged["state"], unplugged["state"]) == ("connected", "not_connected")
    assert (plugged["vehicle_connected"], unplugged["vehicle_connected"]) == (True, False)
    assert (plugged["vehicle_vin"], unplugged["vehicle_vin"]) == ("1234", "none")
    assert (plugged["charging"], unplugged["charging"]) == (False, False)
    assert (plugged["power"], plugged["fault"], plugged["fault_state"]) == (0, False, 2)


@needs_recorded
def test_recorded_energy_history() -> None:
    night, morning = load(RECORDED / "energy_history_day.json")["response"]["time_series"]
    values = read(Kind.ENERGY_SITE, {"energy_history": morning})
    assert values["solar_energy_exported"] == 724
    assert values["battery_energy_imported_from_solar"] == 684
    assert values["total_battery_charge"] == 684
    assert values["total_battery_discharge"] == 0, "a total that is zero is not in the bucket"
    assert read(Kind.ENERGY_SITE, {"energy_history": night})["total_battery_discharge"] == 36


def _sources(kind: Kind) -> set[str]:
    return {row.source.removeprefix("vehicle.") for row in ROWS[kind][0]}


@every([(kind, row) for kind, row in ENTITIES if row.source.split(".")[0] not in {"bridge", DERIVED, STREAMED}])
def test_golden_answer_gives_every_row_a_value(kind: Kind, row: Entity) -> None:
    value = read(kind, ANSWERS[kind])[row.key]
    assert value is not None
    assert not row.options or value in row.options
    assert row.device_class != "timestamp" or value.tzinfo


DRIVING_MODEL_X: Mapping[str, Value] = {
    "charging": True,
    "battery_charging": True,
    "charge_enable_request": False,
    "battery_range": 321.87,
    "charge_rate": 48.44,
    "charger_power": 10,
    "scheduled_charging": True,
    "scheduled_departure": False,
    "scheduled_charging_start": datetime(2025, 12, 31, 23, tzinfo=UTC),
    "scheduled_charging_time_of_day": "23:00:00",
    "scheduled_departure_time_of_day": "07:00:00",
    "off_peak_charging_weekdays_only": True,
    "off_peak_hours_end": "06:15:00",
    "charge_schedules": [
        {
            "id": 1767000000,
            "name": "Night",
            "days_of_week": 127,
            "enabled": True,
            "start_enabled": True,
            "start_time": 1380,
            "end_enabled": False,
            "end_time": 0,
            "one_time": False,
        }
    ],
    "climate_mode": "heat_cool",
    "climate_preset": "dog",
    "climate_keeper_mode": "dog",
    "hvac_state": "on",
    "hvac_auto": False,
    "defrost": True,
    "defrost_mode": "max",
    "seat_heater_left": "high",
    "seat_heater_rear_right": "medium",
    "seat_cooler_left": "low",
    "steering_wheel_heater_level": "high",
    "cabin_overheat_mode": "fan_only",
    "cabin_overheat_temperature": 35,
    "shift_state": "d",
    "driving": True,
    "parked": False,
    "speed": 80.47,
    "drive_power": -7,
    "position": {"latitude": 52.500123, "longitude": 13.400456, "gps_accuracy": 10},
    "route_position": {"latitude": 52.516266, "longitude": 13.377775, "gps_accuracy": 10},
    "route_destination": "Brandenburger Tor",
    "route_distance": 16.09,
    "route_minutes": 21.3,
    "gps_time": datetime(2025, 12, 31, 14, 59, 59, tzinfo=UTC),
    "sunroof": True,
    "tonneau": False,
    "has_tonneau": False,
    "tyre_warning": True,
    "speed_limit": 128.75,
    "centre_display": "driving",
    "media_volume": 2.7,
    "media_duration": 1362,
    "media_position": 61,
    "update_duration": 25,
    "update_scheduled_start": datetime(2025, 12, 31, 14, 59, tzinfo=UTC),
    "firmware_update": {
        "installed_version": "2025.44.3",
        "latest_version": "2025.45.1",
        "title": "Vehicle software",
        "in_progress": True,
        "update_percentage": 40,
    },
    "third_row_seats": "futuris_fold_flat",
    "sunroof_installed": True,
}


@pytest.mark.parametrize("key", DRIVING_MODEL_X)
def test_golden_car(key: str) -> None:
    assert read(Kind.VEHICLE, ANSWERS[Kind.VEHICLE])[key] == DRIVING_MODEL_X[key]


HOME: Mapping[str, Value] = {
    "charge_level": 76.4,
    "app_charge_level": 75.2,
    "battery_power": -1480,
    "vehicle_charging_power": 7200,
    "house_power": 1211,
    "export_rule": "pv_only",
    "grid_charging": False,
    "storm_watch": True,
    "backup_reserve": 20,
    "max_site_meter_power": 30000,
    "min_site_meter_power": -30000,
    "installation_date": datetime(2024, 5, 17, 7, 30, tzinfo=UTC),
    "tariff_name": "Dynamic",
    "total_solar_generation": 12020,
    "history_period_start": datetime(2026, 1, 1, 23, tzinfo=UTC),
    "wall_connector_count": 2,
}


@pytest.mark.parametrize("key", HOME)
def test_golden_site(key: str) -> None:
    assert read(Kind.ENERGY_SITE, GOLDEN_SITE)[key] == HOME[key]


def test_golden_wall_connector() -> None:
    values = read(Kind.WALL_CONNECTOR, GOLDEN_CONNECTOR)
    assert values["state"] == "charging"
    assert values["charging"] is True
    assert values["power"] == 7200
    assert values["serial_number"] == "AAA00000000001"
