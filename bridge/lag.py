"""How late the event loop is: a small timer of the loop itself, and what it has seen over the last minutes."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, Self

PERIOD = 0.25
"""Seconds between two measurements."""

KEPT = 1200
"""Measurements that are looked back on: those of five minutes."""


class Loop(Protocol):
    """As much of an event loop as is needed. Its time is real, and stands still while the machine is suspended."""

    def time(self) -> float: ...
    def call_at(self, when: float, callback: Callable[..., None], /, *args: float) -> Any: ...


class Lag:
    """Measures within its `with` block. Lateness is in seconds; None while nothing was measured."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._late: deque[float] = deque(maxlen=KEPT)
        self._timer: Any = None

    def __enter__(self) -> Self:
        self._plan()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def quantile(self, share: float) -> float | None:
        """So late it was at most in this share of the measurements; 1: the latest of all."""
        late = sorted(self._late)
        return late[max(0, math.ceil(share * len(late)) - 1)] if late else None

    def _plan(self) -> None:
        due = self._loop.time() + PERIOD
        self._timer = self._loop.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        self._late.append(max(0.0, self._loop.time() - due))
        self._plan()
