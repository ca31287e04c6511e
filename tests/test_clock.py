"""The clocks, and the pause that an event ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest
from fakes import NOON, FakeClock

from bridge.clock import Clock, ScaledClock, SystemClock, pause


async def _seconds(waiting: Awaitable[None]) -> float:
    began = time.perf_counter()
    await waiting
    return time.perf_counter() - began


# --- the machine's clock ----------------------------------------------------------------------------------


def test_the_machines_clock_tells_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.fromtimestamp(time.time_ns() / 1e9, UTC)) < timedelta(seconds=5)


async def test_the_machines_elapsed_time_runs_as_long_as_a_sleep() -> None:
    clock = SystemClock()
    began = clock.monotonic()
    await clock.sleep(0.02)
    assert 0.015 < clock.monotonic() - began < 5


@pytest.mark.parametrize("clock", [SystemClock(), ScaledClock(NOON, 60), FakeClock()], ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("seconds", [0, -1, -1e9])
async def test_a_sleep_of_no_time_is_over_at_once(clock: Clock, seconds: float) -> None:
    assert await _seconds(clock.sleep(seconds)) < 1


# --- the demo's clock -------------------------------------------------------------------------------------


async def test_a_scaled_clock_begins_where_it_is_told_and_runs_faster() -> None:
    clock = ScaledClock(NOON, speed=3600)
    assert timedelta() <= clock.now() - NOON < timedelta(hours=1)
    assert await _seconds(clock.sleep(72)) < 5  # 0.02 s
    assert 70 <= clock.monotonic() < 5 * 3600


async def test_a_scaled_clocks_two_times_agree() -> None:
    clock = ScaledClock(NOON, speed=3600)
    before = clock.monotonic()
    wall = (clock.now() - NOON).total_seconds()
    assert before <= wall <= clock.monotonic()


# --- a pause ----------------------------------------------------------------------------------------------


async def _pausing(clock: FakeClock, event: asyncio.Event) -> asyncio.Task[None]:
    task = asyncio.create_task(pause(clock, 60, event))
    await clock.run(0)
    return task


async def test_a_pause_ends_after_its_time() -> None:
    clock, event = FakeClock(), asyncio.Event()
    task = await _pausing(clock, event)
    await clock.run(59)
    assert not task.done()
    await clock.run(1)
    assert task.done()


async def test_an_event_ends_a_pause_and_is_used_up() -> None:
    clock, event = FakeClock(), asyncio.Event()
    task = await _pausing(clock, event)
    event.set()
    await clock.run(0)
    assert task.done()
    assert not event.is_set()


async def test_an_event_that_came_before_ends_a_pause_at_once() -> None:
    clock, event = FakeClock(), asyncio.Event()
    event.set()
    assert (await _pausing(clock, event)).done()
    assert not event.is_set()


async def test_a_pause_leaves_nothing_behind() -> None:
    """However it ends: in time, by the event, or because somebody gave up."""
    clock, event = FakeClock(), asyncio.Event()
    for end in ("time", "event", "cancelled"):
        task = await _pausing(clock, event)
        if end == "event":
            event.set()
        elif end == "cancelled":
            task.cancel()
        await clock.run(60 if end == "time" else 0)
        assert task.done()
        assert asyncio.all_tasks() == {asyncio.current_task()}
