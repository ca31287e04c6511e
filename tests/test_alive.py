"""The sign of life, and what `fleet2mqtt health` makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from fakes import FakeClock

from bridge import alive
from bridge.errors import BrokerLost, SignInRequired
from bridge.health import Health


@asynccontextmanager
async def bridge(directory: Path, clock: FakeClock, health: Health) -> AsyncIterator[None]:
    """One that shows signs of life as the app's does."""
    showing = asyncio.create_task(alive.keep_showing(directory, clock, lambda: health.down("broker")))
    await clock.run(0)
    try:
        yield
    finally:
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing


def trouble(directory: Path, clock: FakeClock) -> str:
    return alive.trouble(directory, clock.monotonic()) or ""


async def test_a_running_bridge_is_well(tmp_path: Path) -> None:
    clock = FakeClock()
    health = Health(clock)
    health.report("broker", None)
    async with bridge(tmp_path, clock, health):
        for _ in range(100):
            assert trouble(tmp_path, clock) == ""
            await clock.run(7)


async def test_a_bridge_whose_loop_hangs_is_not(tmp_path: Path) -> None:
    clock = FakeClock()
    async with bridge(tmp_path, clock, Health(clock)):
        late = FakeClock()
        late.advance(alive.STALE)
        assert trouble(tmp_path, late) == ""
        late.advance(1)
        assert "no sign of life" in trouble(tmp_path, late)


async def test_a_sign_from_before_the_machine_started_is_none(tmp_path: Path) -> None:
    clock = FakeClock()
    async with bridge(tmp_path, clock, Health(clock)):
        assert "no sign of life" in (alive.trouble(tmp_path, 5.0) or "")


async def test_the_broker_may_be_away_for_a_while(tmp_path: Path) -> None:
    clock = FakeClock()
    health = Health(clock)
    health.report("broker", None)
    await clock.run(5000)
    health.report("broker", BrokerLost("gone"))
    async with bridge(tmp_path, clock, health):
        await clock.run(alive.GRACE)
        health.report("broker", BrokerLost("still gone"))
        assert trouble(tmp_path, clock) == ""
        await clock.run(alive.PERIOD)
        assert trouble(tmp_path, clock) == "no connection to the MQTT broker for 310 s"
        health.report("broker", None)
        await clock.run(alive.PERIOD)
        assert trouble(tmp_path, clock) == ""


async def test_a_broker_that_was_never_reached_counts_from_the_start(tmp_path: Path) -> None:
    clock = FakeClock()
    health = Health(clock)
    async with bridge(tmp_path, clock, health):
        await clock.run(alive.GRACE - alive.PERIOD)
        health.report("broker", BrokerLost("nobody there"))
        assert trouble(tmp_path, clock) == ""
        await clock.run(2 * alive.PERIOD)
        assert trouble(tmp_path, clock) == "no connection to the MQTT broker for 310 s"


async def test_a_dead_token_does_not_make_it_unhealthy(tmp_path: Path) -> None:
    """A restart would heal nothing, and cost calls (mqtt-and-home-assistant.md 6.2)."""
    clock = FakeClock()
    health = Health(clock)
    health.report("broker", None)
    health.report("account", SignInRequired("sign in again"))
    async with bridge(tmp_path, clock, health):
        await clock.run(86400)
        assert trouble(tmp_path, clock) == ""


async def test_a_stopped_bridge_leaves_no_sign(tmp_path: Path) -> None:
    clock = FakeClock()
    async with bridge(tmp_path, clock, Health(clock)):
        assert (tmp_path / alive.FILE).exists()
    assert trouble(tmp_path, clock) == f"no bridge is running with the data directory {tmp_path}"


async def test_a_disk_that_takes_nothing_does_not_stop_the_bridge(tmp_path: Path) -> None:
    clock = FakeClock()
    directory = tmp_path / "gone"
    async with bridge(directory, clock, Health(clock)):
        directory.mkdir()
        await clock.run(alive.PERIOD)
        assert trouble(directory, clock) == ""


@pytest.mark.parametrize("content", ["", "{", "no json"])
def test_a_damaged_sign_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / alive.FILE).write_text(content)
    assert "cannot be read" in (alive.trouble(tmp_path, 0) or "")


async def test_a_longer_sign_leaves_nothing_behind_when_a_shorter_follows(tmp_path: Path) -> None:
    clock = FakeClock()
    health = Health(clock)
    async with bridge(tmp_path, clock, health):
        await clock.run(99999)
        health.report("broker", None)
        await clock.run(alive.PERIOD)
        assert (tmp_path / alive.FILE).stat().st_size == alive.LENGTH
        assert trouble(tmp_path, clock) == ""
