"""Keeps the parts of the bridge running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from bridge.clock import Clock
from bridge.errors import BridgeError

Part = Callable[[], Awaitable[None]]
"""What runs for as long as the bridge does."""

Report = Callable[[BridgeError | None], None]
"""Told that it failed, and that it works again."""

AGAIN, LONGEST = 10.0, 300.0
"""Seconds before a part that failed is started again: twice as many each time, for a start costs calls."""

STEADY = 60.0
"""Seconds that it must run then to count as working. If it fails after that, it is soon started again."""


@asynccontextmanager
async def supervised(
    parts: Mapping[str, Part], clock: Clock, report: Callable[[str, BridgeError | None], None]
) -> AsyncIterator[None]:
    """Runs them all, by name, until it is left."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(supervise(part, clock, partial(report, f"part {name}")), name=name)
            for name, part in parts.items()
        ]
        yield
        for task in tasks:
            task.cancel()


async def supervise(part: Part, clock: Clock, report: Report) -> None:
    """A bug in one part must not silence the others: it is reported, and the part begins anew. Never ends."""
    wait = AGAIN
    await _once(part, report)
    while True:
        await clock.sleep(wait)
        steady = asyncio.create_task(_report_when_steady(clock, report))
        try:
            await _once(part, report)
        finally:
            steady.cancel()
        wait = AGAIN if steady.done() else min(2 * wait, LONGEST)


async def _once(part: Part, report: Report) -> None:
    try:
        await part()
    except Exception as bug:  # noqa: BLE001 - whatever it is, and the report holds it
        report(BridgeError.of_bug("a part of the bridge failed and is started again", bug))


async def _report_when_steady(clock: Clock, report: Report) -> None:
    await clock.sleep(STEADY)
    report(None)
