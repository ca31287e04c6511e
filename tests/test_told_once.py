"""The log has one line when a trouble begins and one when it ends, however long it lasts (reliability.md I10)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, cast

import pytest
from fakes import FakeClock
from house import Desk
from polled import OTHER_VIN, SITE, VIN, Account, polling
from structlog.testing import capture_logs

from bridge.errors import BridgeError, BrokerLost, NotSent, RateLimited, ServerFailed, SignInRequired
from bridge.guard import Guard
from bridge.health import LONG, OFTEN, Health
from bridge.last_values import LastValues
from bridge.listener import Listener
from bridge.mqtt import Mqtt
from bridge.session import Session
from bridge.sources.extras import EXTRAS
from bridge.state import Store
from bridge.topics import Topics
from bridge.trying import Trying

HOUR = 3600.0

Log = list[MutableMapping[str, Any]]


@contextmanager
def told() -> Iterator[Log]:
    with capture_logs() as logged:
        yield logged


def lines(logged: Log, event: str) -> list[str]:
    """Of which parts it was said."""
    return sorted(str(each.get("part") or each.get("call")) for each in logged if each["event"] == event)


def household(clock: FakeClock) -> Account:
    account = Account(clock)
    account.car(VIN)
    account.car(OTHER_VIN)
    account.site(SITE.id)
    return account


TROUBLES: dict[str, Callable[[int], BridgeError]] = {
    "Tesla answers 503": lambda _: ServerFailed("Tesla answers 503"),
    "Tesla answers 429": lambda number: RateLimited(f"Tesla asked to wait {number} s more", 30 + number),
    "the sign-in is dead": lambda _: SignInRequired("sign in again"),
    "now this, now that": lambda number: ServerFailed("503") if number % 2 else NotSent("no route to host"),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_what_ails_all_calls_for_hours_is_told_once_for_each_part(trouble: Callable[[int], BridgeError]) -> None:
    account = household(FakeClock())
    async with polling(account, besides=EXTRAS) as house:
        await house.passes(2 * HOUR)
        well = dict(account.answers)
        with told() as logged:
            calls = len(account.asked)
            names = {(asked.name, asked.about) for asked in account.asked} | account.answers.keys()
            account.answers |= {name: lambda: trouble(len(account.asked)) for name in names}
            await house.passes(6 * HOUR)
            assert len(account.asked) - calls > 100, "it was tried again and again"
            begun = [(each.get("part") or each.get("call"), each["reason"]) for each in logged]
            assert len(begun) == len(set(begun)), "none is repeated"
            assert {each["event"] for each in logged} <= {"trouble", "was not told"}
            troubled = set(lines(logged, "trouble"))
            assert f"{SITE} live_status" in troubled
        with told() as logged:
            account.answers = well
            house.poller.look_again()
            await house.passes(6 * HOUR)
            assert lines(logged, "works again") == sorted(troubled)
            assert not lines(logged, "trouble")


async def test_one_car_that_fails_is_one_line() -> None:
    account = household(FakeClock())
    async with polling(account) as house:
        await house.passes(HOUR)
        with told() as logged:
            account.answers["vehicle_data", VIN] = ServerFailed("500")
            await house.passes(6 * HOUR)
            assert [(each["event"], each["part"]) for each in logged] == [("trouble", f"vehicle {VIN} data")]


async def test_a_broker_that_is_away_for_an_hour_is_two_lines() -> None:
    class Away:
        """A broker that nobody reaches."""

        tries = 0

        def connected(self) -> object:
            self.tries += 1
            raise BrokerLost("connection refused")

    clock, broker = FakeClock(), Away()
    session = Session(
        mqtt=cast("Mqtt", broker),
        topics=Topics(),
        listener=cast("Listener", None),  # nobody speaks
        publisher=Desk().publisher,
        guard=cast("Guard", None),  # the same
        health=Health(clock),
        clock=clock,
        listening=asyncio.Event(),
        birth=asyncio.Event(),
        info=dict,
    )
    task = asyncio.create_task(session.serve())
    with told() as logged:
        await clock.run(HOUR)
        assert broker.tries > 30
        assert [(each["event"], each["part"]) for each in logged] == [("trouble", "broker")]
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_what_comes_and_goes_all_day_is_told_a_few_times() -> None:
    clock = FakeClock()
    health = Health(clock)
    with told() as logged:
        for _ in range(24 * 60):
            health.report("broker", BrokerLost("taken over by another client of this name"))
            health.report("broker", None)
            clock.advance(60)
    assert len(lines(logged, "trouble")) == OFTEN * 24 * HOUR / LONG
    assert len(lines(logged, "works again")) == len(lines(logged, "trouble"))


def test_what_has_come_back_often_and_stays_is_told_in_the_end() -> None:
    clock = FakeClock()
    health = Health(clock)
    with told() as logged:
        for _ in range(OFTEN):
            health.report("broker", BrokerLost("gone"))
            health.report("broker", None)
        logged.clear()
        for _ in range(24 * 60):
            health.report("broker", BrokerLost("gone"))
            clock.advance(60)
    assert lines(logged, "trouble") == ["broker"]


def test_a_disk_that_is_full_for_a_day_is_two_lines() -> None:
    class Shelf:
        is_full = True

        def keep_values(self, values: object) -> None:
            if self.is_full:
                raise OSError("database or disk is full")

        def values(self) -> dict[str, Any]:
            return {}

        def forget_values(self, device: str) -> None: ...

        def wipe(self) -> None: ...

    shelf = Shelf()
    last = LastValues(shelf, Store(), but=())
    with told() as logged:
        for _ in range(24 * 60):
            last.keep()
        shelf.is_full = False
        last.keep()
        last.keep()
    assert [each["event"] for each in logged] == ["the last values could not be saved", "works again"]
    assert logged[0]["error"] == "database or disk is full"


def test_whoever_stops_the_program_is_not_kept_from_it() -> None:
    with pytest.raises(KeyboardInterrupt), Trying("it fails"):
        raise KeyboardInterrupt
