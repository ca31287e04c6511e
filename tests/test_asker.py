"""When the smaller calls are made: now and then, on request only, never of a car that sleeps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
import structlog
from fakes import FakeClock
from polled import ACCOUNT, CAR, OTHER_CAR, OTHER_VIN, PARKED, START, VIN, Account, polling

from bridge.catalog import CATALOGUE
from bridge.catalog.places import Place
from bridge.errors import CallWrong, NotRegistered, RateLimited, ScopeMissing, ServerFailed, VehicleUnavailable
from bridge.model import DeviceId, Kind
from bridge.schedule import spread
from bridge.sources import extras_account, extras_vehicle
from bridge.sources.asker import FIRST
from bridge.sources.asking import Answers, Asking, Extra
from bridge.sources.extras import EXTRAS, buttons

DAY = 86_400.0
CALLS = {"options": "options", "warranty": "details"}
"""Name of a row -> last word of its path, where that is another."""

MINE = (*extras_vehicle.VEHICLE, *extras_account.ACCOUNT)
"""Those of sites are in test_extras_site."""

ON_REQUEST = [extra for extra in MINE if not extra.is_regular]
REGULAR = [extra for extra in MINE if extra.is_regular]
OBJECTS: dict[str, list[Any]] = {"fleet_telemetry_errors": [], "recent_alerts": [], "release_notes": [], "data": []}
SAID: dict[tuple[str, str], Any] = {
    (name, about): [] if name in {"drivers", "invitations", "orders"} else OBJECTS
    for about in (VIN, OTHER_VIN, "")
    for name in [
        "drivers",
        "invitations",
        "orders",
        "options",
        "details",
        "region",
        "history",
        "fleet_status",
        "fleet_telemetry_config",
        "recent_alerts",
        "fleet_telemetry_errors",
        "release_notes",
        "nearby_charging_sites",
        "service_data",
        "mobile_enabled",
    ]
}
"""What every call answers: an empty list, or an object of empty lists."""


@pytest.fixture
def account() -> Account:
    made = Account(FakeClock())
    made.car(VIN, drive_state=PARKED)
    made.answers |= SAID
    return made


def _times(account: Account, name: str, about: str = VIN) -> list[float]:
    return [at - START for at in account.times(CALLS.get(name, name), about)]


def _asked(account: Account) -> dict[str, int]:
    """How often each call was made that is none of polling's."""
    names = [asked.name for asked in account.asked if asked.name not in {"products", "vehicles"}]
    return {name: names.count(name) for name in names}


async def test_free_calls_are_made_within_the_first_quarter_of_an_hour_and_once_a_day(account: Account) -> None:
    account.states[VIN] = "asleep"
    async with polling(account, besides=MINE) as house:
        await house.passes(FIRST[0] - 1)
        assert _asked(account) == {}
        await house.passes(FIRST[1])
        assert set(_asked(account).values()) == {1}
        assert len(_asked(account)) == len(REGULAR)
        await house.passes(3 * DAY)
    times = _times(account, "drivers")
    assert [later - earlier for earlier, later in pairwise(times)] == [DAY] * 3
    assert len(_times(account, "warranty")) == 1, "once a week"


async def test_they_are_not_made_all_at_once(account: Account) -> None:
    async with polling(account, besides=MINE) as house:
        await house.passes(FIRST[1] + 1)
    firsts = {name: _times(account, name)[0] for name in ("drivers", "invitations", "options", "warranty")}
    assert len(set(firsts.values())) == len(firsts)
    assert firsts["drivers"] == pytest.approx(spread(f"{CAR} drivers", *FIRST))


def test_two_devices_have_other_times_and_each_always_the_same() -> None:
    assert spread(f"{CAR} drivers", *FIRST) != spread(f"{OTHER_CAR} drivers", *FIRST)
    assert spread(f"{CAR} drivers", *FIRST) == spread(f"{CAR} drivers", *FIRST)
    assert all(FIRST[0] <= spread(str(number), *FIRST) < FIRST[1] for number in range(1000))


async def test_what_costs_money_is_never_asked_by_itself(account: Account) -> None:
    async with polling(account, besides=ON_REQUEST) as house:
        await house.passes(3 * DAY)
        house.poller.want(CAR)
        house.poller.look_again()
        await house.passes(60)
    assert {asked.name for asked in account.asked} <= {"products", "vehicles", "vehicle_data"}
    assert all("endpoints" not in (asked.given.get("params") or {}) for asked in account.asked)


