"""What can be set and done on the bridge itself over MQTT, and what comes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command_desk import ACCOUNT, CAR, OTHER_CAR, SITE, Desk, desk
from fakes import FakeClock

from bridge import build, logs
from bridge.budget import Budget, Mode
from bridge.control import Control, Reach
from bridge.health import Health
from bridge.ledger import Ledger
from bridge.model import DeviceId, Outcome
from bridge.settings import PollingSettings, Settings
from bridge.topics import BRIDGE


class Kept:
    """In memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def options(self) -> Mapping[str, Mapping[str, Any]]:
        return self.kept

    def keep_option(self, device: str, name: str, value: Any) -> None:
        self.kept.setdefault(device, {})[name] = value

    def forget_option(self, device: str, name: str) -> None:
        self.kept[device].pop(name, None)


class Uncounted:
    """Calls that nobody keeps."""

    def keep_calls(self, counts: object) -> None: ...
    def fold_calls(self, before: str) -> None: ...
    def calls(self, since: str) -> list[tuple[str, str, str, int, int]]:
        return []

    def keep_block(self, block: object) -> None: ...
    def drop_block(self, cost: str, about: str) -> None: ...
    def blocks(self) -> list[tuple[str, str, float, float, str]]:
        return []


class House:
    """A control with everything that it moves."""

    def __init__(self, kept: Kept | None = None, *, comes_back: bool = False, **settings: Any) -> None:
        self.clock = FakeClock(hurries=True)
        self.told: dict[tuple[DeviceId, str], Any] = {}
        self.wanted: list[DeviceId] = []
        self.values: dict[DeviceId, Mapping[str, Any]] = {}
        self.done: list[str] = []
        self.health = Health(self.clock)
        self.ledger = Ledger(store=Uncounted(), clock=self.clock, budget=10)
        self.control = Control(
            Settings(_env_file=None, **settings),
            kept or Kept(),
            self.ledger,
            self.health,
            Reach(
                tell=lambda at, values: self.told.update({(at, key): value for key, value in values.items()}),
                want=self.wanted.append,
                changed=lambda at: self.done.append(f"changed {at}"),
                values=lambda at: self.values.get(at, {}),
                republish=lambda: self.done.append("republish"),
                stop=lambda: self.done.append("stop"),
            ),
            paced=partial(build.pace, PollingSettings()),
            comes_back=comes_back,
        )
        self.control.begin()

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Desk]:
        local, policy = self.control.errands(), self.control.policy
        async with desk(directory, clock=self.clock, local=local, policy=policy) as one:
            one.knows(CAR, connectivity="online")
            yield one


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def at(house: House, tmp_path: Path) -> AsyncIterator[Desk]:
    async with house.open(tmp_path) as one:
        yield one


# --- options ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "payload", "value"),
    [
        ((CAR, "polling"), "OFF", False),
        ((CAR, "wake_policy"), " Never ", "never"),
        ((CAR, "wake_policy"), '{"value": "always", "transaction": "t"}', "always"),
        ((ACCOUNT, "monthly_budget"), "7.5", 7.5),
        ((ACCOUNT, "budget_mode"), "warn", "warn"),
        ((BRIDGE, "dry_run"), "true", True),
    ],
)
async def test_an_option_is_set_like_any_value_and_nothing_is_sent(
    house: House, at: Desk, option: tuple[DeviceId, str], payload: str, value: Any
) -> None:
    device, name = option
    result = await at.ask(name, payload, device)
    assert (result.outcome, result.value, result.attempts) == (Outcome.OK, value, 0)
    assert house.control.options.of(device, name) == value
    assert house.told[device, name] == at.store.values(device)[name] == value
    assert at.tesla.asked == []


@pytest.mark.parametrize(
    ("device", "name", "payload", "said"),
    [
        (CAR, "wake_policy", "sometimes", "never, within_budget, always"),
        (CAR, "polling", "maybe", "true or false"),
        (ACCOUNT, "monthly_budget", "-1", "0 to 1000"),
        (ACCOUNT, "monthly_budget", "0.005", "steps of 0.01"),
        (ACCOUNT, "budget_mode", "on", "off, warn, slow_down, hard_stop"),
        (BRIDGE, "log_level", "trace", "debug, info, warning, error"),
        (CAR, "restore_default", "sentry_mode", "polling, polling_profile"),
        (SITE, "wake_policy", "never", "nothing called 'wake_policy'"),
        (CAR, "choose_wake_policy", "never", "nothing called 'choose_wake_policy'"),
    ],
)
async def test_a_wrong_value_is_answered_with_those_that_are_right(
    at: Desk, device: DeviceId, name: str, payload: str, said: str
) -> None:
    result = await at.ask(name, payload, device)
    assert result.outcome is Outcome.INVALID
    assert said in result.message


async def test_the_default_can_be_restored(tmp_path: Path) -> None:
    house = House(commands={"wake": "always"})
    async with house.open(tmp_path) as one:
        await one.ask("wake_policy", "never")
        assert (await one.ask("restore_default", "wake_policy")).outcome is Outcome.OK
    assert house.told[CAR, "wake_policy"] == "always"


async def test_what_was_chosen_counts_in_the_next_life(at: Desk) -> None:
    kept = Kept()
    kept.keep_option(str(ACCOUNT), "monthly_budget", 3.0)
    assert House(kept).ledger.budget == Budget(3.0)


async def test_the_budget_is_the_ledgers_at_once(house: House, at: Desk) -> None:
    await at.ask("monthly_budget", "2.5", ACCOUNT)
    seen = [house.ledger.budget]
    for mode in ("warn", "hard_stop"):
        await at.ask("budget_mode", mode, ACCOUNT)
        seen.append(house.ledger.budget)
    assert seen == [Budget(2.5), Budget(2.5, Mode.WARN), Budget(2.5)]


