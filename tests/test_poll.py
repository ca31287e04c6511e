"""Polling: what is asked when, of whom, and what one failure costs the others."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from fakes import NOON, FakeClock
from polled import CAR, DRIVING, OTHER_CAR, OTHER_VIN, PARKED, SITE, START, VIN, Account, House, polling
from structlog.testing import capture_logs

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
from bridge.pace import Pace
from bridge.sources.answers import DATA_GROUPS
from bridge.supervision import supervise


@pytest.fixture
def account() -> Account:
    return Account(FakeClock())


# --- cars -------------------------------------------------------------------------------------------------


async def test_the_free_list_is_asked_first_and_data_only_of_cars_that_are_online(account: Account) -> None:
    account.car(VIN)
    account.car(OTHER_VIN, "asleep")
    async with polling(account) as house:
        await house.passes(0)
        assert [asked.name for asked in account.asked] == ["products", "vehicles", "vehicle_data"]
        await house.passes(3600)
    assert account.times("vehicle_data", OTHER_VIN) == []
    assert (house.value(CAR, "connectivity"), house.value(CAR, "battery_level")) == ("online", 80)
    assert (house.value(OTHER_CAR, "connectivity"), house.value(OTHER_CAR, "battery_level")) == ("asleep", None)


@pytest.mark.case("F11")
@pytest.mark.parametrize("state", ["asleep", "offline", None, "driving", 5])
async def test_a_car_is_left_alone_until_the_list_says_online(account: Account, state: Any) -> None:
    account.car(VIN, state)
    async with polling(account) as house:
        await house.passes(3600)
        assert account.times("vehicle_data", VIN) == []
        account.states[VIN] = "online"
        await house.passes(30)
        assert len(account.times("vehicle_data", VIN)) == 1


async def test_the_list_is_looked_at_for_all_cars_together(account: Account) -> None:
    account.car(VIN, "asleep")
    account.car(OTHER_VIN, "asleep")
    async with polling(account) as house:
        await house.passes(300)
    assert account.times("vehicles") == [START + 30 * number for number in range(11)]


async def test_an_account_without_cars_needs_no_list_of_cars(account: Account) -> None:
    account.site(SITE.id)
    async with polling(account) as house:
        await house.passes(300)
    assert account.times("vehicles") == []


@pytest.mark.case("F11")
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


@pytest.mark.case("F11")
async def test_a_list_that_says_online_while_the_car_answers_408_is_believed_ever_less(account: Account) -> None:
    """A 408 is billed: 2,880 of them a day would be $5.76 (reliability.md B1)."""
    account.car(VIN)
    account.answers["vehicle_data", VIN] = VehicleUnavailable("408")
    async with polling(account) as house:
        await house.passes(86_400)
    assert len(account.times("vehicle_data", VIN)) < 110


async def test_a_parked_car_has_the_silence_it_needs_to_fall_asleep(account: Account) -> None:
    account.car(VIN, drive_state=PARKED)
    async with polling(account) as house:
        await house.passes(7000)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 1320, 2640, 5280]


@pytest.mark.parametrize("word", ["offline", None, "driving"])
@pytest.mark.parametrize("seconds", [60, 300])
async def test_poor_reception_costs_neither_money_nor_sleep(account: Account, word: Any, seconds: float) -> None:
    """A look each time that it is back would be 30 an hour, and the quiet minutes would never be over."""
    account.car(VIN, drive_state=PARKED)
    async with polling(account, Pace(state=15)) as house:
        await house.passes(60)
        for number in range(int(7200 / seconds)):
            account.states[VIN] = "online" if number % 2 else word
            await house.passes(seconds)
    first, *later = account.times("vehicle_data", VIN)
    assert len(later) == 3
    assert all(at - before >= Pace().parked for before, at in pairwise([first, *later]))


async def test_a_drive_that_goes_on_behind_a_tunnel_is_read_as_before(account: Account) -> None:
    account.car(VIN, drive_state=DRIVING)
    async with polling(account) as house:
        await house.passes(100)
        account.states[VIN] = "offline"
        await house.passes(200)
        account.states[VIN] = "online"
        await house.passes(200)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 60, 330, 390, 450]


async def test_after_a_drive_the_cable_and_the_doors_are_looked_for(account: Account) -> None:
    account.car(VIN, drive_state=DRIVING)
    async with polling(account) as house:
        await house.passes(50)
        account.car(VIN, drive_state=PARKED)
        await house.passes(3000)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 60, 120, 210, 330, 1650, 2970]


async def test_when_money_is_short_a_drive_is_read_less_often(account: Account) -> None:
    account.car(VIN, drive_state=DRIVING)
    async with polling(account, pressure=lambda: 0.5) as house:
        await house.passes(700)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 120, 240, 360, 480, 600]


async def test_a_pace_that_is_changed_counts_at_once_and_for_that_car_only(account: Account) -> None:
    account.car(VIN, drive_state=DRIVING)
    account.car(OTHER_VIN, drive_state=DRIVING)
    paces = {CAR: Pace(driving=3600), OTHER_CAR: Pace(driving=300)}
    async with polling(account, lambda at: paces.get(at, Pace())) as house:
        await house.passes(100)
        paces[CAR] = Pace(driving=120, state=10)
        house.poller.changed(CAR)
        await house.passes(260)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 120, 240, 360]
    assert [at - START for at in account.times("vehicle_data", OTHER_VIN)] == [0, 300]
    lists = [at - START for at in account.times("vehicles")]
    assert lists[:5] == [0, 30, 60, 90, 100], "the car that wants it most often decides"
    assert lists[5:7] == [110, 120]


async def test_a_car_whose_polling_is_off_is_read_on_wish_only_and_again_once_it_is_on(account: Account) -> None:
    account.car(VIN, drive_state=DRIVING)
    async with polling(account) as house:
        house.is_polled = False
        await house.passes(500)
        assert account.times("vehicle_data", VIN) == []
        assert house.value(CAR, "connectivity") == "online", "the list is for all cars, and free"
        house.poller.want(CAR)
        await house.passes(100)
        assert [at - START for at in account.times("vehicle_data", VIN)] == [500]
        house.is_polled = True
        house.poller.changed(CAR)
        await house.passes(59)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [500, 600]


# --- the level between readings ---------------------------------------------------------------------------

CHARGING = {"charging_state": "Charging", "charge_limit_soc": 80, "minutes_to_full_charge": 200}


def _charge(account: Account, level: float, word: str = "Charging") -> None:
    """As it is read then: a whole percent and no range."""
    battery = {"battery_level": int(level), "battery_range": level * 2.7, "charge_rate": 39.15}
    state = {**CHARGING, **battery, "charging_state": word}
    account.answers["vehicle_data", VIN] = {"vin": VIN, "charge_state": state, "drive_state": PARKED}


async def test_while_charging_the_level_is_estimated_between_readings_and_says_so(account: Account) -> None:
    """39.15 miles of range an hour are 14.5 % an hour: a percent in 248 s. Read is again after 450 s, at a change."""
    account.car(VIN)
    _charge(account, 50)
    async with polling(account) as house:
        await house.passes(0)
        assert (house.value(CAR, "battery_level"), house.value(CAR, "battery_level_estimated")) == (50, False)
        await house.passes(130)
        assert (house.value(CAR, "battery_level"), house.value(CAR, "battery_level_estimated")) == (51, True)
        known = house.store.known(CAR, "battery_level")
        assert known
        assert known.source == "estimate"
        _charge(account, 55)
        house.poller.want(CAR)
        await house.passes(1)
        assert (house.value(CAR, "battery_level"), house.value(CAR, "battery_level_estimated")) == (55, False)


async def test_an_estimate_is_taken_back_when_nothing_bears_it_out_any_longer(account: Account) -> None:
    account.car(VIN)
    _charge(account, 50)
    async with polling(account) as house:
        await house.passes(130)
        account.states[VIN] = "offline"
        await house.passes(600)
        assert house.value(CAR, "battery_level_estimated") is True
        await house.passes(7200)
        assert (house.value(CAR, "battery_level"), house.value(CAR, "battery_level_estimated")) == (50, False)


async def test_the_end_of_a_charge_is_read_when_it_is_due(account: Account) -> None:
    account.car(VIN)
    state = {**CHARGING, "battery_level": 79, "minutes_to_full_charge": 5}
    account.answers["vehicle_data", VIN] = {"vin": VIN, "charge_state": state, "drive_state": PARKED}
    async with polling(account) as house:
        await house.passes(320)
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 310]


async def test_a_charge_that_was_read_while_it_started_is_read_again_within_a_minute(account: Account) -> None:
    """Else a car would be said to start for a quarter of an hour: it is read three seconds after `charge_start`."""
    account.car(VIN)
    _charge(account, 50, "Starting")
    async with polling(account) as house:
        await house.passes(30)
        assert house.value(CAR, "charging_state") == "starting"
        _charge(account, 50)
        await house.passes(60)
        assert house.value(CAR, "charging_state") == "charging"
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 60]


async def test_a_driving_car_is_read_every_minute(account: Account) -> None:
    account.car(VIN, drive_state=DRIVING)
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


async def test_the_place_is_not_asked_for_where_nothing_is_made_of_it(account: Account) -> None:
    account.car(VIN)
    async with polling(account, places=()) as house:
        await house.passes(0)
    assert account.asked[-1].given == {"groups": DATA_GROUPS}


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


@pytest.mark.case("F18")
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_a_failing_car_or_site_does_not_delay_the_others(account: Account, failure: Any) -> None:
    """Reliability B9."""
    account.car(VIN)
    account.car(OTHER_VIN, drive_state=DRIVING)
    account.site(SITE.id)
    account.answers["vehicle_data", VIN] = failure
    account.answers["site_info", SITE.id] = failure
    with capture_logs():
        async with polling(account) as house:
            await house.passes(600)
    assert account.times("vehicle_data", OTHER_VIN) == [START + 60 * number for number in range(11)]
    assert account.times("live_status", SITE.id) == [START + 60 * number for number in range(11)]
    assert account.times("vehicles") == [START + 30 * number for number in range(21)]


@pytest.mark.case("F18")
async def test_an_answer_that_a_bug_cannot_read_is_trouble_but_not_the_end(account: Account) -> None:
    account.car(VIN)
    account.answers["vehicle_data", VIN] = RuntimeError("a bug of ours")
    with capture_logs() as logged:
        async with polling(account) as house:
            await house.passes(14)
            assert {part: error.reason for part, error in house.trouble.items()} == {f"{CAR} data": "bad_answer"}
            account.car(VIN)
            await house.passes(1)
    (told,) = (each for each in logged if each["log_level"] == "warning")
    assert (told["event"], str(told["exc_info"])) == ("trouble", "a bug of ours"), "the log shows where, and once"
    assert (house.trouble, house.value(CAR, "battery_level")) == ({}, 80)


@pytest.mark.parametrize(
    "absurd",
    [
        {"battery_level": 1e308, "battery_range": 21.2, "charge_rate": 212.0},
        {"battery_level": 80, "battery_range": float("nan"), "charge_rate": 1},
        {"battery_level": float("inf")},
        {"battery_level": 80, "charge_limit_soc": float("inf")},
    ],
)
async def test_a_level_that_cannot_be_reckoned_costs_no_call_and_no_other_car(account: Account, absurd: Any) -> None:
    account.car(VIN)
    account.car(OTHER_VIN, drive_state=PARKED)
    charge = {**CHARGING, **absurd}
    account.answers["vehicle_data", VIN] = {"vin": VIN, "charge_state": charge, "drive_state": PARKED}
    with capture_logs() as logged:
        async with polling(account) as house:
            await house.passes(3700)
            assert house.trouble == {}
    assert [at - START for at in account.times("vehicle_data", VIN)] == [0, 900]
    assert [at - START for at in account.times("vehicle_data", OTHER_VIN)] == [0, 1320, 2640]
    (told,) = (each for each in logged if each["log_level"] == "warning")
    assert (told["event"], told["device"]) == ("the battery's level is not estimated", str(CAR))
    assert told["exc_info"], "the log shows where"


class Broken(House):
    """A bug of ours meets every reading, after it was paid for."""

    def report(self, part: str, error: BridgeError | None) -> None:
        if part.endswith(" data"):
            raise KeyError("a bug")


async def test_polling_that_fails_and_begins_anew_remembers_when_each_car_was_read(account: Account) -> None:
    account.car(VIN, drive_state=PARKED)
    account.car(OTHER_VIN, drive_state=PARKED)
    house = Broken(account, lambda _: Pace(), lambda: None, lambda: 0.0)
    house.listening.set()
    task = asyncio.create_task(supervise(house.poller.run, house.clock, lambda _: None))
    await house.passes(1300)
    task.cancel()
    assert len(account.times("products")) > 1, "it began anew"
    assert [len(account.times("vehicle_data", vin)) for vin in (VIN, OTHER_VIN)] == [1, 1]


@pytest.mark.case("F14")
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
    assert {later - at for at, later in pairwise(times)} == {100}
