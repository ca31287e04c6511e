"""Simulated time, and life that goes on in it while nobody asks."""

import asyncio
from datetime import datetime, timedelta

from simulated_tesla import NOON

from bridge.simulator.account import Account, Cables
from bridge.simulator.clock import SimulatedTime
from bridge.simulator.recorded_site import RecordedSite
from bridge.simulator.server import keep_living
from bridge.simulator.simulation import Simulation, build_cloud


class Diary(RecordedSite):
    """A site that writes down when it was brought up to date."""

    def __init__(self) -> None:
        super().__init__({"energy_site_id": 1})
        self.times: list[timedelta] = []

    def advance(self, now: datetime, _ev: Cables) -> None:
        self.times.append(now - NOON)


async def until_idle() -> None:
    """Let every task that can run do so."""
    await asyncio.wait({asyncio.create_task(asyncio.Event().wait())}, timeout=0.01)


async def test_a_stopped_clock_moves_by_jumps_only() -> None:
    clock = SimulatedTime(NOON, speed=0)
    assert clock.now() == NOON
    clock.jump(90)
    assert clock.now() == NOON + timedelta(seconds=90)


async def test_a_fast_clock_sleeps_for_a_simulated_minute_in_a_moment() -> None:
    clock = SimulatedTime(NOON, speed=6000)
    async with asyncio.timeout(5):
        await clock.sleep(60)
    assert clock.now() >= NOON + timedelta(seconds=60)


async def test_a_jump_wakes_a_sleeper_who_is_due_and_no_other() -> None:
    clock = SimulatedTime(NOON, speed=0)
    short, long = asyncio.create_task(clock.sleep(60)), asyncio.create_task(clock.sleep(61))
    await until_idle()
    clock.jump(60)
    await until_idle()
    assert (short.done(), long.done()) == (True, False)
    long.cancel()


async def test_cars_and_sites_live_every_ten_simulated_seconds() -> None:
    cloud = build_cloud(Simulation(start=NOON, speed=0, cars=0, sites=0))
    diary = Diary()
    cloud.account = Account(sites=[diary])
    living = asyncio.create_task(keep_living(cloud))
    for _ in range(3):
        await until_idle()
        cloud.clock.jump(5)
    await until_idle()
    living.cancel()
    assert diary.times == [timedelta(seconds=0), timedelta(seconds=10)]


def test_a_long_step_is_cut_into_short_ones() -> None:
    diary = Diary()
    account = Account(sites=[diary])
    account.advance(NOON)
    account.advance(NOON + timedelta(minutes=12))
    assert diary.times == [timedelta(minutes=minutes) for minutes in (0, 5, 10, 12)]
