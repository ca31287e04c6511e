"""Outages and storms: what the battery does for the house, and what the site tells of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.simulator.site import EnergySite

NOON = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
NIGHT = datetime(2026, 6, 15, 22, 0, tzinfo=UTC)
DIN = "1457768-02-H--B7S23088J08030"
VIN = "LRW3F7EK4NC700001"


def site(start: datetime = NOON, batteries: int = 2) -> EnergySite:
    where: dict[str, Any] = {"zone": "Europe/Berlin", "latitude": 52.5, "wall_connectors": (DIN,)}
    return EnergySite(site_id=2_100_000_123, name="Home", seed=7, start=start, batteries=batteries, **where)


class TestOutage:
    def test_the_battery_carries_the_house_and_nothing_flows_to_the_grid(self) -> None:
        home = site(NIGHT)
        home.force(percentage=60, grid_down=True, house_watts=800)
        now = home.live_status()
        assert now["grid_status"] == "Inactive"
        assert now["island_status"] == "off_grid_unintentional"
        assert (now["grid_power"], now["battery_power"], now["load_power"]) == (0, 800, 800)

    def test_the_reserve_is_there_to_be_used(self) -> None:
        home = site(NIGHT)
        home.force(percentage=20, grid_down=True, house_watts=1000)
        home.advance(NIGHT + timedelta(hours=1), {})
        assert home.live_status()["percentage_charged"] < 17

    def test_the_sun_is_curtailed_when_the_battery_is_full(self) -> None:
        home = site()
        home.force(percentage=100, grid_down=True, solar_watts=6000, house_watts=700)
        now = home.live_status()
        assert (now["solar_power"], now["battery_power"], now["load_power"]) == (700, 0, 700)

    def test_an_empty_battery_leaves_the_house_dark_until_the_sun_has_charged_it_a_little(self) -> None:
        home = site(NIGHT)
        home.force(percentage=1, grid_down=True, solar_watts=0, house_watts=2000)
        home.advance(NIGHT + timedelta(hours=1), {})
        dark = home.live_status()
        assert (dark["load_power"], dark["battery_power"], dark["percentage_charged"]) == (0, 0, 0)
        home.force(solar_watts=3000)
        assert home.live_status()["battery_power"] == -3000
        home.advance(NIGHT + timedelta(hours=1, minutes=15), {})
        assert 0 < home.live_status()["percentage_charged"] < 5
        assert home.live_status()["load_power"] == 0
        home.advance(NIGHT + timedelta(hours=2), {})
        assert home.live_status()["load_power"] == 2000

    def test_a_load_beyond_the_batterys_power_is_shed(self) -> None:
        home = site(NIGHT, batteries=1)
        home.force(percentage=80, grid_down=True, solar_watts=0, house_watts=9000)
        assert home.live_status()["load_power"] == 5000

    def test_cars_are_cut_off_below_their_reserve(self) -> None:
        home = site(NIGHT)
        home.force(percentage=25, grid_down=True, house_watts=500)
        home.advance(NIGHT + timedelta(seconds=1), {DIN: (VIN, 7000.0)})
        now = home.live_status()
        assert home.feeds_cars is False
        assert now["load_power"] == 500
        assert now["wall_connectors"][0]["wall_connector_power"] == 0
        assert now["wall_connectors"][0]["wall_connector_state"] == 4

    def test_the_grid_returns(self) -> None:
        home = site(NIGHT)
        home.force(grid_down=True)
        home.force(grid_down=False)
        assert home.live_status()["island_status"] == "on_grid"


class TestStorm:
    def test_the_battery_fills_up_from_the_grid_even_where_that_is_disallowed(self) -> None:
        home = site(NIGHT)
        home.write("grid_import_export", {"disallow_charge_from_grid_with_solar_installed": True}, NIGHT)
        home.force(storm=True, percentage=70)
        now = home.live_status()
        assert now["storm_mode_active"] is True
        assert now["battery_power"] == -10_000
        home.advance(NIGHT + timedelta(hours=2), {})
        assert home.live_status()["percentage_charged"] == 100

    def test_the_event_is_listed_with_its_times(self) -> None:
        home = site()
        home.force(storm=True)
        (event,) = home.live_status()["storm_mode_states"]
        assert event["start_time"] == "2026-06-15T12:00:00+02:00"
        assert event["end_time"] == "2026-06-16T12:00:00+02:00"
        assert event["opted_out"] is False

    def test_an_owner_without_storm_mode_is_opted_out(self) -> None:
        home = site()
        home.write("storm_mode", {"enabled": False}, NOON)
        home.force(storm=True)
        now = home.live_status()
        assert now["storm_mode_active"] is False
        assert now["storm_mode_states"][0]["opted_out"] is True

    def test_a_storm_passes(self) -> None:
        home = site()
        home.force(storm=True)
        home.advance(NOON + timedelta(hours=25), {})
        now = home.live_status()
        assert (now["storm_mode_active"], now["storm_mode_states"]) == (False, [])
