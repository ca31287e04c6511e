"""Makes the checks, one after the other; and, inside the bridge, at most one examination at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import structlog

from bridge.clock import Clock
from bridge.doctor.case import Case
from bridge.doctor.checks import CHECKS, Check
from bridge.doctor.findings import Finding, Mark, Noted, passed
from bridge.errors import BridgeError

AGAIN = 60.0
"""Seconds for which an examination stands: one costs up to a data call for each account."""

log = structlog.get_logger()


async def examine(case: Case) -> AsyncIterator[Finding]:
    """Each finding as it is made."""
    failed: set[str] = set()
    for check in CHECKS:
        if blocked := failed.intersection(check.after):
            failed.add(check.name)
            why = f"first {' and '.join(sorted(blocked))} must be well"
            yield Finding(check.name, Mark.SKIPPED, why, case.name)
            continue
        finding = await _look(check, case)
        if finding:
            failed |= {check.name} if finding.mark is Mark.FAIL else set()
            yield finding


async def _look(check: Check, case: Case) -> Finding | None:
    try:
        text = await check.look(case)
    except Noted as note:
        return Finding(check.name, Mark.NOTE, str(note), case.name)
    except BridgeError as error:
        return Finding(check.name, Mark.FAIL, str(error), case.name)
    except Exception as bug:
        log.exception("a check failed", check=check.name)
        return Finding(check.name, Mark.FAIL, f"the check itself failed: {type(bug).__name__}", case.name)
    return Finding(check.name, Mark.OK, text, case.name) if text else None


Reply = Callable[[dict[str, Any]], None]


class Doctor:
    """Inside the bridge: who asks during an examination, or soon after it, gets what it found."""

    def __init__(self, cases: Callable[[], Sequence[Case]], clock: Clock) -> None:
        self._cases = cases
        self._clock = clock
        self._waiting: list[Reply] = []
        self._asked = asyncio.Event()
        self._body: dict[str, Any] = {}
        self._at: float | None = None

    def ask(self, reply: Reply) -> None:
        if self._at is not None and self._clock.monotonic() - self._at < AGAIN:
            reply(self._body)
        else:
            self._waiting.append(reply)
            self._asked.set()

    async def serve(self) -> None:
        """Never ends."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            findings = [finding for case in self._cases() async for finding in examine(case)]
            self._body = {"passed": passed(findings), "findings": [finding.body for finding in findings]}
            self._at = self._clock.monotonic()
            waiting, self._waiting = self._waiting, []
            for reply in waiting:
                reply(self._body)
