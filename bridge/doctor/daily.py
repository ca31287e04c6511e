"""Once a day, without being asked: the app's key at its page, and the app in Tesla's register (entities.md S17, S18).

Both checks are free: a page of the owner's own, and a call of the app itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from bridge import schedule
from bridge.clock import Clock
from bridge.doctor import checks
from bridge.doctor.case import Case
from bridge.doctor.findings import Noted
from bridge.errors import BridgeError, TryLater

FIRST = (120.0, 900.0)
"""Seconds after the start."""

DAY = 86_400.0

log = structlog.get_logger()

Answer = Mapping[str, bool]


class Daily:
    """`tell` gets the account's name in the case, and the `bridge` answer of its rows."""

    def __init__(
        self,
        cases: Callable[[], Sequence[Case]],
        clock: Clock,
        listening: asyncio.Event,
        tell: Callable[[str, Answer], None],
    ) -> None:
        self._cases = cases
        self._clock = clock
        self._listening = listening
        self._tell = tell

    async def serve(self) -> None:
        """Never ends."""
        await self._clock.sleep(schedule.spread(" ".join(case.name for case in self._cases()), *FIRST))
        while True:
            await self._listening.wait()
            for case in self._cases():
                self._tell(case.name, await look(case))
            await self._clock.sleep(DAY)


async def look(case: Case) -> Answer:
    """Says nothing of what cannot be looked at, or not just now: then what was known stays."""
    is_served = await _is_well(checks.page, case)
    is_registered = await _is_well(checks.registration, case)
    found = {
        "public_key_problem": None if is_served is None else not is_served,
        "partner_registered": is_registered,
    }
    return {key: value for key, value in found.items() if value is not None}


async def _is_well(check: Callable[[Case], Awaitable[str | None]], case: Case) -> bool | None:
    try:
        return True if await check(case) else None
    except (Noted, TryLater):
        return None
    except BridgeError as error:
        log.warning("a daily check found something", check=check.__name__, reason=error.reason, error=str(error))
        return False
