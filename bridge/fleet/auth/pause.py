"""What keeps us from asking the token endpoint too often (reliability.md A3 and A5)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from bridge.clock import Clock
from bridge.errors import AccessDenied, BridgeError, OwnerMustAct, RateLimited

FAILED: Sequence[float] = (5, 15, 30, 60, 120, 300)
FINAL: Sequence[float] = (900, 3600, 6 * 3600)
"""Seconds after the first, the second, ... failure in a row; the last is for all further ones."""


REFUSED_TOKENS = 5
REFUSED_WITHIN = 600.0
"""So many access tokens refused within so many seconds, and renewing them is not the cure."""


class Pause:
    """After a failure. While it lasts, the last error is the answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._error: BridgeError | None = None
        self._until = 0.0
        self._failures = 0

    @property
    def is_final(self) -> bool:
        """Only a person can end it."""
        return isinstance(self._error, OwnerMustAct)

    def check(self) -> None:
        """Raises the last error if it is too early for another try."""
        if self._error and self._clock.monotonic() < self._until:
            raise self._error

    def begin(self, error: BridgeError) -> None:
        """A try has failed. A mistake of the owner's is tried again too: now and then the server was wrong (A3)."""
        if isinstance(error, OwnerMustAct) != self.is_final:
            self._failures = 0
        self._error = error
        self._until = self._clock.monotonic() + self._seconds(error)
        self._failures += 1

    def end(self) -> None:
        self._error = None
        self._failures = 0

    def _seconds(self, error: BridgeError) -> float:
        if isinstance(error, RateLimited):
            return error.wait
        steps = FINAL if isinstance(error, OwnerMustAct) else FAILED
        return steps[min(self._failures, len(steps) - 1)]


class Fuse:
    """Against renewing for ever what Tesla refuses for another reason than its age."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused: deque[float] = deque(maxlen=REFUSED_TOKENS)

    def check(self) -> None:
        """Another access token was refused. Raises AccessDenied when they are too many."""
        now = self._clock.monotonic()
        if len(self._refused) == REFUSED_TOKENS and now - self._refused[0] < REFUSED_WITHIN:
            raise AccessDenied("Tesla refuses one fresh access token after the other; trying again in ten minutes")
        self._refused.append(now)
