"""Several accounts: who serves what, what one of them costs the others, and what is known after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from fakes import FakeClock
from polled import CAR, OTHER_CAR, OTHER_VIN, SITE, VIN, Account as Tesla
from structlog.testing import capture_logs

from bridge.accounts import Access, Account, Accounts, Means
from bridge.errors import SignInRequired
from bridge.fleet.auth.inbox import hand_over
from bridge.fleet.auth.tokens import Tokens
from bridge.health import Health
from bridge.model import Device, DeviceId, Kind, Roster
from bridge.pace import Pace

PACE = Pace(products=60)


class Api(Tesla):
    """What an account answers, and how often it was told to ask anew."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.region = SimpleNamespace(name="na")
        self.anew = 0
        self.signs = False
        self.is_troubled = None

    def ask_anew(self) -> None:
        self.anew += 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Notes:
    """In memory. `fails`: as by a full disk."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.fails = False

    def secret(self, name: str) -> Any:
        return self.kept.get(name)

    def keep_secrets(self, secrets: Any) -> None:
        if self.fails:
            raise OSError(28, "No space left on device")
        self.kept |= secrets


class Home:
    """The accounts at work."""

    def __init__(self, directory: Path, clock: FakeClock, notes: Notes, apis: dict[str, Api]) -> None:
        self.clock = clock
        self.health = Health(clock)
        self.tokens = {name: SimpleNamespace(scopes=frozenset(), trouble=None) for name in apis}
        for each in self.tokens.values():
            vars(each).update(expires_at=None, renewed_at=None, ends_at=None, tend=lambda: None)
        accesses: list[Any] = [Access(name, self.tokens[name], api) for name, api in apis.items()]  # type: ignore[arg-type]
        listening = asyncio.Event()
        listening.set()
        self.accounts = Accounts(accesses, Means(clock, lambda _: PACE, listening, self.health, directory, notes))
        self.devices: tuple[Device, ...] = ()
        self.changes = 0

    def account(self, name: str) -> Account:
        return next(each for each in self.accounts.all if each.name == name)

    async def passes(self, seconds: float) -> None:
        await self.clock.run(seconds)

    async def hear(self, account: Account) -> None:
        async for heard in self.accounts.heard(account):
            if isinstance(heard, Roster):
                self.devices = heard.devices

    def note_change(self) -> None:
        self.changes += 1


@asynccontextmanager
async def at_work(directory: Path, notes: Notes | None = None, **apis: Api) -> AsyncIterator[Home]:
    clock = next(iter(apis.values())).clock
    home = Home(directory, clock, notes or Notes(), apis)
    work = [
        task
        for each in home.accounts.all
        for task in (each.poller.run(), home.hear(each), each.watch(home.note_change, lambda: None))
    ]
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield home
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tesla(clock: FakeClock) -> Api:
    """Has a car."""
    api = Api(clock)
    api.car(VIN)
    return api


@pytest.fixture
def parents(clock: FakeClock) -> Api:
    """Has another car and a site."""
    api = Api(clock)
    api.car(OTHER_VIN)
    api.site(SITE.id)
    return api


# --- who serves what --------------------------------------------------------------------------------------


async def test_each_device_is_served_by_the_account_that_has_it(tmp_path: Path, tesla: Api, parents: Api) -> None:
    async with at_work(tmp_path, tesla=tesla, parents=parents) as home:
        await home.passes(0)
        served = {at: home.accounts.of(at).name for at in (CAR, OTHER_CAR, SITE)}
        assert served == {CAR: "tesla", OTHER_CAR: "parents", SITE: "parents"}
        assert {device.at for device in home.devices} == {CAR, OTHER_CAR, SITE}
        home.accounts.want(OTHER_CAR, 0)
        await home.passes(PACE.soonest)
    assert len(parents.times("vehicle_data", OTHER_VIN)) == 2
    assert len(tesla.times("vehicle_data", VIN)) == 1


async def test_with_several_accounts_a_device_says_whose_it_is(tmp_path: Path, tesla: Api, parents: Api) -> None:
    async with at_work(tmp_path, tesla=tesla, parents=parents) as home:
        await home.passes(0)
        whose = {device.at: device.via for device in home.devices}
    assert whose[CAR] == DeviceId(Kind.ACCOUNT, "tesla")
    assert whose[OTHER_CAR] == whose[SITE] == DeviceId(Kind.ACCOUNT, "parents")


async def test_with_one_account_nothing_is_added_to_a_device(tmp_path: Path, tesla: Api) -> None:
    """What Home Assistant shows stays as it was."""
    notes = Notes()
    async with at_work(tmp_path, notes, tesla=tesla) as home:
        await home.passes(0)
        assert [device.via for device in home.devices] == [None]
        assert home.account("tesla").device == Device(
            DeviceId(Kind.ACCOUNT, "tesla"), "Tesla account", model="Fleet API account"
        )
    assert notes.kept == {}


@pytest.mark.parametrize("later_lists_first", [False, True])
async def test_what_two_accounts_have_is_served_by_the_first_and_said_once(
    tmp_path: Path, tesla: Api, parents: Api, *, later_lists_first: bool
) -> None:
    parents.car(VIN)
    if later_lists_first:
        answer = asyncio.get_running_loop().create_future()
        tesla.answers["products", ""] = answer
    with capture_logs() as logged:
        async with at_work(tmp_path, tesla=tesla, parents=parents) as home:
            await home.passes(5)
            if later_lists_first:
                assert home.accounts.of(CAR).name == "parents"
                answer.set_result([{"vin": VIN, "display_name": "", "state": "online"}])
                await home.passes(0)
                del tesla.answers["products", ""]
            before = len(parents.times("vehicle_data", VIN))
            await home.passes(1500)
            assert home.accounts.of(CAR).name == "tesla"
            assert [device.at for device in home.devices].count(CAR) == 1
    assert len(parents.times("vehicle_data", VIN)) == before
    assert len(tesla.times("vehicle_data", VIN)) > 1
    assert len(parents.times("vehicle_data", OTHER_VIN)) > 1
    said = [each for each in logged if each["event"] == "two accounts have the same device"]
    assert [(each["served_by"], each["and_not_by"]) for each in said] == [("tesla", "parents")]


async def test_the_other_takes_over_when_the_first_has_it_no_more(tmp_path: Path, tesla: Api, parents: Api) -> None:
    parents.car(VIN)
    async with at_work(tmp_path, tesla=tesla, parents=parents) as home:
        await home.passes(5)
        assert not parents.times("vehicle_data", VIN)
        del tesla.states[VIN]
        await home.passes(86_400 + 180)
        assert home.accounts.of(CAR).name == "parents"
        assert {device.at for device in home.devices} == {CAR, OTHER_CAR, SITE}
    assert parents.times("vehicle_data", VIN)


# --- one that fails ---------------------------------------------------------------------------------------


async def test_the_failing_sign_in_of_one_touches_no_other(tmp_path: Path, tesla: Api, parents: Api) -> None:
    for call in ("products", "vehicles"):
        tesla.answers[call, ""] = SignInRequired("gone: run `fleet2mqtt login`")
    async with at_work(tmp_path, tesla=tesla, parents=parents) as home:
        await home.passes(300)
        assert {device.at for device in home.devices} == {OTHER_CAR, SITE}
        assert not home.accounts.have_listed
        assert [home.health.has(SignInRequired, name) for name in ("tesla", "parents")] == [True, False]
        assert home.health.problem_of("parents") is None
    assert len(parents.times("vehicles")) == 11


async def test_trouble_is_told_in_the_words_of_its_account(tmp_path: Path, tesla: Api, parents: Api) -> None:
    parents.answers["products", ""] = SignInRequired("set FLEET2MQTT_TESLA_REFRESH_TOKEN or run `fleet2mqtt login`")
    async with at_work(tmp_path, tesla=tesla, parents=parents) as home:
        await home.passes(0)
        assert home.health.problem == (
            "set FLEET2MQTT_ACCOUNT_PARENTS_REFRESH_TOKEN or run `fleet2mqtt login --account parents`"
        )
        assert "account parents products" in home.health.body()["parts"]


# --- scopes -----------------------------------------------------------------------------------------------


async def test_when_the_token_covers_more_all_is_looked_at_again(tmp_path: Path, tesla: Api) -> None:
    async with at_work(tmp_path, tesla=tesla) as home:
        await home.passes(0)
        home.tokens["tesla"].scopes = frozenset({"vehicle_device_data"})
        await home.passes(30)
        assert (home.changes, tesla.anew) == (1, 0)  # the first token: everything has just been asked for
        calls = len(tesla.times("products"))
        tesla.car(OTHER_VIN)
        home.tokens["tesla"].scopes = frozenset({"vehicle_device_data", "energy_device_data", "something_new"})
        await home.passes(10)
        assert (home.changes, tesla.anew) == (2, 1)
        assert len(tesla.times("products")) == calls + 1
        assert {device.at for device in home.devices} == {CAR, OTHER_CAR}
        await home.passes(30)
        assert home.changes == 2


@pytest.mark.parametrize("seconds", [0, 1, 7])
async def test_one_sign_in_that_covers_more_is_paid_for_once(tmp_path: Path, tesla: Api, seconds: float) -> None:
    """It is taken up; so many seconds later, or only by its first renewal, it is known that it covers more."""
    async with at_work(tmp_path, tesla=tesla) as home:
        tokens = home.tokens["tesla"]
        tokens.scopes = frozenset({"vehicle_device_data"})
        await home.passes(301)
        before = len(tesla.times("vehicle_data", VIN))

        def adopt(*_: Any) -> None:
            tokens.scopes = frozenset() if seconds else wider

        wider = frozenset({"vehicle_device_data", "vehicle_location"})
        vars(tokens).update(region=SimpleNamespace(simulated=False), has_taken=lambda _: False, adopt=adopt)
        hand_over(tmp_path, "tesla", Tokens("access", "refresh", None, 0, home.clock.now()))
        minding = asyncio.create_task(home.account("tesla").mind_tokens())
        await home.passes(seconds)
        tokens.scopes = wider
        await home.passes(60)
        minding.cancel()
        assert home.changes > 0
        assert (tesla.anew, len(tesla.times("vehicle_data", VIN))) == (1, before + 1)
        tokens.scopes = frozenset({"vehicle_device_data"})
        await home.passes(10)
        assert tesla.anew == 2, "what changes later, by itself, is looked at"


async def test_each_account_offers_what_its_own_token_covers(tmp_path: Path, tesla: Api, parents: Api) -> None:
    async with at_work(tmp_path, tesla=tesla, parents=parents) as home:
        home.tokens["parents"].scopes = frozenset({"energy_device_data"})
        await home.passes(0)
        assert home.accounts.of(CAR).offer(["door_unlock"]).scopes is None
        assert home.accounts.of(SITE).offer(["door_unlock"]).scopes == {"energy_device_data"}
        assert home.accounts.of(SITE).offer(["door_unlock"]).enabled_commands == ["door_unlock"]


async def test_only_an_account_that_can_sign_offers_what_exists_only_signed(
    tmp_path: Path, tesla: Api, parents: Api
) -> None:
    tesla.signs = True
    async with at_work(tmp_path, tesla=tesla, parents=parents) as home:
        await home.passes(0)
        assert [home.accounts.of(at).offer(()).signs for at in (CAR, SITE)] == [True, False]


# --- across a restart -------------------------------------------------------------------------------------


async def test_who_serves_what_is_known_before_tesla_has_told(tmp_path: Path, tesla: Api, parents: Api) -> None:
    """A command, or the read-back of one that was sent before a crash, must not go to the wrong account."""
    notes = Notes()
    async with at_work(tmp_path, notes, tesla=tesla, parents=parents) as home:
        await home.passes(0)
    home = Home(tmp_path, tesla.clock, notes, {"tesla": tesla, "parents": parents})
    assert [home.accounts.of(at).name for at in (CAR, OTHER_CAR, SITE)] == ["tesla", "parents", "parents"]
    alone = Home(tmp_path, tesla.clock, notes, {"tesla": tesla})
    assert alone.accounts.of(OTHER_CAR).name == "tesla"


async def test_a_full_disk_costs_nothing_but_the_note(tmp_path: Path, tesla: Api, parents: Api) -> None:
    notes = Notes()
    notes.fails = True
    async with at_work(tmp_path, notes, tesla=tesla, parents=parents) as home:
        await home.passes(0)
        assert home.accounts.of(SITE).name == "parents"
        assert len(home.devices) == 3
