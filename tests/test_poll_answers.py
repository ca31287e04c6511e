"""What polling makes of answers: a site's own day, its time zone, and answers that are not what they should be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes import FakeClock
from hypothesis import given, settings, strategies as st
from odd_answers import ODD, anything
from polled import CAR, CONNECTOR, DIN, OTHER_CAR, OTHER_VIN, SITE, VIN, Account, polling

from bridge.pace import Pace

# (zone, a moment of the day, its window): 23, 25, 23.5, 24.5 and 24 hours
WINDOWS = [
    ("Europe/Berlin", "2026-03-29T10:00", "2026-03-29T00:00:00+01:00", "2026-03-29T23:59:59+02:00"),
    ("Europe/Berlin", "2026-10-25T22:59", "2026-10-25T00:00:00+02:00", "2026-10-25T23:59:59+01:00"),
    ("America/New_York", "2026-03-08T10:00", "2026-03-08T00:00:00-05:00", "2026-03-08T23:59:59-04:00"),
    ("America/New_York", "2026-11-02T04:59", "2026-11-01T00:00:00-04:00", "2026-11-01T23:59:59-05:00"),
    ("Australia/Lord_Howe", "2026-10-03T20:00", "2026-10-04T00:00:00+10:30", "2026-10-04T23:59:59+11:00"),
    ("Australia/Lord_Howe", "2026-04-04T20:00", "2026-04-05T00:00:00+11:00", "2026-04-05T23:59:59+10:30"),
    ("Asia/Kolkata", "2026-12-31T18:29", "2026-12-31T00:00:00+05:30", "2026-12-31T23:59:59+05:30"),
    ("Asia/Kolkata", "2026-12-31T18:30", "2027-01-01T00:00:00+05:30", "2027-01-01T23:59:59+05:30"),
]


@pytest.mark.parametrize(("zone", "now", "start", "end"), WINDOWS)
async def test_history_is_asked_for_the_day_where_the_site_stands(zone: str, now: str, start: str, end: str) -> None:
    """Reliability E5."""
    account = Account(FakeClock(datetime.fromisoformat(now).replace(tzinfo=UTC)))
    account.site(SITE.id, zone)
    async with polling(account) as house:
        await house.passes(0)
    (asked,) = (each for each in account.asked if each.name == "energy_history")
    assert asked.given == {"start": start, "end": end, "period": "day", "zone": zone}


async def test_the_days_of_a_clock_change_are_summed_exactly() -> None:
    """Each day begins at zero and ends with as many buckets as it has hours."""
    account = Account(FakeClock(datetime(2026, 10, 24, 21, 55, tzinfo=UTC)))  # Berlin: Saturday, 23:55
    account.site(SITE.id)
    buckets: list[dict[str, Any]] = []
    account.answers["energy_history", SITE.id] = lambda: {"time_series": buckets}
    ends: dict[str, float] = {}
    async with polling(account, Pace(live=1e6, info=1e6, products=1e6, history=150)) as house:
        for _ in range(28 * 12):
            stamp = house.clock.now().astimezone(UTC).isoformat()
            buckets.append({"timestamp": stamp, "solar_energy_exported": 10})
            await house.passes(300)
            day, produced = house.value(SITE, "history_period_start"), house.value(SITE, "solar_energy_exported")
            ends[str(day)] = max(produced, ends.get(str(day), 0))
    assert list(ends.values()) == [10, 25 * 12 * 10, (28 - 25) * 12 * 10 - 10]


async def test_a_site_without_a_zone_is_asked_in_utc_until_its_history_names_one() -> None:
    account = Account(FakeClock())
    account.site(SITE.id, None)

    def history() -> Any:
        account.clock.advance(0.5)  # as long as an answer takes
        return {"installation_time_zone": "Asia/Kolkata", "time_series": []}

    account.answers["energy_history", SITE.id] = history
    async with polling(account) as house:
        await house.passes(60)
    zones = [asked.given["zone"] for asked in account.asked if asked.name == "energy_history"]
    assert zones == ["UTC", "Asia/Kolkata"]


async def test_two_names_of_one_zone_do_not_chase_each_other() -> None:
    account = Account(FakeClock())
    account.site(SITE.id, "America/Los_Angeles")
    account.answers["energy_history", SITE.id] = {"installation_time_zone": "US/Pacific", "time_series": []}
    async with polling(account) as house:
        await house.passes(3600)
    assert len(account.times("energy_history", SITE.id)) <= 14


# --- odd answers ------------------------------------------------------------------------------------------


@pytest.fixture
def account() -> Account:
    """A car and a site that answer well; beside them stand those that do not."""
    account = Account(FakeClock())
    account.car(VIN)
    account.car(OTHER_VIN)
    account.site(SITE.id, wall_connectors=[{"din": DIN, "wall_connector_power": 7000}])
    return account


async def _all_is_well(account: Account) -> None:
    async with polling(account) as house:
        await house.passes(120)
        assert house.trouble == {}
        assert {CAR, SITE, CONNECTOR} <= house.devices
        assert house.value(CAR, "battery_level") == 80
        assert (house.value(SITE, "battery_power"), house.value(CONNECTOR, "power")) == (1000, 7000)


@pytest.mark.case("F16")
@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("call", ["products", "vehicles"])
async def test_an_odd_entry_of_a_list_costs_only_itself(account: Account, call: str, odd: Any) -> None:
    sound = await account.products() if call == "products" else await account.vehicles()
    entries = [odd, {"vin": odd}, {"energy_site_id": odd}, {"vin": OTHER_VIN, "state": odd, "display_name": odd}]
    account.answers[call, ""] = [*entries, *sound, *entries]
    await _all_is_well(account)


@pytest.mark.case("F16")
@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_an_odd_group_of_a_car_costs_only_itself(account: Account, odd: Any) -> None:
    sound = account.answers["vehicle_data", VIN]
    account.answers["vehicle_data", VIN] = {
        **sound,
        "state": odd,
        "drive_state": odd,
        "climate_state": {"timestamp": odd, "inside_temp": odd},
        "vehicle_state": {"timestamp": odd, "odometer": odd, "software_update": odd},
        "vehicle_config": odd,
    }
    await _all_is_well(account)


@pytest.mark.case("F16")
@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_an_odd_field_of_a_site_costs_only_itself(account: Account, odd: Any) -> None:
    live = account.answers["live_status", SITE.id]
    connectors = [odd, {"din": odd}, {"din": f"{DIN}x", "wall_connector_power": odd}, *live["wall_connectors"]]
    changed = {"timestamp": odd, "solar_power": odd, "grid_status": odd, "wall_connectors": connectors}
    account.answers["live_status", SITE.id] = {**live, **changed}
    account.answers["site_info", SITE.id] = {
        "installation_time_zone": odd,
        "components": odd,
        "backup_reserve_percent": odd,
        "tariff_content_v2": odd,
    }
    account.answers["energy_history", SITE.id] = {"installation_time_zone": odd, "time_series": odd}
    await _all_is_well(account)


async def test_a_car_whose_whole_answer_is_empty_keeps_its_place(account: Account) -> None:
    account.answers["vehicle_data", OTHER_VIN] = {}
    async with polling(account) as house:
        await house.passes(120)
        assert OTHER_CAR in house.devices
        assert (house.value(OTHER_CAR, "connectivity"), house.value(OTHER_CAR, "battery_level")) == ("online", None)
        assert house.trouble == {}


KEYS = [
    "vin",
    "state",
    "timestamp",
    "din",
    "components",
    "wall_connectors",
    "installation_time_zone",
    "time_series",
    "charge_state",
    "drive_state",
    "vehicle_state",
    "shift_state",
    "energy_site_id",
    "resource_type",
]
bodies = st.dictionaries(
    st.sampled_from(KEYS),
    anything | st.dictionaries(st.sampled_from(["timestamp", "shift_state", "din", "wall_connectors"]), anything),
    max_size=4,
)


@pytest.mark.case("F16")
@settings(max_examples=30, deadline=None)
@given(products=st.lists(anything | bodies, max_size=2), body=bodies, site_body=bodies)
async def test_whatever_is_answered_the_others_are_read(products: list[Any], body: Any, site_body: Any) -> None:
    """Fault case F16: nothing raises, and nothing else is lost."""
    account = Account(FakeClock())
    account.car(VIN)
    account.car(OTHER_VIN)
    account.site(SITE.id)
    account.answers["products", ""] = [*products, *await account.products()]
    account.answers["vehicles", ""] = [*products, *await account.vehicles()]
    account.answers["vehicle_data", OTHER_VIN] = body
    for call in ("live_status", "site_info", "energy_history"):
        account.answers[call, SITE.id] = site_body
    async with polling(account) as house:
        await house.passes(70)
        assert {each.reason for each in house.trouble.values()} == set()
        assert house.value(CAR, "battery_level") == 80
        assert {CAR, OTHER_CAR, SITE} <= house.devices
