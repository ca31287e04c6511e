"""Devices come and go without a restart, and a glitch of the list removes nothing (reliability.md B10)."""

from __future__ import annotations

import pytest
from fakes import FakeClock
from polled import CAR, CONNECTOR, DIN, DRIVING, OTHER_CAR, OTHER_VIN, SITE, VIN, Account, polling

from bridge.errors import ServerFailed
from bridge.pace import Pace

SLOW = Pace(state=3600, parked=1e6, live=3600, info=3600, history=3600)
"""Nothing is asked more often than it must be: days go by."""


@pytest.fixture
def account() -> Account:
    return Account(FakeClock())


@pytest.mark.case("F19")
async def test_a_new_device_appears_without_a_restart(account: Account) -> None:
    account.car(VIN)
    async with polling(account) as house:
        await house.passes(100)
        assert house.devices == {CAR}
        account.car(OTHER_VIN)
        account.site(SITE.id)
        await house.passes(3600)
        assert house.devices == {CAR, OTHER_CAR, SITE}
    assert (house.value(OTHER_CAR, "battery_level"), house.value(SITE, "battery_power")) == (80, 1000)


@pytest.mark.case("F19")
async def test_a_device_is_gone_when_every_list_of_a_day_has_left_it_out(account: Account) -> None:
    """Reliability B10."""
    account.car(VIN, "asleep")
    account.car(OTHER_VIN, "asleep")
    async with polling(account, SLOW) as house:
        await house.passes(0)
        del account.states[VIN]
        await house.passes(24 * 3600)
        assert house.devices == {CAR, OTHER_CAR}
        await house.passes(2 * 3600)
        assert house.devices == {OTHER_CAR}
        asked = account.times("vehicle_data", VIN)
        account.car(VIN)
        await house.passes(3600)
        assert house.devices == {CAR, OTHER_CAR}
    assert len(account.times("vehicle_data", VIN)) > len(asked)


@pytest.mark.case("F19")
async def test_a_device_that_is_listed_now_and_then_stays(account: Account) -> None:
    account.car(VIN, "asleep")
    account.answers["products", ""] = [{"vin": VIN, "state": "asleep"}]
    async with polling(account, SLOW) as house:
        for _ in range(3):
            account.answers["products", ""] = []
            await house.passes(23 * 3600)
            account.answers["products", ""] = [{"vin": VIN, "state": "asleep"}]
            await house.passes(3600)
        assert house.devices == {CAR}


@pytest.mark.case("F19")
async def test_a_list_in_another_order_or_with_doubles_is_the_same_account(account: Account) -> None:
    """Fault case F19."""
    account.car(VIN, "asleep")
    account.car(OTHER_VIN, "asleep")
    async with polling(account) as house:
        await house.passes(0)
        listed = await account.products()
        account.answers["products", ""] = [*listed[::-1], *listed, {"vin": None}]
        await house.passes(3600)
        assert [len(roster.devices) for roster in house.rosters] == [2, 2]
        assert house.devices == {CAR, OTHER_CAR}


@pytest.mark.case("F19")
async def test_three_empty_lists_remove_nothing(account: Account) -> None:
    account.car(VIN, drive_state=DRIVING)
    account.site(SITE.id, wall_connectors=[{"din": DIN}])
    async with polling(account) as house:
        await house.passes(0)
        account.answers["products", ""] = []
        await house.passes(3 * 3600)
        assert len(account.times("products")) == 4
        assert house.devices == {CAR, SITE, CONNECTOR}
        before = len(account.times("vehicle_data", VIN))
        await house.passes(600)
    assert len(account.times("vehicle_data", VIN)) == before + 10


@pytest.mark.case("F19")
async def test_one_empty_list_after_two_days_without_any_removes_nothing(account: Account) -> None:
    """Only lists that came count, not the time in which none did."""
    account.car(VIN, "asleep")
    async with polling(account, SLOW) as house:
        await house.passes(0)
        account.answers["products", ""] = ServerFailed("503")
        await house.passes(48 * 3600)
        account.answers["products", ""] = []
        await house.passes(3600)
        assert house.devices == {CAR}


@pytest.mark.case("F19")
async def test_a_wall_connector_is_found_where_it_is_first_seen(account: Account) -> None:
    account.site(SITE.id, wall_connectors=[{"din": DIN, "wall_connector_power": 7000}])
    async with polling(account) as house:
        await house.passes(0)
        assert house.devices == {SITE, CONNECTOR}
        (connector,) = (device for device in house.rosters[-1].devices if device.at == CONNECTOR)
        assert connector.via == SITE
        assert house.value(CONNECTOR, "power") == 7000
        announced = len(house.rosters)
        await house.passes(3000)
    assert len(house.rosters) == announced


@pytest.mark.case("F19")
async def test_a_site_that_is_gone_takes_its_wall_connectors_along(account: Account) -> None:
    account.site(SITE.id, wall_connectors=[{"din": DIN}])
    account.car(VIN, "asleep")
    async with polling(account, SLOW) as house:
        await house.passes(0)
        account.sites.clear()
        await house.passes(26 * 3600)
        assert house.devices == {CAR}
        asked = len(account.times("live_status", SITE.id))
        await house.passes(7200)
    assert len(account.times("live_status", SITE.id)) == asked
