"""Polling: what is asked when, of whom, and what one failure costs the others."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes import NOON, FakeClock
from polled import CAR, CONNECTOR, DIN, OTHER_CAR, OTHER_VIN, SITE, VIN, Account, polling

from bridge.errors import (
    AccessDenied,
    BridgeError,
    CallWrong,
    NotSent,
    RateLimited,
    ServerFailed,
    SignInRequired,
    VehicleUnavailable,
)
from bridge.schedule import Pace
from bridge.sources.poll import DATA_GROUPS

PARKED = {"drive_state": {"shift_state": None}}
DRIVING = {"drive_state": {"shift_state": "D"}}
START = 1000.0
"""Where a FakeClock's elapsed time begins."""

SLOW = Pace(state=3600, parked=1e6, live=3600, info=3600, history=3600)
"""For tests of days: nothing is asked more often than it must be."""


@pytest.fixture
def account() -> Account:
    return Account(FakeClock())


# --- cars -------------------------------------------------------------------------------------------------


async def test_the_free_list_is_asked_first_and_data_only_of_cars_that_are_online(account: Account) -> None:
    account.car(VIN)
    account.car(OTHER_VIN, "asleep")
    async with polling(account) as house:
        await house.passes(0)
        assert [(asked.name, asked.about) for asked in account.asked] == [("products", ""), ("vehicle_data", VIN)]
        await house.passes(3600)
    assert account.times("vehicle_data", OTHER_VIN) == []
    assert (house.value(CAR, "connectivity"), house.value(CAR, "battery_level")) == ("online", 80)
    assert (house.value(OTHER_CAR, "connectivity"), house.value(OTHER_CAR, "battery_level")) == ("asleep", None)


@pytest.mark.parametrize("state", ["asleep", "offline", None, "driving", 5])
async def test_a_car_is_left_alone_until_the_list_says_online(account: Account, state: Any) -> None:
    account.car(VIN)
    account.states[VIN] = state
    async with polling(account) as house:
        await house.passes(86_400 / 24)
        assert account.times("vehicle_data", VIN) == []
        account.states[VIN] = "online"
        await house.passes(30)
        assert len(account.times("vehicle_data", VIN)) == 1


async def test_the_list_is_looked_at_for_all_cars_together(account: Account) -> None:
    account.car(VIN, "asleep")
    account.car(OTHER_VIN, "asleep")
    async with polling(account) as house:
        await house.passes(300)
    assert account.times("vehicles") == [START + 30 * number for number in range(1, 11)]


async def test_an_account_without_cars_needs_no_list_of_cars(account: Account) -> None:
    account.site(SITE.id)
    async with polling(account) as house:
        await house.passes(300)
    assert account.times("vehicles") == []


async def test_a_408_is_a_sleeping_car_and_no_trouble(account: Account) -> None:
    account.car(VIN)
    account.answers["vehicle_data", VIN] = VehicleUnavailable("408")
    async with polling(account) as house:
        await house.passes(0)
        account.states[VIN] = "asleep"
        await house.passes(3600)
        assert len(account.times("vehicle_data", VIN)) == 1
        assert house.value(CAR, "connectivity") == "asleep"
        assert house.trouble == {}
        account.car(VIN)
        await house.passes(30)
        assert (house.value(CAR, "connectivity"), house.value(CAR, "battery_level")) == ("online", 80)


async def test_a_list_that_says_online_while_the_car_answers_408_is_believed_ever_less(account: Account) -> None:
    """A 408 is billed: 2,880 of them a day would be $5.76 (reliability.md B1)."""
    account.car(VIN)
    account.answers["vehicle_data", VIN] = VehicleUnavailable("408")
    async with polling(account) as house:
        await house.passes(86_400)
    assert len(account.times("vehicle_data", VIN)) < 110


async def test_a_parked_car_has_the_silence_it_needs_to_fall_asleep(account: Account) -> None:
    account.car(VIN, **PARKED)
    async with polling(account) as house:
        await house.passes(3600)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 60, 240, 1560, 2880]


async def test_a_driving_car_is_read_every_minute(account: Account) -> None:
    account.car(VIN, **DRIVING)
    async with polling(account) as house:
        await house.passes(300)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 60, 120, 180, 240, 300]


@pytest.mark.parametrize(
    ("scopes", "asks_where"),
    [(None, True), (["vehicle_device_data"], False), (["vehicle_device_data", "vehicle_location"], True)],
)
async def test_the_place_is_asked_for_where_the_token_allows_it(
    account: Account, scopes: Collection[str] | None, *, asks_where: bool
) -> None:
    account.car(VIN)
    async with polling(account, scopes=lambda: scopes) as house:
        await house.passes(0)
    wanted = (*DATA_GROUPS, "location_data") if asks_where else DATA_GROUPS
    assert account.asked[-1].given == {"groups": wanted}


async def test_when_the_car_last_spoke_is_told_by_the_car(account: Account) -> None:
    spoke = datetime(2026, 7, 1, 11, 59, tzinfo=UTC)
    account.car(VIN, drive_state={"timestamp": spoke.timestamp() * 1000})
    account.car(OTHER_VIN)
    async with polling(account) as house:
        await house.passes(0)
    assert (house.value(CAR, "last_seen"), house.value(OTHER_CAR, "last_seen")) == (spoke, NOON)
    assert house.value(CAR, "data_source") == "poll"