@pytest.fixture
def _level() -> Iterator[None]:
    before = logging.getLogger().level
    yield
    logging.getLogger().setLevel(before)
    logs.set_level("info")
    logging.getLogger().setLevel(before)


@pytest.mark.usefixtures("_level")
async def test_the_log_level_applies_at_once(at: Desk) -> None:
    await at.ask("log_level", "error", BRIDGE)
    assert logging.getLogger().level == logging.ERROR
    await at.ask("log_level", "debug", BRIDGE)
    assert logging.getLogger().level == logging.DEBUG


async def test_polling_that_changes_is_looked_at_anew_and_the_car_is_not_read_for_it(house: House, at: Desk) -> None:
    """Who switches it off wants the car left alone: a data call costs money, and the quiet minutes begin anew."""
    await at.ask("polling", "false")
    assert not house.control.is_polled(CAR)
    assert house.control.is_polled(OTHER_CAR)
    await at.ask("polling", "true")
    assert house.done == [f"changed {CAR}"] * 2
    assert house.wanted == []


async def test_what_was_begun_when_the_bridge_was_killed_is_unconfirmed_and_nobody_is_asked(tmp_path: Path) -> None:
    class Killed(Kept):
        def keep_option(self, device: str, name: str, value: Any) -> None:
            super().keep_option(device, name, value)
            raise asyncio.CancelledError

    house = House(Killed())
    async with house.open(tmp_path) as one:
        one.send("wake_policy", "never")
        await one.idle()
        assert one.results == []
    async with House(Kept()).open(tmp_path) as next_one:
        (result,) = await next_one.heard(1)
    assert (result.outcome, result.reason) == (Outcome.UNCONFIRMED, "restarted")
    assert next_one.tesla.asked == []


# --- dry run ----------------------------------------------------------------------------------------------


async def test_in_a_dry_run_commands_are_checked_and_not_sent(house: House, at: Desk) -> None:
    assert house.control.warnings() == []
    await at.ask("dry_run", "true", BRIDGE)
    good, bad = await at.ask("charge_limit", "80"), await at.ask("charge_limit", "800")
    assert (good.outcome, good.reason, good.attempts) == (Outcome.UNAVAILABLE, "dry_run", 0)
    assert "nothing was sent" in good.message
    assert bad.outcome is Outcome.INVALID
    assert "charge_limit" not in at.store.values(CAR)
    assert len(house.control.warnings()) == 1


async def test_in_a_dry_run_no_car_is_woken_and_no_site_is_set(at: Desk) -> None:
    await at.ask("dry_run", "true", BRIDGE)
    at.tesla.states[0] = "asleep"
    asked = [await at.ask("wake", "PRESS"), await at.ask("backup_reserve", "30", SITE)]
    assert {result.reason for result in asked} == {"dry_run"}
    assert at.tesla.asked == []


async def test_a_dry_run_can_be_ended(at: Desk) -> None:
    await at.ask("dry_run", "true", BRIDGE)
    assert (await at.ask("dry_run", "false", BRIDGE)).outcome is Outcome.OK
    assert (await at.ask("charge_limit", "80")).outcome is Outcome.OK
    assert len(at.tesla.writes) == 1


# --- buttons ----------------------------------------------------------------------------------------------


async def test_a_car_that_is_online_is_read_anew(house: House, at: Desk) -> None:
    house.values[CAR] = {"connectivity": "online"}
    assert (await at.ask("refresh", "PRESS")).outcome is Outcome.OK
    assert house.wanted == [CAR]


@pytest.mark.parametrize("state", ["asleep", "offline", None])
async def test_a_car_that_sleeps_is_not_woken_to_be_read(house: House, at: Desk, state: str | None) -> None:
    house.values[CAR] = {"connectivity": state}
    result = await at.ask("refresh", "PRESS")
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, "asleep")
    assert house.wanted == []
    assert at.tesla.asked == []


async def test_wake_and_refresh_wakes_first(house: House, at: Desk) -> None:
    at.tesla.states.extend(["asleep", "online"])
    at.tesla.states.popleft()
    at.clock.advance(3600)
    assert (await at.ask("wake_and_refresh", "PRESS")).outcome is Outcome.OK
    assert at.tesla.wakes == 1
    assert at.wanted == [CAR]
    await at.ask("wake", "PRESS")
    assert at.wanted == [CAR]


async def test_an_error_can_be_cleared(house: House, at: Desk) -> None:
    house.health.note(str(CAR), "charge_limit: refused")
    house.health.note(str(OTHER_CAR), "honk_horn: refused")
    await at.ask("clear_error", "PRESS")
    assert house.told[CAR, "last_error"] == "none"
    assert house.health.last_error(str(CAR)) is None
    assert house.health.last_error(str(OTHER_CAR)) == "honk_horn: refused"


async def test_everything_is_published_again(house: House, at: Desk) -> None:
    assert (await at.ask("republish", "PRESS", BRIDGE)).outcome is Outcome.OK
    assert house.done == ["republish"]


async def test_the_bridge_restarts_where_somebody_starts_it_again(tmp_path: Path) -> None:
    house = House(comes_back=True)
    async with house.open(tmp_path) as one:
        assert (await one.ask("restart", "PRESS", BRIDGE)).outcome is Outcome.OK
    assert house.done == ["stop"]
    assert house.control.is_to_start_again


async def test_elsewhere_it_stays_and_says_why(house: House, at: Desk) -> None:
    result = await at.ask("restart", "PRESS", BRIDGE)
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, "not_offered")
    assert "systemd" in result.message
    assert house.done == []
    assert not house.control.is_to_start_again
