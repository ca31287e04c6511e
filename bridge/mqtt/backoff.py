"""How long to wait before the next attempt to connect."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from bridge.clock import Clock
from bridge.errors import BridgeError, BrokerRefused, IdTaken

STABLE = 60.0
"""Seconds that a connection must hold for its end to count as the first failure again."""


class _Ladder(NamedTuple):
    """Waits in seconds, doubling. `chance`: the share of a wait that is random, so that clients spread."""

    first: float
    longest: float
    chance: float


_LOST = _Ladder(first=1, longest=5, chance=1)
"""A broker that is back is found within five seconds, however long it was away: an attempt costs next to nothing.

One that was asked while the line was dead is waited for in vain, up to as long again; then the next comes after one.
"""

_REFUSED = _Ladder(first=30, longest=600, chance=0.1)
_TAKEN = _Ladder(first=60, longest=600, chance=0)


def _ladder(error: BridgeError) -> _Ladder:
    if isinstance(error, IdTaken):
        return _TAKEN
    return _REFUSED if isinstance(error, BrokerRefused) else _LOST


class BackOff:
    """Quick and random while the broker is away; slow while a person must act (reliability.md D5)."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._ladder = _LOST
        self._ceiling = _LOST.first
        self._resumed = clock.monotonic()

    def next(self, error: BridgeError) -> float:
        """Seconds to wait, from now on. What went by since the last wait was waiting too."""
        ladder = _ladder(error)
        now = self._clock.monotonic()
        gone_by = now - self._resumed
        if ladder is not self._ladder or gone_by >= STABLE:
            self._ladder = ladder
            self._ceiling = ladder.first
        wait = max(ladder.first, self._ceiling * self._random.uniform(1 - ladder.chance, 1) - gone_by)
        self._ceiling = min(ladder.longest, self._ceiling * 2)
        self._resumed = now + wait
        return wait
