"""Keeps the parts of the bridge running."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bridge.clock import Clock

log = structlog.get_logger()

Part = Callable[[], Awaitable[None]]
"""What runs for as long as the bridge does."""

AGAIN = 10.0
"""Seconds before a part that failed is started again."""


async def supervise(name: str, part: Part, clock: Clock) -> None:
    """A bug in one part must not silence the others: it is logged, and the part begins anew. Never ends."""
    while True:
        try:
            await part()
        except Exception:
            log.exception("a part failed and is started again", part=name)
        await clock.sleep(AGAIN)
