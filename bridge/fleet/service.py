"""Is Tesla's service well? Counted over ten minutes of what our own calls meet."""

from __future__ import annotations

from collections import Counter, deque

from bridge.clock import Clock

WINDOW = 600.0
"""Seconds that are looked back on."""

FEW, SHARE = 3, 0.25
"""Fewer failures are no trouble, nor is a smaller share of all calls."""


class Service:
    """One account's. A call that has no answer says nothing of whose fault it is, and does not count."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: deque[tuple[float, bool]] = deque()
        self.statuses: Counter[int] = Counter()
        """HTTP status -> how often it was answered since the start."""

    def answered(self, status: int) -> None:
        self.statuses[status] += 1
        self._answers.append((self._clock.monotonic(), status >= 500))
        self._forget()

    @property
    def is_troubled(self) -> bool | None:
        """None while nothing was asked."""
        self._forget()
        if not self._answers:
            return None
        failures = sum(failed for _, failed in self._answers)
        return failures >= FEW and failures >= SHARE * len(self._answers)

    def _forget(self) -> None:
        while self._answers and self._answers[0][0] <= self._clock.monotonic() - WINDOW:
            self._answers.popleft()
