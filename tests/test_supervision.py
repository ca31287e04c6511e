"""A part that fails is started again, and health knows of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fakes import FakeClock
from structlog.testing import capture_logs

from bridge.health import Health
from bridge.supervision import AGAIN, STEADY, supervised

DAY = 86400


class Part:
    """Runs for ever; or, while it is broken, fails at once."""

    def __init__(self) -> None:
        self.is_broken = False
        self.starts = 0

    async def run(self) -> None:
        self.starts += 1
        if self.is_broken:
            raise KeyError("a bug")
        await asyncio.Event().wait()


async def running(clock: FakeClock, health: Health, parts: dict[str, Part]) -> None:
    with suppress(asyncio.CancelledError):
        async with supervised({name: part.run for name, part in parts.items()}, clock, health.report):
            await asyncio.Event().wait()


async def test_a_part_that_is_broken_for_a_day_is_told_of_once_and_stands_on_health() -> None:
    clock = FakeClock()
    health, broken, well = Health(clock), Part(), Part()
    broken.is_broken = True
    task = asyncio.create_task(running(clock, health, {"doctor": broken, "intents": well}))
    with capture_logs() as logged:
        await clock.run(DAY)
        assert [(each["event"], each["part"]) for each in logged] == [("trouble", "part doctor")]
        assert isinstance(logged[0]["exc_info"], KeyError), "the log shows where"
        assert broken.starts == DAY / AGAIN + 1
        assert well.starts == 1
        assert health.problem == "a part of the bridge failed and is started again: KeyError"
        broken.is_broken = False
        await clock.run(AGAIN + STEADY)
        assert [each["event"] for each in logged] == ["trouble", "works again"]
        assert not health.problem
    task.cancel()
    await task


async def test_a_part_that_holds_for_half_a_minute_does_not_work_yet() -> None:
    clock = FakeClock()
    health, part = Health(clock), Part()
    part.is_broken = True
    task = asyncio.create_task(running(clock, health, {"doctor": part}))
    await clock.run(0)
    part.is_broken = False
    await clock.run(AGAIN + STEADY - 1)
    assert health.problem
    await clock.run(1)
    assert not health.problem
    task.cancel()
    await task