# --- one failure costs nobody else ------------------------------------------------------------------------

FAILURES: list[Any] = [
    AccessDenied("mobile access is off"),
    CallWrong("404"),
    NotSent("no route"),
    RateLimited("429", 30),
    ServerFailed("503"),
    SignInRequired("gone"),
    VehicleUnavailable("408"),
    RuntimeError("a bug of ours"),
    lambda: asyncio.get_running_loop().create_future(),  # no answer at all
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_a_failing_car_or_site_does_not_delay_the_others(account: Account, failure: Any) -> None:
    """Reliability B9."""
    account.car(VIN)
    account.car(OTHER_VIN, **DRIVING)
    account.site(SITE.id)
    account.answers["vehicle_data", VIN] = failure
    account.answers["site_info", SITE.id] = failure
    async with polling(account) as house:
        await house.passes(600)
    assert account.times("vehicle_data", OTHER_VIN) == [START + 60 * number for number in range(11)]
    assert account.times("live_status", SITE.id) == [START + 60 * number for number in range(11)]
    assert account.times("vehicles") == [START + 30 * number for number in range(1, 21)]


async def test_an_answer_that_a_bug_cannot_read_is_trouble_but_not_the_end(account: Account) -> None:
    account.car(VIN)
    account.answers["vehicle_data", VIN] = RuntimeError("a bug of ours")
    async with polling(account) as house:
        await house.passes(14)
        assert {part: error.reason for part, error in house.trouble.items()} == {f"{CAR} data": "bad_answer"}
        account.car(VIN)
        await house.passes(1)
    assert (house.trouble, house.value(CAR, "battery_level")) == ({}, 80)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (RateLimited("429", 777.0), 777),
        (SignInRequired("gone"), 900),
        (AccessDenied("off"), 900),
        (ServerFailed("503"), 15),
        (NotSent("no route"), 15),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BridgeError) else "",
)
@pytest.mark.parametrize("call", ["vehicle_data", "live_status", "site_info", "energy_history"])
async def test_a_failed_call_is_repeated_when_there_is_hope(
    account: Account, call: str, error: BridgeError, wait: float
) -> None:
    account.car(VIN)
    account.site(SITE.id)
    about = VIN if call == "vehicle_data" else SITE.id
    account.answers[call, about] = error
    async with polling(account) as house:
        await house.passes(0)
        if call == "energy_history":
            await house.passes(10)  # first the zone of the site must be known
        first = account.times(call, about)[-1]
        await house.passes(wait - 0.5)
        assert account.times(call, about)[-1] == first
        await house.passes(0.5)
        assert account.times(call, about)[-1] == first + wait
    assert list(house.trouble.values()) == [error]


@pytest.mark.parametrize("call", ["products", "vehicles"])
async def test_the_lists_wait_as_they_are_told_too(account: Account, call: str) -> None:
    account.car(VIN)
    account.answers[call, ""] = RateLimited("429", 100)
    async with polling(account, Pace(state=30, products=60)) as house:
        await house.passes(330)
    times = account.times(call)
    assert {later - at for at, later in zip(times, times[1:], strict=False)} == {100}


# --- wishes -----------------------------------------------------------------------------------------------


async def test_a_wish_brings_one_call_soon(account: Account) -> None:
    account.car(VIN, **PARKED)
    async with polling(account) as house:
        await house.passes(600)
        before = len(account.times("vehicle_data", VIN))
        for _ in range(100):
            house.poller.want(CAR)
            await house.passes(0.01)
        house.poller.want(CAR, after=3)
        await house.passes(300)
        assert len(account.times("vehicle_data", VIN)) - before == 2


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
    account.car(OTHER_VIN, **PARKED)
    async with polling(account) as house:
        await house.passes(600)
        before = len(account.asked)
        house.poller.want(CAR)
        house.poller.want(CONNECTOR)
        await house.passes(25)
    assert {asked.name for asked in account.asked[before:]} <= {"vehicles"}


async def test_a_wish_that_comes_while_a_call_is_on_its_way_is_served_by_the_next(account: Account) -> None:
    account.car(VIN, **PARKED)
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
    account.car(VIN, **PARKED)
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
    account.car(VIN, **DRIVING)
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
    account.car(VIN, **DRIVING)
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
    account.car(VIN, **DRIVING)
    account.site(SITE.id)
    async with polling(account) as house:
        await house.passes(300)
        house.clock.set_wall(house.clock.now() + jump)
        account.answers["vehicle_data", VIN] = {"charge_state": {"battery_level": 79}, **DRIVING}
        await house.passes(300)
        assert house.value(CAR, "battery_level") == 79
        house.clock.set_wall(house.clock.now() - jump)
        await house.passes(300)
    for call, about in (("vehicle_data", VIN), ("live_status", SITE.id)):
        assert account.times(call, about) == [START + 60 * number for number in range(16)]


# --- devices come and go ----------------------------------------------------------------------------------


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


async def test_three_empty_lists_remove_nothing(account: Account) -> None:
    account.car(VIN, **DRIVING)
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
