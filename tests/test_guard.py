"""Who else writes the bridge's topics: how often it objects, and when the problem is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from discovery_cases import CAR
from fakes import FakeClock
from house import BASE, Desk, desk

from bridge.guard import PART, Guard
from bridge.health import Health
from bridge.mqtt import Message
from bridge.topics import Topics

LEVEL = f"{BASE}/charge/battery_level"
DAY = 86_400

pytestmark = pytest.mark.case("S5")


class World:
    """A desk with a guard; `written` is what a stranger writes whenever the bridge has said something there."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.desk: Desk = desk(battery_level=80)
        self.health = Health(self.clock)
        self.raised = 0
        self.guard = Guard(
            self.desk.publisher.outbox, Topics(), "homeassistant", self.health, self.clock, raised=self._raise
        )

    def _raise(self) -> None:
        self.raised += 1

    @property
    def is_problem(self) -> bool:
        return not self.health.body()["parts"].get(PART, {"ok": True})["ok"]

    def write(self, payload: bytes, topic: str = LEVEL) -> bool:
        return self.guard.hears(Message(topic, payload))

    def said(self) -> list[bytes]:
        """What the bridge has said on the topic since the last time."""
        return [each.payload for each in self.desk.wire.drain() if each.topic == LEVEL]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    watching = asyncio.create_task(made.guard.run())
    yield made
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def test_a_foreign_value_is_replaced_and_told(world: World) -> None:
    assert world.write(b"7")
    await world.clock.run(10)
    assert (world.said(), world.raised, world.is_problem) == ([b"80"], 1, True)


async def test_what_is_said_there_anyway_is_nothing(world: World) -> None:
    """A broker that ignores no-local sends our own words back."""
    world.write(b"7")
    world.write(b"80")
    await world.clock.run(60)
    assert (world.said(), world.raised) == ([], 0)


async def test_an_echo_that_is_late_by_one_value_is_nothing(world: World) -> None:
    world.write(b"80")
    await world.clock.run(1.9)
    world.desk.learn(CAR, battery_level=81)
    world.desk.wire.drain()
    await world.clock.run(0.2)
    world.write(b"81")
    await world.clock.run(60)
    assert world.raised == 0


async def test_where_the_broker_sends_back_all_that_the_bridge_says_nothing_is_made_of_it(world: World) -> None:
    """As that of the demo does. `info` tells when this process was started: nobody else has written that."""
    world.desk.publisher.bridge("info", {"started_at": "2026-11-23T04:10:24+00:00"})
    world.write(world.desk.publisher.outbox.kept("fleet2mqtt/bridge/info") or b"", "fleet2mqtt/bridge/info")
    for _ in range(5):
        world.write(b"79")  # the last value but one, again and again
        await world.clock.run(600)
    assert not world.is_problem
    assert world.said() == []


async def test_topics_that_are_not_ours_are_left_to_others(world: World) -> None:
    assert not world.write(b"7", f"{BASE}/charge/no_such_thing")
    assert not world.write(b"{}", "homeassistant/device/lamp/config")
    await world.clock.run(60)
    assert world.desk.wire.drain() == []


async def test_who_insists_is_answered_ever_more_rarely(world: World) -> None:
    """Two bridges on one base topic must not do so for ever."""
    restored = 0
    world.write(b"7")
    for _ in range(DAY // 60):
        await world.clock.run(60)
        if said := world.said():
            restored += len(said)
            world.write(b"7")
    assert 70 < restored < 90
    assert world.is_problem


async def test_the_problem_is_over_when_nobody_has_written_between_two_looks(world: World) -> None:
    world.write(b"7")
    await world.clock.run(10)
    world.guard.settle()
    assert bool(world.is_problem)
    world.guard.settle()
    assert not world.is_problem
    world.write(b"7")
    await world.clock.run(4)
    assert world.said()[-1:] == [b"80"]