@pytest.mark.parametrize("extra", ON_REQUEST, ids=lambda extra: extra.name)
async def test_a_wish_brings_one_call(account: Account, extra: Any) -> None:
    at = CAR if extra.kind is Kind.VEHICLE else ACCOUNT
    async with polling(account, besides=[extra]) as house:
        await house.passes(100)
        before = len(account.asked)
        for _ in range(20):
            house.poller.want(at, group=extra.name)
            await house.passes(0.1)
        await house.passes(20)
        made = [asked for asked in account.asked[before:] if "cost" in asked.given]
    assert [asked.given["cost"] for asked in made] == ["data"]


@pytest.mark.parametrize(
    ("places", "times"), [(set(Place), 1), ({Place.COORDINATES, Place.ZONE}, 0), ({Place.ZONE}, 0), (set(), 0)]
)
async def test_a_call_is_not_paid_for_when_nothing_of_it_may_be_shown(
    account: Account, places: set[Place], times: int
) -> None:
    """What is near tells exactly where the car is: `zone` and `rounded` do not let it out either."""
    (nearby,) = [extra for extra in ON_REQUEST if extra.name == "nearby_charging_sites"]
    async with polling(account, besides=[nearby], places=places) as house:
        await house.passes(100)
        house.poller.want(CAR, group=nearby.name)
        await house.passes(60)
    assert len(_times(account, nearby.name)) == times
    assert len([asked for asked in account.asked if asked.name == "vehicle_data"]) == 1, "nor anything else for it"


def test_every_call_that_only_tells_where_a_car_is_says_so() -> None:
    """Each value that it brings is of that kind of place."""
    heads = {extra.name: extra.place for extra in EXTRAS if extra.kind is Kind.VEHICLE}
    rows = [row for row in CATALOGUE[Kind.VEHICLE].entities.values() if row.source.partition(".")[0] in heads]
    by_head = {head: {row.place for row in rows if row.source.startswith(f"{head}.")} for head in heads}
    assert {head for head, places in by_head.items() if len(places) == 1 and None not in places} == {
        head for head, place in heads.items() if place
    }


async def test_wishes_every_second_cost_two_calls_a_minute(account: Account) -> None:
    (paid,) = [extra for extra in ON_REQUEST if extra.name == "recent_alerts"]
    async with polling(account, besides=[paid]) as house:
        await house.passes(100)
        for _ in range(600):
            house.poller.want(CAR, group=paid.name)
            await house.passes(1)
    assert len([asked for asked in account.asked if "cost" in asked.given]) == pytest.approx(20, abs=1)


@pytest.mark.parametrize(("scopes", "groups"), [(None, "drive_state;location_data"), (["openid"], "drive_state")])
async def test_the_place_is_asked_for_where_the_sign_in_covers_it(account: Account, scopes: Any, groups: str) -> None:
    async with polling(account, scopes=lambda: scopes, besides=MINE) as house:
        await house.passes(100)
        house.poller.want(CAR, group="drive_state")
        await house.passes(1)
    (made,) = [asked for asked in account.asked if asked.given.get("params") and asked.name == "vehicle_data"]
    assert made.given["params"] == {"endpoints": groups}


async def test_fresh_data_of_a_car_is_no_wish_for_all_the_rest(account: Account) -> None:
    """It is wished for after each command."""
    async with polling(account, besides=MINE) as house:
        await house.passes(FIRST[1] + 1)
        before = _asked(account)
        house.poller.want(CAR, after=3)
        house.poller.want(CAR, group="charge")
        await house.passes(60)
    after = _asked(account)
    assert {name for name in after if after[name] != before.get(name)} == {"vehicle_data"}


@pytest.mark.parametrize("state", ["asleep", "offline"])
async def test_a_car_that_sleeps_is_not_asked_what_it_would_have_to_answer(account: Account, state: str) -> None:
    account.states[VIN] = state
    async with polling(account, besides=MINE) as house:
        await house.passes(100)
        for extra in ON_REQUEST:
            house.poller.want(CAR, group=extra.name)
        await house.passes(60)
        made = {asked.name for asked in account.asked if asked.given.get("cost") == "data"}
        account.states[VIN] = "online"
        await house.passes(3600)
    assert made == {"service_data", "mobile_enabled"}
    assert "recent_alerts" not in _asked(account), "nor later, when nobody asks any more"


async def test_nothing_is_asked_while_nobody_listens(account: Account) -> None:
    async with polling(account, besides=MINE, listening=False) as house:
        await house.passes(DAY)
    assert account.asked == []


