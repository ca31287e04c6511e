"""Wall connectors: what is plugged in, and the charges that are over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.simulator.errors import BadParameter
from bridge.simulator.site import EnergySite

START = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
LEFT, RIGHT = "1457768-02-H--B7S23088J08030", "1457768-02-H--E4A23172000137"
VIN = "LRW3F7EK4NC700001"


@pytest.fixture
def home() -> EnergySite:
    return EnergySite(
        site_id=9,
        name="Home",
        seed=4,
        start=START,
        zone="America/Los_Angeles",
        latitude=37.8,
        wall_connectors=(LEFT, RIGHT),
    )


def connectors(home: EnergySite) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = home.live_status()["wall_connectors"]
    return listed


def charges(home: EnergySite, start: str, end: str | None = None) -> list[dict[str, Any]]:
    answer = home.telemetry_history(kind="charge", start=start, end=end, zone=None)
    entries: list[dict[str, Any]] = answer["charge_history"]
    return entries


def test_without_a_car_it_is_unplugged_and_has_no_vin(home: EnergySite) -> None:
    home.advance(START + timedelta(minutes=1), {})
    left, right = connectors(home)
    assert (left["din"], right["din"]) == (LEFT, RIGHT)
    assert left["wall_connector_state"] == 2
    assert left["wall_connector_fault_state"] == 2
    assert left["wall_connector_power"] == 0
    assert "vin" not in left


def test_a_car_that_only_hangs_on_it_is_plugged_in(home: EnergySite) -> None:
    home.advance(START + timedelta(minutes=1), {LEFT: (VIN, 0.0)})
    left, right = connectors(home)
    assert (left["wall_connector_state"], left["vin"]) == (4, VIN)
    assert right["wall_connector_state"] == 2


def test_a_charging_car_draws_its_power_through_the_house(home: EnergySite) -> None:
    home.force(house_watts=400)
    home.advance(START + timedelta(minutes=1), {RIGHT: (VIN, 11_040.4)})
    right = connectors(home)[1]
    assert (right["wall_connector_state"], right["wall_connector_power"]) == (1, 11_040)
    assert home.live_status()["load_power"] == pytest.approx(11_440, abs=2)


def test_a_fault_can_be_forced(home: EnergySite) -> None:
    home.force(wall_connector_fault=7)
    assert [connector["wall_connector_fault_state"] for connector in connectors(home)] == [7, 7]


@pytest.mark.parametrize("then", [{}, {LEFT: (VIN, 0.0)}, {LEFT: ("ANOTHER", 7000.0)}])
def test_a_charge_is_over_when_the_car_stops_leaves_or_changes(home: EnergySite, then: dict[str, Any]) -> None:
    now = START
    for _ in range(90):
        now += timedelta(minutes=1)
        home.advance(now, {LEFT: (VIN, 7000.0)})
    assert charges(home, "2026-06-15T00:00:00-07:00") == []
    home.advance(now + timedelta(minutes=1), then)
    assert charges(home, "2026-06-15T00:00:00-07:00") == [
        {
            "charge_start_time": {"seconds": int(START.timestamp())},
            "charge_duration": {"seconds": 5400},
            "energy_added_wh": pytest.approx(10_500, abs=1),
        }
    ]


def test_the_household_charged_before_the_start_too(home: EnergySite) -> None:
    past = charges(home, "2026-05-15T00:00:00-07:00", "2026-06-15T00:00:00-07:00")
    starts = [entry["charge_start_time"]["seconds"] for entry in past]
    assert len(past) > 5
    assert starts == sorted(starts)
    assert all(entry["energy_added_wh"] > 1000 for entry in past)


def test_a_past_charge_is_part_of_the_past_load(home: EnergySite) -> None:
    charge = charges(home, "2026-05-15T00:00:00-07:00", "2026-06-15T00:00:00-07:00")[-1]
    begin = datetime.fromtimestamp(charge["charge_start_time"]["seconds"], UTC)
    end = begin + timedelta(seconds=charge["charge_duration"]["seconds"])
    answer = home.calendar_history(kind="energy", start=begin.isoformat(), end=end.isoformat(), period="day", zone=None)
    assert answer is not None
    usage = sum(bucket["total_home_usage"] for bucket in answer["time_series"])
    assert usage >= charge["energy_added_wh"]


def test_only_charges_are_told(home: EnergySite) -> None:
    with pytest.raises(BadParameter):
        home.telemetry_history(kind="weather", start=None, end=None, zone=None)
