"""A part that fails is started again, and health knows of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fakes import FakeClock
from structlog.testing import capture_logs

from bridge.health import Health
from bridge.supervision import AGAIN, LONGEST, STEADY, supervise, supervised

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


async def starts(clock: FakeClock, *lasts: float) -> list[float]:
    """When a part is started that holds for so many seconds each time, counted from the failure before."""
    waits: list[float] = []
    failed_at = clock.monotonic()

    async def part() -> None:
        nonlocal failed_at
        waits.append(clock.monotonic() - failed_at)
        if len(waits) > len(lasts):
            await asyncio.Event().wait()
        await clock.sleep(lasts[len(waits) - 1])
        failed_at = clock.monotonic()
        raise KeyError("a bug")

    task = asyncio.create_task(supervise(part, clock, lambda _: None))
    await clock.run(DAY)
    task.cancel()
    return waits


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
        assert broken.starts < DAY / LONGEST + 10
        assert well.starts == 1
        assert health.problem == "a part of the bridge failed and is started again: KeyError"
        broken.is_broken = False
        await clock.run(LONGEST + STEADY)
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


async def test_a_part_that_keeps_failing_is_started_again_ever_more_seldom() -> None:
    """Each start may ask Tesla, and read what is there; a bug does not go away by itself."""
    assert await starts(FakeClock(), *[0.5] * 8) == [0, 10, 20, 40, 80, 160, 300, 300, 300]


async def test_a_part_that_has_worked_is_started_again_soon() -> None:
    assert await starts(FakeClock(), 1, 1, 1, STEADY + 1, 3600) == [0, 10, 20, 40, 10, 10]