async def test_what_is_asked_often_begins_soon(account: Account) -> None:
    """After the lists, and before a day's worth of waiting."""
    asked: list[float] = []

    async def ask(asking: Asking) -> Answers:
        asked.append(account.clock.monotonic() - START)
        return {}

    async with polling(account, besides=[Extra("often", Kind.VEHICLE, ask, every=600)]) as house:
        await house.passes(3600)
    assert FIRST[0] <= asked[0] < FIRST[0] + 60
    assert {round(later - earlier) for earlier, later in pairwise(asked)} == {600}


# --- what goes wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [ScopeMissing("vehicle_device_data"), CallWrong("404"), NotRegistered("412")], ids=lambda each: each.reason
)
async def test_a_refusal_puts_off_that_call_and_no_other(account: Account, error: Exception) -> None:
    account.answers["drivers", VIN] = error
    async with polling(account, besides=MINE) as house:
        await house.passes(2 * DAY + FIRST[1])
        assert len(_times(account, "drivers")) == 3, "once a day, as if it had been answered"
        assert len(_times(account, "invitations")) == 3
        assert house.value(CAR, "invitations") == 0
        assert house.trouble == {}, "the bridge is well"


async def test_a_server_that_fails_is_asked_again_later(account: Account) -> None:
    account.answers["drivers", VIN] = ServerFailed("503")
    async with polling(account, besides=MINE) as house:
        await house.passes(FIRST[1])
        account.answers["drivers", VIN] = []
        await house.passes(FIRST[1])
        assert house.value(CAR, "drivers") == 0


async def test_tesla_says_how_long_to_wait(account: Account) -> None:
    account.answers["drivers", VIN] = RateLimited("429", wait=5000)
    async with polling(account, besides=MINE) as house:
        await house.passes(2 * 5000)
    first, second, *_ = _times(account, "drivers")
    assert second - first == 5000


@pytest.mark.parametrize("error", [VehicleUnavailable("408"), ServerFailed("503"), RateLimited("429", wait=10)])
async def test_what_was_asked_on_request_is_not_repeated(account: Account, error: Exception) -> None:
    """Each answer may be billed, and whoever has asked can ask again."""
    account.answers["recent_alerts", VIN] = error
    async with polling(account, besides=MINE) as house:
        await house.passes(100)
        house.poller.want(CAR, group="recent_alerts")
        await house.passes(DAY)
        assert len(_times(account, "recent_alerts")) == 1
        account.answers["recent_alerts", VIN] = {"recent_alerts": []}
        house.poller.want(CAR, group="recent_alerts")
        await house.passes(1)
        assert house.value(CAR, "alert_count") == 0


async def test_a_missing_scope_is_told_once(account: Account) -> None:
    account.car(OTHER_VIN, "asleep")
    refusal = ScopeMissing.lacking(["vehicle_device_data"], "sign in again")
    account.answers |= {(name, vin): refusal for name in ("drivers", "options") for vin in (VIN, OTHER_VIN)}
    with structlog.testing.capture_logs() as logs:
        async with polling(account, besides=MINE) as house:
            await house.passes(5 * DAY + FIRST[1])
    told = [line for line in logs if line.get("reason") == "scope"]
    assert len(told) == 1
    assert len(_times(account, "drivers", OTHER_VIN)) == 6


async def test_after_a_sign_in_what_was_refused_is_asked_once_more_and_nothing_else(account: Account) -> None:
    account.answers["drivers", VIN] = ScopeMissing("vehicle_device_data")
    async with polling(account, besides=MINE) as house:
        await house.passes(FIRST[1] + 1)
        account.answers["drivers", VIN] = [{}]
        house.poller.look_again()
        await house.passes(20)
        assert house.value(CAR, "drivers") == 1
    assert (len(_times(account, "drivers")), len(_times(account, "invitations"))) == (2, 1)


# --- buttons ------------------------------------------------------------------------------------------------------


def _buttons() -> Mapping[DeviceId, list[str]]:
    return {at: [name for name in CATALOGUE[at.kind].commands if name.startswith("refresh_")] for at in (CAR, ACCOUNT)}


async def test_each_refresh_button_asks_for_the_call_of_its_name() -> None:
    wishes: list[tuple[DeviceId, float, str]] = []
    press = buttons(lambda *wish: wishes.append(wish))
    rows = {(extra.kind, f"refresh_{extra.name}") for extra in ON_REQUEST}
    for at, names in _buttons().items():
        assert {(at.kind, name) for name in names} <= rows
        for name in names:
            await press[name](at, {})
            assert wishes[-1] == (at, 0.0, name.removeprefix("refresh_"))


def test_no_name_of_a_call_is_that_of_a_group_of_topics() -> None:
    """`get/charge` reads all of the car, as it always did."""
    for extra in EXTRAS:
        assert extra.name not in {row.group for row in CATALOGUE[extra.kind].entities.values()}
