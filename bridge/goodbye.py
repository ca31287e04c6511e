"""The bridge's last words: whoever is silent then, it ends in time."""

from __future__ import annotations

import asyncio

import structlog

from bridge.clock import Clock
from bridge.commands.commander import Commander
from bridge.publisher import Publisher

log = structlog.get_logger()

GOODBYE, LAST_WORDS = 4.0, 1.0
"""Seconds for all that is still to be said, and how many of them are kept for the messages after Tesla's last answer.

The rest of the promised 5 is for the end of the program.
"""


async def say_goodbye(commander: Commander, publisher: Publisher, clock: Clock) -> None:
    """Running commands get their answers, then the bridge goes offline; all of it within `GOODBYE`.

    A result that the broker has not taken by then is in the journal, and is published at the next start.
    """
    until = asyncio.get_running_loop().time() + GOODBYE
    await commander.stop(GOODBYE - LAST_WORDS)
    publisher.bridge("state", "offline")
    try:
        async with asyncio.timeout_at(until):
            while not publisher.is_drained:
                await clock.sleep(0.02)
    except TimeoutError:
        log.warning("the broker does not take the last messages; stopping without them")
