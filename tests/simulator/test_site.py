"""What an energy site tells: shapes, balance and faults."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.simulator.errors import BadParameter, GatewayDead
from bridge.simulator.site import EnergySite

NOON = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
NIGHT = datetime(2026, 6, 15, 22, 0, tzinfo=UTC)
DIN = "1457768-02-H--B7S23088J08030"
VIN = "LRW3F7EK4NC700001"
NUMBER = (int, float)

# The recorded live_status, products entry and Home Assistant's site_info hold these.
LIVE_STATUS: dict[str, Any] = {
    "backup_capable": bool,
    "battery_power": int,
    "energy_left": NUMBER,
    "generator_power": int,
    "grid_power": int,
    "grid_services_active": bool,
    "grid_services_power": int,
    "grid_status": str,
    "island_status": str,
    "load_power": int,
    "percentage_charged": NUMBER,
    "solar_power": int,
    "storm_mode_active": bool,
    "timestamp": str,
    "total_pack_energy": int,
    "wall_connectors": list,
    "storm_mode_states": list,
    "battery_breaker_open": bool,
}
PRODUCT: dict[str, Any] = {
    "asset_site_id": str,
    "backup_capable": bool,
    "battery_power": int,
    "battery_type": str,
    "breaker_alert_enabled": bool,
    "components": dict,
    "device_type": str,
    "energy_left": NUMBER,
    "energy_site_id": int,
    "features": dict,
    "gateway_id": str,
    "go_off_grid_test_banner_enabled": type(None),
    "id": str,
    "percentage_charged": NUMBER,
    "powerwall_onboarding_settings_set": bool,
    "powerwall_tesla_electric_interested_in": type(None),
    "resource_type": str,
    "site_name": str,
    "storm_mode_enabled": bool,
    "sync_grid_alert_enabled": bool,
    "total_pack_energy": int,
    "vpp_tour_enabled": type(None),
    "warp_site_number": str,
}
SITE_INFO: dict[str, Any] = {
    "id": str,
    "site_name": str,
    "backup_reserve_percent": int,
    "default_real_mode": str,
    "installation_date": str,
    "user_settings": dict,
    "components": dict,
    "version": str,
    "battery_count": int,
    "tou_settings": dict,
    "nameplate_power": int,
    "nameplate_energy": int,
    "installation_time_zone": str,
    "time_zone_offset": int,
    "max_site_meter_power_ac": int,
    "min_site_meter_power_ac": int,
    "off_grid_vehicle_charging_reserve_percent": int,
    "vpp_backup_reserve_percent": int,
    "utility": str,
    "tariff_id": str,
    "tariff_content": dict,
    "tariff_content_v2": dict,
}
DEVICE = ("device_id", "din", "serial_number", "part_number", "part_type", "part_name", "is_active")


def site(start: datetime = NOON, **options: Any) -> EnergySite:
    defaults: dict[str, Any] = {
        "site_id": 2_100_000_123,
        "name": "Home",
        "seed": 7,
        "start": start,
        "zone": "Europe/Berlin",
        "latitude": 52.5,
        "wall_connectors": (DIN,),
    }
    return EnergySite(**defaults | options)


def assert_typed(answer: dict[str, Any], types: dict[str, Any]) -> None:
    for name, kind in types.items():
        assert isinstance(answer[name], kind), name


class TestShapes:
    def test_live_status_has_every_recorded_field_with_its_type(self) -> None:
        assert_typed(site().live_status(), LIVE_STATUS)

    def test_the_products_entry_has_every_recorded_field_with_its_type(self) -> None:
        entry = site().product()
        assert_typed(entry, PRODUCT)
        assert entry["components"]["wall_connectors"][0]["din"] == DIN

    def test_site_info_has_every_known_field_with_its_type(self) -> None:
        assert_typed(site().site_info(), SITE_INFO)

    def test_site_info_lists_every_device(self) -> None:
        components = site(batteries=2).site_info()["components"]
        lists = ("gateways", "batteries", "inverters", "wall_connectors")
        assert [len(components[name]) for name in lists] == [1, 2, 1, 1]
        for name in lists:
            assert set(DEVICE) <= components[name][0].keys()
        assert components["batteries"][0]["nameplate_energy"] == 13_500

    def test_answers_are_plain_json(self) -> None:
        home = site()
        answers = [home.product(), home.live_status(), home.site_info()]
        assert json.loads(json.dumps(answers)) == answers

    def test_a_full_battery_is_a_whole_number_as_recorded(self) -> None:
        home = site()
        home.force(percentage=100)
        assert json.dumps(home.live_status()["percentage_charged"]) == "100"

    def test_the_timestamp_has_the_sites_offset(self) -> None:
        assert site().live_status()["timestamp"] == "2026-06-15T12:00:00+02:00"

    def test_percentage_is_energy_left_of_the_pack(self) -> None:
        for answer in (site().live_status(), site().product()):
            share = answer["energy_left"] / answer["total_pack_energy"] * 100
            assert answer["percentage_charged"] == pytest.approx(share)

    def test_a_site_with_sun_only_has_no_battery_fields(self) -> None:
        home = site(batteries=0, wall_connectors=())
        assert set(home.live_status()) == {
            "solar_power",
            "grid_status",
            "grid_services_active",
            "timestamp",
            "wall_connectors",
        }
        assert home.live_status()["grid_status"] == "Unknown"
        assert home.product()["resource_type"] == "solar"
        assert "backup_reserve_percent" not in home.site_info()
        assert home.site_info()["components"]["battery"] is False

    def test_a_site_may_have_nothing_but_a_wall_connector(self) -> None:
        home = site(batteries=0, solar_watts=0)
        assert home.product()["resource_type"] == "wall_connector"
        assert home.live_status()["wall_connectors"][0]["din"] == DIN


class TestBalance:
    @pytest.mark.parametrize("mode", ["self_consumption", "autonomous", "backup"])
    def test_load_is_always_the_sum_of_the_sources(self, mode: str) -> None:
        home = site()
        home.write("operation", {"default_real_mode": mode}, NOON)
        for quarter in range(96):
            home.advance(NOON + timedelta(minutes=15 * quarter), {DIN: (VIN, 7360.0)})
            now = home.live_status()
            sources = now["solar_power"] + now["battery_power"] + now["grid_power"] + now["generator_power"]
            assert now["load_power"] == sources
            assert now["load_power"] >= 7360

    def test_what_the_battery_gains_and_loses_is_its_power_with_ninety_percent_efficiency(self) -> None:
        home = site()
        home.force(percentage=50, solar_watts=5000, house_watts=1000)
        home.advance(NOON + timedelta(hours=1), {})
        assert home.live_status()["energy_left"] == pytest.approx(13_500 + 4000 * 0.9**0.5)
        home.force(percentage=50, solar_watts=0, house_watts=1000)
        home.advance(NOON + timedelta(hours=2), {})
        assert home.live_status()["energy_left"] == pytest.approx(13_500 - 1000 / 0.9**0.5)

    def test_one_long_step_ends_where_many_short_ones_do(self) -> None:
        jumped, walked = site(), site()
        jumped.advance(NOON + timedelta(hours=6), {})
        for second in range(0, 6 * 3600 + 1, 20):
            walked.advance(NOON + timedelta(seconds=second), {})
        ends = [home.live_status()["energy_left"] for home in (jumped, walked)]
        assert ends[0] == pytest.approx(ends[1], rel=0.005)

    def test_the_same_seed_lives_the_same_life_and_another_seed_does_not(self) -> None:
        lives = [site(seed=seed) for seed in (1, 1, 2)]
        for home in lives:
            home.advance(NOON + timedelta(hours=5), {})
        first, same, other = (home.live_status() for home in lives)
        assert first == same
        assert first["solar_power"] != other["solar_power"]

    def test_time_never_runs_backwards(self) -> None:
        home = site()
        home.advance(NOON - timedelta(hours=3), {})
        assert home.live_status()["timestamp"] == "2026-06-15T12:00:00+02:00"


class TestFaults:
    def test_a_dead_gateway_has_no_live_data_but_the_cloud_knows_the_settings(self) -> None:
        home = site()
        home.force(dead_gateway=True)
        with pytest.raises(GatewayDead):
            home.live_status()
        assert home.site_info()["site_name"] == "Home"

    def test_fields_can_be_missing_or_null(self) -> None:
        home = site()
        home.force(missing=["energy_left"], null=["wall_connectors"])
        now = home.live_status()
        assert "energy_left" not in now
        assert now["wall_connectors"] is None

    def test_an_unknown_force_is_refused_by_name(self) -> None:
        with pytest.raises(BadParameter, match="grid_dwon"):
            site().force(grid_dwon=True)

    def test_backup_time_is_energy_left_over_load(self) -> None:
        home = site(NIGHT)
        home.force(percentage=50, house_watts=1350)
        assert home.backup_time_remaining() == {"time_remaining_hours": 10.0}
