"""Polling on request, and only while somebody listens; whatever the wall clock does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fakes import FakeClock
from polled import CAR, CONNECTOR, DRIVING, OTHER_VIN, PARKED, SITE, START, VIN, Account, polling

from bridge.errors import ServerFailed
from bridge.pace import Pace

SLOW = Pace(live=3600, info=3600, history=3600)


@pytest.fixture
def account() -> Account:
    return Account(FakeClock())


async def test_a_wish_brings_one_call_soon(account: Account) -> None:
    account.car(VIN, drive_state=PARKED)
    async with polling(account) as house:
        await house.passes(600)
        before = len(account.times("vehicle_data", VIN))
        for _ in range(100):
            house.poller.want(CAR)
            await house.passes(0.01)
        house.poller.want(CAR, after=3)
        await house.passes(300)
        assert len(account.times("vehicle_data", VIN)) - before == 2


async def test_a_car_whose_polling_is_off_is_read_on_wish_only(account: Account) -> None:
    """Whether it sleeps is looked at all the same: that is free, and does not reach it."""
    account.car(VIN, drive_state=DRIVING)
    async with polling(account) as house:
        await house.passes(600)
        house.is_polled = False
        await house.passes(60)
        before, looks = len(account.times("vehicle_data", VIN)), len(account.times("vehicles"))
        await house.passes(7200)
        assert len(account.times("vehicle_data", VIN)) == before
        assert len(account.times("vehicles")) > looks
        for _ in range(10):
            house.poller.want(CAR)
            await house.passes(0.5)
        await house.passes(600)
        assert len(account.times("vehicle_data", VIN)) == before + 2


async def test_a_car_whose_polling_is_off_is_not_read_because_somebody_signs_in(account: Account) -> None:
    account.car(VIN, drive_state=PARKED)
    async with polling(account) as house:
        house.is_polled = False
        await house.passes(60)
        house.poller.look_again()
        await house.passes(600)
    assert account.times("vehicle_data", VIN) == []


async def test_polling_that_is_switched_on_begins_at_once(account: Account) -> None:
    account.car(VIN, drive_state=DRIVING)
    async with polling(account) as house:
        house.is_polled = False
        await house.passes(600)
        assert account.times("vehicle_data", VIN) == []
        house.is_polled = True
        house.poller.changed(CAR)
        await house.passes(130)
        assert len(account.times("vehicle_data", VIN)) >= 2


async def test_a_sleeping_car_whose_polling_is_off_is_not_read_even_on_wish(account: Account) -> None:
    account.car(VIN, "asleep")
    async with polling(account) as house:
        house.is_polled = False
        await house.passes(60)
        house.poller.want(CAR)
        await house.passes(3600)
        assert account.times("vehicle_data", VIN) == []


@pytest.mark.parametrize("state", ["asleep", "offline", None])
async def test_a_wish_for_a_car_out_of_reach_is_not_paid_for_days_later(account: Account, state: str | None) -> None:
    account.car(VIN, state)
    async with polling(account) as house:
        house.is_polled = False
        await house.passes(60)
        house.poller.want(CAR)
        await house.passes(3 * 86_400)
        account.states[VIN] = "online"
        await house.passes(120)
    assert account.times("vehicle_data", VIN) == []


async def test_a_car_that_a_command_has_woken_is_read_once_the_list_shows_it(account: Account) -> None:
    """The command is done before the list is looked at again."""
    account.car(VIN, "asleep")
    async with polling(account) as house:
        house.is_polled = False
        await house.passes(61)
        account.states[VIN] = "online"
        house.poller.want(CAR, after=3)
        await house.passes(60)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [90]


async def test_of_many_wishes_for_later_the_last_one_counts(account: Account) -> None:
    """A car is looked at three seconds after the last of several commands."""
    account.car(VIN, drive_state=PARKED)
    async with polling(account) as house:
        await house.passes(600)
        before = len(account.times("vehicle_data", VIN))
        for _ in range(5):
            house.poller.want(CAR, after=3)
            await house.passes(2)
        assert len(account.times("vehicle_data", VIN)) == before
        await house.passes(2)
        assert len(account.times("vehicle_data", VIN)) == before + 1


async def test_a_wish_for_a_site_brings_all_of_its_calls(account: Account) -> None:
    account.site(SITE.id)
    calls = ("live_status", "site_info", "energy_history")
    async with polling(account, SLOW) as house:
        await house.passes(600)
        before = [len(account.times(name, SITE.id)) for name in calls]
        house.poller.want(SITE)
        await house.passes(1)
    assert [len(account.times(name, SITE.id)) for name in calls] == [count + 1 for count in before]


async def test_a_wish_wakes_nobody_and_troubles_nobody_else(account: Account) -> None:
    account.car(VIN, "asleep")
    account.car(OTHER_VIN, drive_state=PARKED)
    async with polling(account) as house:
        await house.passes(600)
        before = len(account.asked)
        house.poller.want(CAR)
        house.poller.want(CONNECTOR)
        await house.passes(25)
    assert {asked.name for asked in account.asked[before:]} <= {"vehicles"}


async def test_a_wish_that_comes_while_a_call_is_on_its_way_is_served_by_the_next(account: Account) -> None:
    account.car(VIN, drive_state=PARKED)
    async with polling(account) as house:
        await house.passes(600)
        slow = asyncio.get_running_loop().create_future()
        sound, account.answers["vehicle_data", VIN] = account.answers["vehicle_data", VIN], slow
        house.poller.want(CAR)
        await house.passes(1)
        house.poller.want(CAR, after=1)
        account.answers["vehicle_data", VIN] = sound
        slow.set_result(sound)
        await house.passes(10)
    assert [at - START for at in account.times("vehicle_data", VIN)][-2:] == [600, 611]


async def test_a_wish_outlives_a_failure(account: Account) -> None:
    account.car(VIN, drive_state=PARKED)
    async with polling(account) as house:
        await house.passes(600)
        sound, account.answers["vehicle_data", VIN] = account.answers["vehicle_data", VIN], ServerFailed("503")
        house.poller.want(CAR)
        await house.passes(1)
        account.answers["vehicle_data", VIN] = sound
        await house.passes(15)
        assert [at - START for at in account.times("vehicle_data", VIN)][-2:] == [600, 615]


# --- who listens ------------------------------------------------------------------------------------------


async def test_nothing_is_asked_while_nobody_listens(account: Account) -> None:
    """Reading for nobody costs money (reliability.md D5)."""
    account.car(VIN, drive_state=DRIVING)
    account.site(SITE.id)
    async with polling(account, listening=False) as house:
        await house.passes(3600)
        assert account.asked == []
        house.listening.set()
        await house.passes(0)
        assert house.value(CAR, "battery_level") == 80
        house.listening.clear()
        await house.passes(3600)
        asked = len(account.asked)
        await house.passes(3600)
    assert len(account.asked) == asked


async def test_after_a_long_silence_the_list_is_asked_before_the_car(account: Account) -> None:
    """It may have fallen asleep since, and a 408 is billed."""
    account.car(VIN, drive_state=DRIVING)
    async with polling(account) as house:
        await house.passes(100)
        house.listening.clear()
        await house.passes(3600)
        account.states[VIN] = "asleep"
        before = len(account.times("vehicle_data", VIN))
        house.listening.set()
        await house.passes(3600)
    assert len(account.times("vehicle_data", VIN)) == before
    assert house.value(CAR, "connectivity") == "asleep"


@pytest.mark.parametrize(
    "jump", [timedelta(days=-20_000), timedelta(hours=-1), timedelta(hours=1), timedelta(days=730)]
)
async def test_a_jump_of_the_wall_clock_neither_stops_nor_hurries_anything(account: Account, jump: timedelta) -> None:
    """Fault case F6."""
    account.car(VIN, drive_state=DRIVING)
    async with polling(account) as house:
        await house.passes(300)
        house.clock.set_wall(house.clock.now() + jump)
        account.answers["vehicle_data", VIN] = {"charge_state": {"battery_level": 79}, "drive_state": DRIVING}
        await house.passes(300)
        assert house.value(CAR, "battery_level") == 79
        house.clock.set_wall(house.clock.now() - jump)
        await house.passes(300)
    assert account.times("vehicle_data", VIN) == [START + 60 * number for number in range(16)]
