"""What an owner can set, how Tesla answers, and what the battery then does."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.simulator.errors import BadParameter
from bridge.simulator.site import EnergySite
from bridge.simulator.site_tariff_default import TIME_OF_USE

# Berlin: 03:00 is cheap, 12:00 is in the middle, 18:00 is peak by the default tariff.
CHEAP = datetime(2026, 6, 15, 1, 0, tzinfo=UTC)
NOON = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
PEAK = datetime(2026, 6, 15, 16, 0, tzinfo=UTC)
NO_GRID_CHARGING = {"disallow_charge_from_grid_with_solar_installed": True}


def site(start: datetime = NOON, **options: Any) -> EnergySite:
    defaults: dict[str, Any] = {
        "site_id": 1,
        "name": "Home",
        "seed": 3,
        "start": start,
        "zone": "Europe/Berlin",
        "latitude": 52.5,
    }
    home = EnergySite(**defaults | options)
    home.force(percentage=50, solar_watts=0, house_watts=1000)
    return home


def powers(home: EnergySite) -> tuple[int, int, int]:
    now = home.live_status()
    return now["solar_power"], now["battery_power"], now["grid_power"]


class TestAnswers:
    @pytest.mark.parametrize(
        ("path", "body", "field", "value"),
        [
            ("backup", {"backup_reserve_percent": 35}, "backup_reserve_percent", 35),
            ("operation", {"default_real_mode": "autonomous"}, "default_real_mode", "autonomous"),
            (
                "off_grid_vehicle_charging_reserve",
                {"off_grid_vehicle_charging_reserve_percent": 55},
                "off_grid_vehicle_charging_reserve_percent",
                55,
            ),
        ],
    )
    def test_a_write_is_acknowledged_and_shows_after_the_lag(
        self, path: str, body: dict[str, Any], field: str, value: object
    ) -> None:
        home = site()
        before = home.site_info()[field]
        assert home.write(path, body, NOON) == {"code": 201, "message": "Updated"}
        assert home.site_info()[field] == before
        home.advance(NOON + timedelta(seconds=4), {})
        assert home.site_info()[field] == value

    def test_storm_mode_shows_in_the_user_settings_and_in_the_products_entry(self) -> None:
        home = site()
        home.write("storm_mode", {"enabled": False}, NOON)
        home.advance(NOON + timedelta(seconds=4), {})
        assert home.site_info()["user_settings"]["storm_mode_enabled"] is False
        assert home.product()["storm_mode_enabled"] is False

    def test_grid_charging_is_present_only_when_disallowed(self) -> None:
        home = site()
        key = "disallow_charge_from_grid_with_solar_installed"
        assert key not in home.site_info()["components"]
        assert home.write("grid_import_export", {key: True}, NOON) == ""
        home.advance(NOON + timedelta(seconds=4), {})
        assert home.site_info()["components"][key] is True
        home.write("grid_import_export", {key: False}, NOON + timedelta(seconds=4))
        home.advance(NOON + timedelta(seconds=8), {})
        assert key not in home.site_info()["components"]

    def test_the_export_rule_is_absent_until_it_was_set(self) -> None:
        home = site()
        assert "customer_preferred_export_rule" not in home.site_info()["components"]
        home.write("grid_import_export", {"customer_preferred_export_rule": "pv_only"}, NOON)
        home.advance(NOON + timedelta(seconds=4), {})
        assert home.site_info()["components"]["customer_preferred_export_rule"] == "pv_only"

    def test_a_tariff_shows_in_both_versions(self) -> None:
        home = site()
        tariff = {**TIME_OF_USE, "code": "MINE"}
        home.write("time_of_use_settings", {"tou_settings": {"tariff_content_v2": tariff}}, NOON)
        home.advance(NOON + timedelta(seconds=4), {})
        info = home.site_info()
        assert info["tariff_content_v2"] == tariff
        assert info["tariff_id"] == "MINE"
        assert info["tariff_content"]["energy_charges"]["Summer"]["ON_PEAK"] == 0.42
        assert info["tariff_content"]["seasons"]["Summer"]["tou_periods"]["ON_PEAK"][0]["fromHour"] == 16

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("backup", {}),
            ("backup", {"backup_reserve_percent": 101}),
            ("backup", {"backup_reserve_percent": -1}),
            ("backup", {"backup_reserve_percent": "20"}),
            ("backup", {"backup_reserve_percent": True}),
            ("operation", {"default_real_mode": "turbo"}),
            ("operation", {"default_real_mode": ["backup"]}),
            ("storm_mode", {"enabled": "yes"}),
            ("grid_import_export", {}),
            ("grid_import_export", {"customer_preferred_export_rule": "sometimes"}),
            ("grid_import_export", {"disallow_charge_from_grid_with_solar_installed": 1}),
            ("time_of_use_settings", {"tou_settings": {}}),
            ("time_of_use_settings", {"tou_settings": {"tariff_content_v2": []}}),
            ("time_of_use_settings", {"tou_settings": {"tariff_content_v2": {"seasons": {}}}}),
            ("self_destruct", {}),
        ],
    )
    def test_a_bad_body_is_refused(self, path: str, body: dict[str, Any]) -> None:
        with pytest.raises(BadParameter):
            site().write(path, body, NOON)

    def test_a_tariff_with_a_broken_period_is_refused(self) -> None:
        tariff = copy.deepcopy(TIME_OF_USE)
        tariff["seasons"]["Summer"]["tou_periods"]["ON_PEAK"]["periods"][0]["fromHour"] = 25
        with pytest.raises(BadParameter):
            site().write("time_of_use_settings", {"tou_settings": {"tariff_content_v2": tariff}}, NOON)

    def test_a_site_without_powerwalls_has_nothing_to_set(self) -> None:
        with pytest.raises(BadParameter, match="no Powerwall"):
            site(batteries=0).write("backup", {"backup_reserve_percent": 20}, NOON)

    def test_newer_firmware_refuses_reserves_from_81_to_99_inside_a_200(self) -> None:
        home = site()
        home.force(high_reserve="refused")
        answer = home.write("backup", {"backup_reserve_percent": 90}, NOON)
        assert isinstance(answer, dict)
        assert answer["code"] == 400
        home.advance(NOON + timedelta(seconds=4), {})
        assert home.site_info()["backup_reserve_percent"] == 20
        assert home.write("backup", {"backup_reserve_percent": 100}, NOON) == {
            "code": 201,
            "message": "Updated",
        }

    @pytest.mark.parametrize(
        ("rule", "asked", "shown"),
        [("kept", 90, 90), ("snapped", 90, 80), ("snapped", 100, 100), ("snapped", 80, 80), ("capped", 100, 80)],
    )
    def test_a_high_reserve_is_kept_or_snapped(self, rule: str, asked: int, shown: int) -> None:
        home = site()
        home.force(high_reserve=rule)
        assert home.write("backup", {"backup_reserve_percent": asked}, NOON) == {"code": 201, "message": "Updated"}
        home.advance(NOON + timedelta(seconds=4), {})
        assert home.site_info()["backup_reserve_percent"] == shown

    def test_grid_charging_that_the_installer_has_not_enabled_is_taken_and_not_done(self) -> None:
        home = site()
        home.write("grid_import_export", NO_GRID_CHARGING, NOON)
        home.force(no_grid_charging=True)
        allow = {"disallow_charge_from_grid_with_solar_installed": False, "customer_preferred_export_rule": "never"}
        assert home.write("grid_import_export", allow, NOON) == ""
        home.advance(NOON + timedelta(seconds=4), {})
        components = home.site_info()["components"]
        assert components["disallow_charge_from_grid_with_solar_installed"] is True
        assert components["customer_preferred_export_rule"] == "never"

    def test_a_refusal_can_be_forced(self) -> None:
        home = site()
        home.force(refuse_writes=["operation"])
        answer = home.write("operation", {"default_real_mode": "backup"}, NOON)
        assert answer == {"code": 400, "message": "operation is not allowed"}
        assert home.write("storm_mode", {"enabled": False}, NOON) == {"code": 201, "message": "Updated"}

    def test_ignored_writes_are_acknowledged_and_change_nothing(self) -> None:
        home = site()
        home.force(ignore_writes=1)
        assert home.write("backup", {"backup_reserve_percent": 70}, NOON) == {
            "code": 201,
            "message": "Updated",
        }
        home.advance(NOON + timedelta(seconds=4), {})
        assert home.site_info()["backup_reserve_percent"] == 20
        home.write("backup", {"backup_reserve_percent": 70}, NOON)
        home.advance(NOON + timedelta(seconds=8), {})
        assert home.site_info()["backup_reserve_percent"] == 70


class TestSelfConsumption:
    def test_the_battery_covers_the_house(self) -> None:
        assert powers(site()) == (0, 1000, 0)

    def test_the_battery_takes_the_sun_and_the_grid_gets_what_is_left(self) -> None:
        home = site(batteries=1)
        home.force(solar_watts=8000)
        assert powers(home) == (8000, -5000, -2000)

    def test_the_grid_takes_over_at_the_reserve(self) -> None:
        home = site()
        home.force(percentage=20)
        assert powers(home) == (0, 0, 1000)

    def test_a_raised_reserve_charges_gently_from_the_grid_at_once(self) -> None:
        home = site()
        home.write("backup", {"backup_reserve_percent": 80}, NOON)
        assert powers(home) == (0, -3400, 4400)
        levels = []
        for minute in range(240):
            home.advance(NOON + timedelta(minutes=minute), {})
            levels.append(home.live_status()["percentage_charged"])
        assert levels[-1] == pytest.approx(80, abs=0.01)
        assert max(levels) < 80.01, "it does not swing around the reserve"

    def test_a_raised_reserve_waits_for_the_sun_where_grid_charging_is_disallowed(self) -> None:
        home = site()
        home.write("grid_import_export", NO_GRID_CHARGING, NOON)
        home.write("backup", {"backup_reserve_percent": 80}, NOON)
        assert powers(home) == (0, 0, 1000)
        home.force(solar_watts=3000)
        assert powers(home) == (3000, -2000, 0)

    def test_never_exporting_curtails_the_sun(self) -> None:
        home = site()
        home.force(percentage=100, solar_watts=6000)
        assert powers(home) == (6000, 0, -5000)
        home.write("grid_import_export", {"customer_preferred_export_rule": "never"}, NOON)
        assert powers(home) == (1000, 0, 0)


class TestBackup:
    def test_the_battery_fills_up_and_holds(self) -> None:
        home = site()
        home.write("operation", {"default_real_mode": "backup"}, NOON)
        assert powers(home) == (0, -10_000, 11_000)
        home.advance(NOON + timedelta(hours=3), {})
        assert home.live_status()["percentage_charged"] == 100
        assert powers(home) == (0, 0, 1000)


class TestTimeBased:
    def autonomous(self, start: datetime, **rules: object) -> EnergySite:
        home = site(start)
        home.write("operation", {"default_real_mode": "autonomous"}, start)
        if rules:
            home.write("grid_import_export", rules, start)
        return home

    def test_cheap_power_is_stored(self) -> None:
        assert powers(self.autonomous(CHEAP)) == (0, -10_000, 11_000)

    def test_cheap_power_serves_the_house_where_grid_charging_is_disallowed(self) -> None:
        assert powers(self.autonomous(CHEAP, **NO_GRID_CHARGING)) == (0, 0, 1000)

    def test_in_between_the_battery_covers_the_house(self) -> None:
        assert powers(self.autonomous(NOON)) == (0, 1000, 0)

    def test_the_peak_is_sold_into(self) -> None:
        assert powers(self.autonomous(PEAK)) == (0, 10_000, -9000)

    def test_only_the_sun_is_sold_by_the_rule_pv_only(self) -> None:
        home = self.autonomous(PEAK, customer_preferred_export_rule="pv_only")
        assert powers(home) == (0, 1000, 0)

    def test_the_peak_leaves_the_reserve_alone(self) -> None:
        home = self.autonomous(PEAK)
        home.advance(PEAK + timedelta(hours=2), {})
        assert home.live_status()["percentage_charged"] == pytest.approx(20, abs=0.1)

    def test_a_new_tariff_moves_the_peak(self) -> None:
        home = self.autonomous(NOON)
        tariff = copy.deepcopy(TIME_OF_USE)
        periods = tariff["seasons"]["Summer"]["tou_periods"]
        periods["ON_PEAK"]["periods"] = [{"toDayOfWeek": 6, "fromHour": 11, "toHour": 13}]
        home.write("time_of_use_settings", {"tou_settings": {"tariff_content_v2": tariff}}, NOON)
        assert powers(home) == (0, 10_000, -9000)
