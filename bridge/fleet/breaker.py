"""Tesla's servers fail whatever is asked: then reads wait, and one of them looks now and then (reliability.md B5)."""

from __future__ import annotations

from collections import deque
from random import Random

import structlog

from bridge.clock import Clock
from bridge.errors import NotSent, ServerFailed

log = structlog.get_logger()

FAILURES, WINDOW = 5, 120.0
"""So many failures within so many seconds, and no answer in between, are an outage,"""
SUBJECTS = 2
"""if they are about so many devices, the account being one: a single car that fails is no outage (F18),"""
LONG = 600.0
"""or if nothing has been answered for so many seconds: there may be one device only."""

FIRST_PROBE, LAST_PROBE = 30.0, 270.0
"""Seconds to the first look, doubled for each further one up to the last: five minutes, less what comes on top."""
PROBE_TIME = 30.0
"""Seconds in which a look is answered, or the next one is allowed."""

SPREAD = 5.0
"""Seconds over which those who wait come back; those that cost money come this much later, so a free one looks."""


class Breaker:
    """One account's, which lives at one host. One that sends us to another has answered, and is no outage."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._failures: deque[tuple[float, str]] = deque(maxlen=20)
        """When, and about which device, since the last answer."""
        self._failing_since: float | None = None
        self._open_for: ServerFailed | NotSent | None = None
        self._probes = 0
        self._due = 0.0
        self._busy_until = 0.0

    @property
    def is_open(self) -> bool:
        return self._open_for is not None

    def admit(self) -> None:
        """A read is about to leave. While it is open only one may, and only when a look is due.

        Raises what the servers' failures were, for all others.
        """
        if self._open_for is None:
            return
        now = self._clock.monotonic()
        if now < max(self._due, self._busy_until):
            raise type(self._open_for)(f"Tesla is asked only every few minutes until it answers: {self._open_for}")
        self._busy_until = now + PROBE_TIME

    def wait(self, cost: str) -> float:
        """Seconds until a read of this price class should come back: after the next look, or to be it."""
        now = self._clock.monotonic()
        left = 1.0 if now < self._busy_until else max(0.0, self._due - now)
        return left + self._random.uniform(0, SPREAD) + (0 if cost == "free" else SPREAD)

    def answered(self) -> None:
        """Whatever it was, the servers do their work."""
        if self._open_for:
            log.info("Tesla answers again: all is asked as usual")
        self._failures.clear()
        self._failing_since = self._open_for = None
        self._probes, self._busy_until = 0, 0.0

    def failed(self, about: str, error: ServerFailed | NotSent) -> None:
        """The servers failed, or were not reached, in a call about this device."""
        now = self._clock.monotonic()
        self._failures.append((now, about))
        self._failing_since = now if self._failing_since is None else self._failing_since
        if self._open_for is None and self._is_outage(now):
            log.info("Tesla fails whatever is asked: only a look now and then, until it answers", error=str(error))
            self._open_for = error
            self._look_later(now)
        elif self._busy_until:
            self._look_later(now)

    def _is_outage(self, now: float) -> bool:
        recent = [about for at, about in self._failures if at > now - WINDOW]
        is_long = self._failing_since is not None and now - self._failing_since >= LONG
        return len(recent) >= FAILURES and (is_long or len(set(recent)) >= SUBJECTS)

    def _look_later(self, now: float) -> None:
        self._due = now + self._random.uniform(0.95, 1) * min(LAST_PROBE, FIRST_PROBE * 2.0 ** min(self._probes, 9))
        self._probes += 1
        self._busy_until = 0.0
